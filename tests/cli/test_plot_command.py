"""`mixbench plot` draws the numbers that it read, whole and the same each time, or says in one line why not."""

import re
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from boards import content, write_record
from PIL import Image

from mixbench.show.chart import MOST, draw
from mixbench.show.curves import WHAT, read_chart
from mixbench.show.figure import COLOURS, KINDS

SVG = "{http://www.w3.org/2000/svg}"


def svg_of(content):
    return ElementTree.fromstring(content.decode())


def texts(svg):
    return ["".join(each.itertext()) for each in svg.iter(f"{SVG}text")]


def polylines(svg, colour):
    """The points of every line of a colour inside the axes."""
    paths = [each for each in svg.iter(f"{SVG}path") if f"fill: none; stroke: {colour}" in each.get("style", "")]
    return [np.array(re.findall(r"[ML] (\S+) (\S+)", path.get("d")), float) for path in paths if path.get("clip-path")]


@pytest.mark.parametrize("what", WHAT)
def test_every_kind_of_curve_is_drawn_with_its_methods_named(mixbench, tmp_path, runs, what):
    other = write_record(tmp_path / "runs", content("cutmix(alpha=1.0,probability=1.0)"), outcomes=True)
    out = tmp_path / "new" / "figure.svg"
    said = mixbench("plot", *runs, other, "--what", what, "--out", out)
    assert (said.code, said.out.split()) == (0, ["figure", str(out)])
    words = texts(svg_of(out.read_bytes()))
    assert {"erm", "cutmix", "tiny · test_resnet"} <= set(words)


def test_a_line_goes_through_its_points(tmp_path):
    errors = {"noise20.test_error_last": 0.3, "noise50.test_error_last": 0.1, "noise80.test_error_last": 0.7}
    path = write_record(tmp_path, content("erm", values={"clean.top1_error": 0.05, **errors}))
    drawn, _ = polylines(svg_of(draw(read_chart([path], "noise"), "svg")), COLOURS[0])
    for at, expected in ((0, [0, 0.2, 0.5, 0.8]), (1, [0.05, 0.3, 0.1, 0.7])):
        slope, offset = np.polyfit(expected, drawn[:, at], 1)
        assert np.allclose(slope * np.array(expected) + offset, drawn[:, at], atol=0.01)
        assert slope > 0 if at == 0 else slope < 0


def test_files_are_of_their_kind_and_the_same_each_time_whatever_the_users_style(runs):
    chart = read_chart(runs, "eps")
    first = {kind: draw(chart, kind) for kind in KINDS}
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 20, "savefig.dpi": 10}):
        assert {kind: draw(chart, kind) for kind in KINDS} == first
    assert first["pdf"].startswith(b"%PDF-")
    with Image.open(BytesIO(first["png"])) as image:
        assert image.width > 1000


def test_text_that_strangers_chose_is_drawn_as_it_is(tmp_path):
    record = content("external", None, name="a_b.c")
    record["suite"] = "co$t^2_$"
    chart = read_chart([write_record(tmp_path, record)], "eps")
    assert {"a_b.c", "co$t^2_$ · test_resnet"} <= set(texts(svg_of(draw(chart, "svg"))))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--what", "eps", "--out", "a.jpg"], "needed a file that ends in .png, .svg or .pdf, got .jpg; rename it"),
        (["--what", "eps", "--out", "."], "got no ending"),
        (["--what", "epsilon", "--out", "a.png"], "--what needs one of eps, noise, reliability, between, epochs"),
    ],
)
def test_refuses_in_one_line(mixbench, runs, words, message):
    said = mixbench("plot", *runs, *words)
    assert said.code == 2
    assert message in said.err
    assert said.err.count("\n") == 1


def test_more_lines_than_can_be_told_apart_are_refused(mixbench, tmp_path):
    paths = [write_record(tmp_path / "many", content(f"mixup(alpha={k}.0)")) for k in range(1, MOST + 2)]
    assert mixbench("plot", *paths[:-1], "--what", "eps", "--out", tmp_path / "a.png").code == 0
    assert f"at most {MOST} methods" in mixbench("plot", *paths, "--what", "eps", "--out", tmp_path / "b.png").err
