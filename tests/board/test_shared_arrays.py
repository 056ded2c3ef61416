"""What a suite's records have alike lies once beside them, and nobody who reads outcomes can tell."""

import hashlib
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from boards import content, golden_outcomes, write_record

from mixbench.board.evidence import tables_of
from mixbench.board.plain import json_text
from mixbench.board.read import read_board
from mixbench.board.regenerate import stray_files
from mixbench.board.sharing import share
from mixbench.cli import main
from mixbench.gate.baseline import update_baseline
from mixbench.results.found import CLAIMS, RECORDS, read_records
from mixbench.results.npz import joined, open_npz, read_npz
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

    assert not is_lean(kept)
    assert set(zip_names(suite / "shared.npz")) == SUITES_OWN
    for path in files(suite):
        assert path.stat().st_size < len(kept)
        assert set(zip_names(path)) == set(zip_names(first)) - SUITES_OWN | {PLACES}
        assert read_outcomes(path) == kept
        assert hashlib.sha256(read_outcomes(path)).hexdigest() == load_record(path.with_suffix(".json")).outcomes.sha256
        assert same(load_outcomes(path), read_npz(kept))
        assert same(LazyOutcomes(path), read_npz(kept))
    assert stray_files(suite.parent) == []


def test_a_board_reads_the_same_with_and_without(suite, board, tmp_path):
    every = [write_record(tmp_path / "all", content("erm", seed), outcomes=True) for seed in range(5)]
    submit(every, tmp_path / "plain", accept, RECORDS)
    names = ["clean.top1_error", "between.miss_mixup", "noise50.test_error_last"]
    (lean_tables, reason), (plain_tables, _) = (
        tables_of(read_records(folder / "tiny"), names) for folder in (board, tmp_path / "plain")
    )
    assert reason == ""
    assert set(lean_tables) == set(names)
    assert same(lean_tables, plain_tables)
    assert json_text(read_board(tmp_path / "plain")) == json_text(read_board(board))


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
    assert not is_lean(claim.with_suffix(".npz").read_bytes())


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


@pytest.mark.parametrize("place", ["x.npz", "claims/x.npz"])
def test_lean_outcomes_that_lie_elsewhere_are_refused(suite, tmp_path, place):
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    shutil.copy(files(suite)[0], path)
    shutil.copy(suite / "shared.npz", tmp_path)
    with pytest.raises(MixBenchError, match=r"leave out what their board keeps in shared\.npz; 'mixbench check RECORD"):
        load_outcomes(path)


def test_a_record_is_found_from_within_its_folder_and_by_a_link(suite, monkeypatch, tmp_path):
    (path,) = files(suite, (3,))
    (path.parent / "sub").mkdir()
    monkeypatch.chdir(path.parent / "sub")
    (tmp_path / "link.npz").symlink_to(path)
    for way in (Path("..", path.name), tmp_path / "link.npz"):
        assert read_outcomes(way) == read_outcomes(path)


def gap(packed: bytes) -> bytes:
    """The directory begins a byte later than the last member ends."""
    end = packed.rindex(b"PK\x05\x06")
    directory = int.from_bytes(packed[end + 16 : end + 20], "little")
    grown = packed[:directory] + b"!" + packed[directory:]
    return grown[: end + 17] + (directory + 1).to_bytes(4, "little") + grown[end + 21 :]


def after_its_end(packed: bytes) -> bytes:
    """The same archive with bytes after the end of the places' stream, counted as the stream's."""
    archive = open_npz(packed)
    junk, members = b"hidden" * 50, []
    for name, member in archive.members.items():
        found, entry = archive.bytes_of(name), member.entry
        if name == PLACES:
            size = (member.packed + len(junk)).to_bytes(4, "little")
            found, entry = found + junk, entry[:20] + size + entry[24:]
        members.append((found, entry))
    return joined(members)


