"""The gallery draws what it is given: images pixel by pixel, bars by length, and partners that are the real ones."""

import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageColor

from mixbench.augment.describe import describe_method
from mixbench.augment.table import METHODS
from mixbench.show.drawing import SHARPNESS, Sheet, length, shortened, wrapped
from mixbench.show.figure import GREY, INK, KINDS, TRACK, WHITE, legible, style
from mixbench.show.gallery import gallery
from mixbench.show.pictures import outline, picture
from mixbench.show.showcase import Example, Partner, Showcase, Source
from mixbench.show.targets import OTHERS, OWN, bars, parts, strip

CLASSES = tuple("abcdef")


def images(count, channels=3, side=4):
    return np.random.default_rng(0).random((count, channels, side, side)).astype(np.float32)


def example(target, channels=3, partners=1):
    original, result, *others = images(2 + partners, channels)
    area = np.full((4, 4), 0.25)
    found = tuple(Partner(image, k, area) for k, image in enumerate(others, start=1))
    return Example(Source(original, 0), found, result, np.array(target))


def showcase(*examples, spec="mymix(alpha=1.0)", notes=()):
    return Showcase(spec, (("mymix", "What it does.", "A paper"),), notes, examples, CLASSES, "suite tiny, seed 0")


def read(content):
    """The sheet, a dot a pixel: rasters are finer by a whole number."""
    image = Image.open(BytesIO(content))
    assert image.format == "PNG"
    return np.array(image.convert("RGB"))[SHARPNESS // 2 :: SHARPNESS, SHARPNESS // 2 :: SHARPNESS]


def sheet_of(*shows):
    return read(gallery(shows, "png"))


def enlarged(image, times):
    levels = np.round(image * 255).astype(np.uint8)
    colour = np.broadcast_to(levels, (3, *levels.shape[1:]))
    return np.kron(colour, np.ones((1, times, times), np.uint8)).transpose(1, 2, 0)


def count_of(patch, sheet):
    height, width, _ = patch.shape
    places = np.argwhere((sheet[: -height + 1, : -width + 1] == patch[0, 0]).all(axis=2))
    corners = [(y, x) for y, x in places if (sheet[y + height - 1, x + width - 1] == patch[-1, -1]).all()]
    return sum(np.array_equal(sheet[y : y + height, x : x + width], patch) for y, x in corners)


def lengths(block, colour):
    """The number of pixels of a colour in each run of equal rows that has any."""
    counts = (np.array(block) == ImageColor.getrgb(colour)).all(axis=2).sum(axis=1)
    starts = np.flatnonzero(np.diff(counts, prepend=0))
    return [int(counts[start]) for start in starts if counts[start]]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_shows_original_partner_and_result_pixel_by_pixel(channels):
    one = example([0.75, 0.25, 0, 0, 0, 0], channels)
    sheet = sheet_of(showcase(one))
    assert sheet.shape[1] == 1200
    for image in (one.original.image, one.partners[0].image, one.result):
        assert count_of(enlarged(image, 40), sheet) == 1


def test_a_comparison_shows_the_original_once_and_every_result():
    first = example([1, 0, 0, 0, 0, 0])
    second = Example(first.original, (), images(5)[4], first.target)
    sheet = sheet_of(showcase(first), showcase(second))
    for image in (first.original.image, first.result, second.result):
        assert count_of(enlarged(image, 34), sheet) == 1


def test_a_sheet_is_white_around_its_contents():
    sheet = sheet_of(showcase(example([1, 0, 0, 0, 0, 0])))
    # A glyph may reach half a pixel over its place.
    for edge in (sheet[:39], sheet[-39:], sheet[:, :39], sheet[:, -39:]):
        assert (edge == 255).all()


def test_three_partners_widen_the_sheet_and_a_missing_one_leaves_its_place():
    many, none = example([0.4, 0.3, 0.2, 0.1, 0, 0], partners=3), example([1, 0, 0, 0, 0, 0], partners=0)
    sheet = sheet_of(showcase(many, none))
    assert sheet.shape[1] > 1200
    assert count_of(enlarged(none.original.image, 40), sheet) == 2
    assert all(count_of(enlarged(partner.image, 40), sheet) == 1 for partner in many.partners[1:])


def test_more_notes_make_more_lines():
    plain, noted = (sheet_of(showcase(example([1, 0, 0, 0, 0, 0]), notes=notes)) for notes in ((), ("A note.",)))
    assert len(noted) > len(plain)


def test_vector_files_keep_text_as_text_and_are_the_same_each_time():
    shows = [showcase(example([0.75, 0.25, 0, 0, 0, 0]), spec="mymix(alpha=1.0)")]
    made = {kind: gallery(shows, kind) for kind in KINDS}
    assert made == {kind: gallery(shows, kind) for kind in KINDS}
    assert made["pdf"].startswith(b"%PDF-")
    for text in ("mymix(alpha=1.0)", "What it does.", "class a", "75.0%"):
        assert f">{text}</text>".encode() in made["svg"]


def test_bars_are_as_long_as_the_targets():
    sheet = Sheet()
    bars(sheet, 0, 0, example([0.5, 0.3, 0.2, 0, 0, 0], partners=2), CLASSES, 610, 160)
    block = read(sheet.save(610, 160, "png"))
    whole = lengths(block, OWN)[0] + lengths(block, TRACK)[0]
    assert [lengths(block, colour) for colour in (OWN, *OTHERS[:2])] == [
        [round(share * whole)] for share in (0.5, 0.3, 0.2)
    ]
    assert whole == 400


def test_a_strip_has_segments_as_long_as_the_targets():
    sheet = Sheet()
    strip(sheet, 0, 0, example([0.25, 0.75, 0, 0, 0, 0]), 200)
    block = read(sheet.save(200, 20, "png"))
    assert (lengths(block, OWN), lengths(block, OTHERS[0])) == ([50], [150])


def test_equal_small_parts_of_a_target_go_together():
    smoothed = example([0.02, 0.02, 0.9, 0.02, 0.02, 0.02])
    assert parts(smoothed, 4) == [([2], 0.9), ([0, 1, 3, 4, 5], pytest.approx(0.1))]
    assert parts(example([0.5, 0.5, 0, 0, 0, 0]), 4) == [([0], 0.5), ([1], 0.5)]
    many = parts(example([0.3, 0.25, 0.2, 0.12, 0.08, 0.05]), 2)
    assert many == [([0], 0.3), ([1], 0.25), ([2, 3, 4, 5], pytest.approx(0.45))]


@pytest.mark.parametrize(
    "rows", ["....|..##|..##|....", "....|.###|..##|....", "####|#..#|#.##|####", "##..|##..|..##|..##"]
)
def test_an_outline_runs_inside_its_region_alone(rows):
    region = np.array([[pixel == "#" for pixel in row] for row in rows.split("|")])
    sheet = Sheet()
    sheet.outline(20, 20, outline(region, (160, 160)), 4, OTHERS[0])
    drawn = (read(sheet.save(200, 200, "png")) != ImageColor.getrgb(WHITE)).any(axis=2)
    within = np.kron(np.pad(region, 1), np.ones((40, 40), bool))[20:-20, 20:-20]
    around = np.lib.stride_tricks.sliding_window_view(np.pad(within, 4), (9, 9)).all(axis=(2, 3))
    assert np.array_equal(drawn, within & ~around)


@pytest.mark.parametrize(("size", "drawn"), [((8, 8), 160), ((28, 28), 168), ((32, 32), 160), ((512, 256), 256)])
def test_small_images_grow_by_whole_numbers_and_large_ones_shrink(size, drawn):
    assert max(picture(np.zeros((1, *size))).shape) == drawn


def drawn_length(text, size):
    """How long a line is where it is drawn."""
    with style():
        figure = Figure(dpi=72)
        place = figure.text(0, 0, text, fontsize=size).get_window_extent(FigureCanvasAgg(figure).get_renderer())
    return place.width


def test_text_stays_in_its_width_and_loses_nothing():
    text = "mixup(alpha=1.0,classes=all)+label_smoothing(epsilon=0.1) and then some words of λ"
    lines = wrapped(text, 20, 250)
    assert max(drawn_length(line, 20) for line in lines) <= 250 * 1.02
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(length(line, 20) for line in wrapped("x" * 90, 20, 100)) <= 100
    cut = shortened("a class of a very long name", 20, 120)
    assert cut.endswith("…")
    assert drawn_length(cut, 20) <= 120 * 1.02


def test_paragraphs_end_below_their_last_line():
    sheet = Sheet()
    end = sheet.paragraph(0, 0, 250, ("one line", 20, INK), ("and another", 20, GREY), gap=6)
    assert end == 27 + 6 + 27
    rows = np.flatnonzero((read(sheet.save(250, 100, "png")) < 128).any(axis=(1, 2)))
    assert 0 < rows.min() < rows.max() < end


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_can_be_written_in_the_font(method):
    said = describe_method(method)
    assert "?" not in legible(said["summary"] + said["paper"])


def test_what_the_font_lacks_is_spelt():
    assert legible("λ · α × 猫 e\u0301") == "λ · α × ? e\u0301"
    assert legible("ﬀ") in ("ff", "ﬀ")


def test_drawing_needs_no_torch():
    code = "import sys, mixbench.show.gallery, mixbench.cli.show; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
