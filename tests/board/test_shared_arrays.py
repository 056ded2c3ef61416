"""What a suite's records have alike lies once beside them, and nobody who reads outcomes can tell."""

import hashlib
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from boards import content, golden_outcomes, write_record

from mixbench.board.plain import json_text
from mixbench.board.read import read_board
from mixbench.board.regenerate import stray_files
from mixbench.board.sharing import share
from mixbench.cli import main
from mixbench.gate.baseline import update_baseline
from mixbench.results.found import CLAIMS, RECORDS, read_records
from mixbench.results.npz import BROKEN, open_npz, read_npz
from mixbench.results.outcomes import LazyOutcomes, dump, load_outcomes, read_outcomes
from mixbench.results.record import load_record
from mixbench.results.shared import PLACES, common, is_lean, lean, whole
from mixbench.spec.errors import MixBenchError
from mixbench.submission.submit import submit

SUITES_OWN = {
    "labels", "classes", "scaled.half", "between.pairs", "between.lambda", "between.cutmix_lambda",
    *(f"{role}.{name}" for role in ("model", "noise20", "noise50", "noise80") for name in ("given", "corrupted")),
}  # fmt: skip


def accept(path, others):
    return []


@pytest.fixture
def suite(runs, board, tmp_path) -> Path:
    """Three records that were there before the shared file, two after it."""
    submit(runs, board, accept, RECORDS)
    assert share(board / "tiny") == board / "tiny" / "shared.npz"
    more = [write_record(tmp_path / "runs", content("erm", seed), outcomes=True) for seed in (3, 4)]
    submit(more, board, accept, RECORDS)
    return board / "tiny"


def files(suite: Path, seeds: tuple[int, ...] = (3, 4)) -> list[Path]:
    return [next((suite / RECORDS).glob(f"*-seed{seed}-*.npz")) for seed in seeds]


def test_further_outcomes_are_smaller_and_read_as_the_others(suite):
    (first,) = files(suite, (0,))
    kept = first.read_bytes()

    assert not is_lean(open_npz(kept))
    assert set(zip_names(suite / "shared.npz")) == SUITES_OWN
    for path in files(suite):
        assert path.stat().st_size < len(kept)
        assert set(zip_names(path)) == set(zip_names(first)) - SUITES_OWN | {PLACES}
        assert read_outcomes(path) == kept
        assert hashlib.sha256(read_outcomes(path)).hexdigest() == load_record(path.with_suffix(".json")).outcomes.sha256
        assert same(load_outcomes(path), read_npz(kept))
        assert same(LazyOutcomes(path), read_npz(kept))
    assert stray_files(suite.parent) == []


def test_the_board_is_the_same_with_and_without(suite, board, tmp_path):
    write = [write_record(tmp_path / "all", content("erm", seed), outcomes=True) for seed in range(5)]
    submit(write, tmp_path / "whole", accept, RECORDS)
    assert json_text(read_board(tmp_path / "whole")) == json_text(read_board(board))


def zip_names(file) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def same(one, other) -> bool:
    return list(one) == list(other) and all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)


def test_the_shared_file_stays_as_it_is_once_made(suite):
    before = {path: path.stat().st_mtime_ns for path in suite.rglob("*.npz")}
    assert share(suite) is None
    assert {path: path.stat().st_mtime_ns for path in suite.rglob("*.npz")} == before


def test_a_claim_is_whole(suite, board, tmp_path):
    new = write_record(tmp_path / "more", content("erm", 5), outcomes=True)
    (claim,) = submit([new], board, accept).added
    assert claim.parent.name == CLAIMS
    assert not is_lean(open_npz(claim.with_suffix(".npz").read_bytes()))


def test_a_record_of_another_draw_stays_whole(suite):
    arrays = read_npz(golden_outcomes())
    arrays["labels"] = arrays["labels"][::-1].copy()
    shared = (suite / "shared.npz").read_bytes()
    assert lean(dump(arrays), shared) == dump(arrays)


def test_records_leave_the_board_whole(suite, tmp_path):
    before = {path.name: read_outcomes(path) for path in files(suite, (0, 1, 2, 3, 4))}
    update_baseline(read_records(suite), tmp_path / "baseline")
    assert {path.name: path.read_bytes() for path in (tmp_path / "baseline").glob("*.npz")} == before
    submit(sorted((suite / RECORDS).glob("*.json")), tmp_path / "other", accept)
    assert {path.name: path.read_bytes() for path in (tmp_path / "other").rglob("*.npz")} == before


def test_what_was_copied_without_the_shared_file_says_what_it_lacks(suite, tmp_path):
    path = Path(shutil.copy(files(suite)[0], tmp_path))
    with pytest.raises(MixBenchError, match=r"needed .*shared\.npz too, which has what they leave out"):
        load_outcomes(path)


def gap(shared: bytes) -> bytes:
    """The last member begins a byte later."""
    end = shared.rindex(b"PK\x05\x06")
    directory = int.from_bytes(shared[end + 16 : end + 20], "little")
    grown = shared[:directory] + b"!" + shared[directory:]
    return grown[: end + 17] + (directory + 1).to_bytes(4, "little") + grown[end + 21 :]


@pytest.mark.parametrize("places", [[0], [*range(13), 12], list(range(15)), []])
def test_places_that_do_not_fit_are_refused(suite, places):
    arrays = read_npz(files(suite)[0].read_bytes()) | {PLACES: np.array(places, dtype=np.uint8)}
    with pytest.raises(BROKEN):
        whole(dump(arrays), (suite / "shared.npz").read_bytes())


def test_bytes_that_belong_to_no_array_are_refused_in_either_file(suite):
    path, shared = files(suite)[0], suite / "shared.npz"
    good, kept = path.read_bytes(), shared.read_bytes()
    path.write_bytes(gap(good))
    with pytest.raises(MixBenchError, match="bytes after the last array"):
        read_outcomes(path)
    path.write_bytes(good)
    shared.write_bytes(gap(kept))
    with pytest.raises(MixBenchError, match="bytes after the last array"):
        read_outcomes(path)


def test_another_shared_file_is_told_by_every_record_s_digest(suite, capsys):
    arrays = read_npz((suite / "shared.npz").read_bytes())
    arrays["labels"] = arrays["labels"][::-1].copy()
    (suite / "shared.npz").write_bytes(dump(arrays))
    assert main(["validate", str(suite)]) == 1
    assert capsys.readouterr().out.count("outcomes.sha256: needed") == 2


def test_nothing_alike_makes_no_file(board, tmp_path):
    submit([write_record(tmp_path / "one", content("erm", 0), outcomes=True)], board, accept, RECORDS)
    assert share(board / "tiny") is None
    assert common([dump({"clean.rank": np.ones(3, np.uint16)})] * 2) is None


def test_the_command_makes_it(runs, board, capsys):
    submit(runs, board, accept, RECORDS)
    assert main(["boards", "--board", str(board), "--share"]) == 0
    assert "shared.npz: made; further records leave out what it has" in capsys.readouterr().out
    assert (board / "tiny" / "shared.npz").is_file()
    assert main(["boards", "--board", str(board), "--check"]) == 0