@pytest.mark.parametrize(
    "places",
    [
        np.zeros(1, np.uint8), np.array([*range(13), 12], np.uint8), np.arange(15, dtype=np.uint8),
        np.arange(200, 214, dtype=np.uint8), np.arange(14, dtype=np.int8), np.arange(14, dtype=np.float32),
        np.arange(14, dtype=np.uint8)[None], np.zeros(10_000_000, np.uint8),
    ],
    ids=["few", "twice", "many", "beyond", "signed", "float", "two axes", "bomb"],
)  # fmt: skip
def test_places_that_do_not_fit_are_refused(suite, places):
    arrays = read_npz(files(suite)[0].read_bytes()) | {PLACES: places}
    with pytest.raises(ValueError, match="shared_places"):
        whole(dump(arrays), (suite / "shared.npz").read_bytes())


def test_bytes_that_belong_to_no_array_are_refused_in_either_file(suite, capsys):
    path, shared = files(suite)[0], suite / "shared.npz"
    good, kept = path.read_bytes(), shared.read_bytes()
    path.write_bytes(gap(good))
    with pytest.raises(MixBenchError, match=f"{path.name}: .*bytes after the last array"):
        read_outcomes(path)
    path.write_bytes(after_its_end(good))
    assert main(["validate", str(path.with_suffix(".json"))]) == 1
    assert "outcomes.file: not as mixbench submit writes it" in capsys.readouterr().out
    path.write_bytes(good)
    assert main(["validate", str(path.with_suffix(".json"))]) == 1
    assert "outcomes.file" not in capsys.readouterr().out
    shared.write_bytes(gap(kept))
    with pytest.raises(MixBenchError, match=r"shared\.npz: needed .* got bytes after the last array; restore it"):
        read_outcomes(path)


@pytest.mark.parametrize("broken", [b"", b"version https://git-lfs.github.com/spec/v1"])
def test_a_broken_shared_file_is_said_in_a_line_before_anything_is_written(suite, board, tmp_path, broken):
    (suite / "shared.npz").write_bytes(broken)
    new = write_record(tmp_path / "more", content("erm", 5), outcomes=True)
    with pytest.raises(
        MixBenchError, match=r"shared\.npz: needed the arrays that its records share, got .*; restore it"
    ):
        submit([new], board, accept, RECORDS)
    assert len(list((suite / RECORDS).glob("*.npz"))) == 5


def test_another_shared_file_is_told_by_the_board_and_by_every_record(suite, board, capsys):
    arrays = read_npz((suite / "shared.npz").read_bytes())
    arrays["between.pairs"] = arrays["between.pairs"][::-1].copy()
    (suite / "shared.npz").write_bytes(dump(arrays))
    assert main(["validate", str(suite)]) == 1
    assert capsys.readouterr().out.count("outcomes.sha256: needed") == 2
    for words in ([], ["--check"]):
        assert main(["boards", "--board", str(board), *words]) == 1
        assert capsys.readouterr().err.count("with shared.npz not what its record names; restore both") == 2
    (suite / "shared.npz").unlink()
    assert main(["boards", "--board", str(board)]) == 1
    assert capsys.readouterr().err.count("restore both") == 2


def test_nothing_alike_makes_no_file(board, tmp_path):
    submit([write_record(tmp_path / "one", content("erm", 0), outcomes=True)], board, accept, RECORDS)
    assert share(board / "tiny") is None
    assert common([dump({"clean.rank": np.ones(3, np.uint16)})] * 2) is None


def test_the_command_makes_it(runs, board, capsys):
    submit(runs, board, accept, RECORDS)
    assert main(["boards", "--board", str(board), "--share"]) == 0
    assert "shared.npz: made; further records leave out what it has" in capsys.readouterr().out
    assert (board / "tiny" / "shared.npz").is_file()
    assert main(["boards", "--board", str(board), "--share"]) == 0
    assert "shared.npz: there already, or nothing is alike" in capsys.readouterr().out
    assert main(["boards", "--board", str(board), "--check"]) == 0
    assert main(["boards", "--board", str(board), "--check", "--share"]) == 2
    assert "needed --check or --share, got both" in capsys.readouterr().err
