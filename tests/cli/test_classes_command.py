"""mixbench classes on the golden record, and on copies of it under other names and seeds."""

import json
from pathlib import Path

import pytest

from mixbench.cli import main
from mixbench.results.record import load_record, seal

(GOLDEN,) = (Path(__file__).parents[1] / "golden").glob("*.json")


def copy(folder, name, **changes):
    """The golden record with other content, its outcomes beside it."""
    content = {**json.loads(GOLDEN.read_text()), **changes}
    content.pop("digest")
    outcomes = content["outcomes"]["file"]
    (folder / outcomes).write_bytes((GOLDEN.parent / outcomes).read_bytes())
    (folder / name).write_bytes(seal(content))
    return folder / name


def test_the_errors_are_those_of_the_record(capsys):
    assert main(["classes", str(GOLDEN), "--json"]) == 0
    clean, attacked = json.loads(capsys.readouterr().out)
    readings = load_record(GOLDEN).readings
    assert clean["error"] == pytest.approx(readings["clean.top1_error"].value)
    assert attacked["error"] == pytest.approx(readings["ifgsm.white.top1_error"].value)
    assert sum(map(sum, clean["confusion"])) == readings["clean.top1_error"].n


def test_a_table_with_names_and_a_matrix(tmp_path, capsys):
    settings = json.loads(GOLDEN.read_text())["settings"]
    count = settings["data"]["classes"]
    settings["data"]["class_names"] = [*(f"digit {number}" for number in range(count - 1)), "[bold]last"]
    record = copy(tmp_path, "own.json", settings=settings, suite_digest="0" * 64)
    assert main(["classes", str(record), "--confusion"]) == 0
    out = capsys.readouterr().out
    for part in ("digit 0", "[bold]last", "balanced", "by what they are taken for"):
        assert part in " ".join(out.split())
    next(tmp_path.glob("*.npz")).write_bytes(b"other")
    assert main(["classes", str(record)]) == 2
    assert "got others; measure again" in capsys.readouterr().err


def test_seeds_are_averaged_and_other_methods_refused(tmp_path, capsys):
    seeds = [str(copy(tmp_path, f"{seed}.json", seed=seed)) for seed in range(3)]
    assert main(["classes", *seeds, "--under", "noise20"]) == 0
    assert "Means of 3 records." in capsys.readouterr().out
    assert main(["classes", seeds[0], str(copy(tmp_path, "erm.json", augmentation="erm"))]) == 2
    assert "needed records of one suite, backbone and augmentation, got 2 kinds" in capsys.readouterr().err
    assert main(["classes"]) == 2
    assert "needed a record's .json file" in capsys.readouterr().err
