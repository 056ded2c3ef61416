"""The world outside: encodings that lack letters, readers that leave, full disks, being told to stop, odd widths."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from children import last_words, started, wait_until
from tiny import finished_runs, suite_path

from mixbench.cli.grids import expand
from mixbench.cli.seeds import parse_seeds
from mixbench.report.console import FEWEST, PLAIN_WIDTH, console
from mixbench.spec.errors import MixBenchError

PYTHON = [sys.executable, "-m", "mixbench"]


def environment(**changes: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))} | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        **changes,
    }


def shown_by_eval() -> list[str]:
    return [
        "eval",
        "--aug",
        "cutmix",
        "--suite",
        str(suite_path()),
        "--runs",
        str(finished_runs()),
        "--all",
        "--explain",
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"},
        {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
        {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["cp1252", "latin-1", "C"],
)
def test_letters_that_the_encoding_lacks_are_replaced(settings):
    for words in (["list", "augs"], shown_by_eval(), ["eval", "--help"], ["suite", "show", "digits"]):
        done = subprocess.run([*PYTHON, *words], capture_output=True, env=environment(**settings), check=False)
        assert (done.returncode, done.stderr) == (0, b""), words
        assert done.stdout
    said = subprocess.run(
        [*PYTHON, "list", "augs", "猫ε"], capture_output=True, env=environment(**settings), check=False
    )
    assert said.returncode == 2
    assert said.stderr.count(b"\n") == 1
    assert b"Traceback" not in said.stderr


def test_ascii_says_eps_for_the_letter():
    settings = environment(PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    done = subprocess.run([*PYTHON, *shown_by_eval()], capture_output=True, env=settings, check=True)
    assert b"eps 0.1" in done.stdout
    assert b"->0" in done.stdout


@pytest.mark.parametrize(
    "words", [["list", "models"], ["list", "measures", "--json"], ["--help"], ["--version"], ["list", "augs"]]
)
def test_a_closed_pipe_is_silent_and_141(words):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PYTHON, *words], stdout=writer, stderr=subprocess.PIPE, env=environment(), check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_one_line():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PYTHON, "list", "measures"], stdout=full, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"mixbench: needed room to write")
    assert done.stderr.count(b"\n") == 1


def test_being_told_to_stop_ends_with_one_line_and_143(tmp_path):
    runs = tmp_path / "runs"
    words = ["sweep", "--aug", "mixup", "--suite", str(suite_path()), "--runs", str(runs), "--seed", "0:50"]
    process = started([*PYTHON, *words], env=environment())
    wait_until(runs.exists, process)
    process.send_signal(signal.SIGTERM)
    out, err = last_words(process)
    assert (process.returncode, out) == (143, "")
    assert err.splitlines()[-1].startswith("mixbench: interrupted; what was finished is kept")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("columns", "width"), [("0", PLAIN_WIDTH), ("1", PLAIN_WIDTH), ("19", PLAIN_WIDTH), ("40", 40)]
)
def test_too_few_columns_count_as_unknown(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert console().width == width
    assert console(stderr=True).width == width


@pytest.mark.parametrize("columns", ["0", "1", "7", str(FEWEST)])
def test_something_is_shown_at_any_width(mixbench, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    for words in (["list", "measures"], shown_by_eval()[:-2], ["--help"]):
        said = mixbench(*words)
        assert said.code == 0
        assert max(map(len, said.out.split("\n"))) > 10


@pytest.mark.parametrize(
    ("words", "seeds"), [(["0:5"], [0, 1, 2, 3, 4]), (["3"], [3]), (["2:4", "3", "7"], [2, 3, 7]), ([], [])]
)
def test_seeds_and_spans_of_seeds(words, seeds):
    assert parse_seeds(words) == seeds


@pytest.mark.parametrize("word", ["5:5", "5:0", ":5", "0:", "0:1:2", "-1:3", "0:99999999", "a:b"])
def test_a_span_that_is_none_is_refused(word):
    with pytest.raises(MixBenchError, match="--seed"):
        parse_seeds([word])


@pytest.mark.parametrize(
    ("spec", "specs"),
    [
        ("mixup", ["mixup"]),
        ("mixup(alpha={0.2,1,8})", ["mixup(alpha=0.2)", "mixup(alpha=1)", "mixup(alpha=8)"]),
        ("{mixup,cutmix}+{erm,cutout}", ["mixup+erm", "mixup+cutout", "cutmix+erm", "cutmix+cutout"]),
        ("{a(x={1,2}),b}", ["a(x=1)", "a(x=2)", "b"]),
        ("m(v={[1,2],[3]}, w={ 1 , 2 })", ["m(v=[1,2], w=1)", "m(v=[1,2], w=2)", "m(v=[3], w=1)", "m(v=[3], w=2)"]),
    ],
)
def test_braces_stand_for_each_of_their_parts(spec, specs):
    assert expand(spec) == specs


@pytest.mark.parametrize("spec", ["mixup(alpha={1,2)", "mixup(alpha=1,2})", "{}", "{a,}", "{a", "a}"])
def test_broken_braces_are_refused(spec):
    with pytest.raises(MixBenchError, match="needed a grid such as"):
        expand(spec)


def test_a_grid_too_large_is_refused():
    with pytest.raises(MixBenchError, match="at most 1000 augmentations"):
        expand("m(" + ",".join(f"p{at}={{1,2,3,4,5,6,7,8,9,10}}" for at in range(30)) + ")")


def test_eval_names_the_command_for_a_grid(mixbench):
    said = mixbench("eval", "--aug", "mixup(alpha={1,2})")
    assert said.code == 2
    assert "mixbench sweep --aug 'mixup(alpha={1,2})'" in said.err
