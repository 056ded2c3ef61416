"""From record files to groups, rows, cells and the DataFrame."""

import dataclasses
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from boards import ROWS, content, outcomes_of, write_board, write_record, write_rows
from rich.console import Console
from scipy import stats

from mixbench.board.leaderboard import build, frame, leaderboard
from mixbench.board.markdown import board_markdown
from mixbench.board.plain import json_text
from mixbench.board.rows import Description
from mixbench.board.table import board_tables
from mixbench.results.found import read_records, record_paths
from mixbench.results.measures import MEASURES
from mixbench.results.record import load_record
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError


def board_of(folder, **named):
    return build(read_records(folder), **named)


def by_name(board):
    return {row.augmentation.split("(")[0]: row for group in board.groups for row in group.rows}


def test_without_outcomes_a_row_is_the_mean_over_seeds_with_students_interval_and_says_why(tmp_path):
    write_board(tmp_path)
    for path in tmp_path.rglob("*.npz"):
        path.unlink()
    rows = by_name(board_of(tmp_path))
    cell = rows["erm"].cells["clean.top1_error"]
    values = ROWS["erm"]["clean.top1_error"]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert (cell.value, cell.low, cell.high) == pytest.approx((np.mean(values), low, high))
    assert (cell.n, cell.rank, rows["erm"].net, rows["erm"].seeds) == (3, None, None, (0, 1, 2))
    assert [found.record.seed for found in rows["erm"].records] == [0, 1, 2]
    assert rows["erm"].notes == ("its outcomes are not there, so it is compared with nothing",)


def test_a_rows_interval_holds_seeds_and_test_draws(tmp_path):
    """By hand at equal variances: that of three means, and what two seeds' errors share, each's held by the next's."""
    rows = by_name(board_of(write_board(tmp_path)))
    cell = rows["erm"].cells["clean.top1_error"]
    seed = np.mean([np.var(each["clean.top1_error"], ddof=1) for each in ROWS.values()]) / 3
    shared = [0.020 - 0.020 * 0.021, 0.020 - 0.020 * 0.022, 0.021 - 0.021 * 0.022]
    examples = np.mean(shared) / 10_000
    half = np.sqrt(seed + examples)
    assert stats.norm.ppf(0.975) * half < cell.high - 0.021 < stats.t.ppf(0.975, 2) * half
    assert cell.high - 0.021 == pytest.approx(0.021 - cell.low)


def test_ranks_ties_and_the_best_of_a_board(tmp_path):
    rows = by_name(board_of(write_board(tmp_path)))
    clean = {name: row.cells["clean.top1_error"] for name, row in rows.items()}
    assert {name: cell.rank for name, cell in clean.items()} == {"mixup": 1, "cutmix": 1, "erm": 3}
    assert [name for name, cell in clean.items() if cell.best] == ["mixup"] or clean["mixup"].best
    ece = {name: row.cells["calibration.ece"] for name, row in rows.items()}
    assert {name: cell.rank for name, cell in ece.items()} == {"erm": 1, "cutmix": 2, "mixup": 3}
    assert ece["erm"].best
    assert not ece["mixup"].best


def test_a_measure_that_a_seed_lacks_is_missing_and_never_averaged_over(tmp_path):
    whole = content("erm", 0)
    write_record(tmp_path, whole)
    write_record(tmp_path, content("erm", 1, only=[name for name in whole["readings"] if name != "calibration.nll"]))
    (row,) = board_of(tmp_path).groups[0].all_rows
    assert "calibration.nll" not in row.cells
    assert "calibration.ece" in row.cells
    assert np.isnan(leaderboard(tmp_path)["calibration.nll"][0])
    write_record(tmp_path, content("cutout", 0))
    table = leaderboard(tmp_path).set_index("augmentation")
    assert np.isnan(table.loc["erm", "calibration.nll"])
    assert table.loc["cutout", "calibration.nll"] == whole["readings"]["calibration.nll"]["value"]


def test_suites_versions_batteries_and_backbones_are_never_ranked_together(tmp_path):
    write_record(tmp_path, content("erm", 0))
    write_record(tmp_path, content("erm", 0, suite="other"))
    write_record(tmp_path, content("erm", 0, version=2))
    write_record(tmp_path, content("erm", 0, backbone="resnet18"))
    write_record(tmp_path / "new", content("erm", 0, battery_version=2)).rename(tmp_path / "battery2.json")
    groups = board_of(tmp_path).groups
    assert [(g.suite, g.suite_version, g.battery_version, g.backbone) for g in groups] == [
        ("other", 1, 1, "test_resnet"),
        ("tiny", 2, 1, "test_resnet"),
        ("tiny", 1, 2, "test_resnet"),
        ("tiny", 1, 1, "resnet18"),
        ("tiny", 1, 1, "test_resnet"),
    ]
    assert all(len(group.all_rows) == 1 for group in groups)


def test_seeds_of_another_method_version_are_another_row_with_a_name_of_its_own(tmp_path):
    write_record(tmp_path, content("cutmix", 0))
    write_record(tmp_path, content("cutmix", 1, method_versions={"cutmix": 2}))
    (group,) = board_of(tmp_path).groups
    assert sorted((row.label, row.seeds) for row in group.all_rows) == [("cutmix [1]", (0,)), ("cutmix [2]", (1,))]


def test_rows_of_several_versions_are_told_apart_by_their_labels(tmp_path):
    for seed, timm in enumerate(("1.0.30", "1.0.31")):
        made = content("dropblock", seed, method_versions={"dropblock": f"1, timm {timm}"})
        write_record(tmp_path / "tiny" / "records", made)
    (group,) = board_of(tmp_path / "tiny").groups
    assert sorted(row.label for row in group.all_rows) == ["dropblock [1, timm 1.0.30]", "dropblock [1, timm 1.0.31]"]


def test_of_records_of_one_measurement_the_smaller_digest_stays_and_the_other_is_named(tmp_path):
    made = [content("erm", 0, values={"calibration.ece": value}) for value in (0.4, 0.5)]
    paths = [write_record(tmp_path, each).rename(tmp_path / f"{number}.json") for number, each in enumerate(made)]
    low, high = sorted(paths, key=lambda path: load_record(path).digest)
    board = board_of(tmp_path)
    (row,) = board.groups[0].all_rows
    assert [found.path for found in row.records] == [low]
    assert board.doubles == (high.name,)
    said = "Left out, since another record has the measurement: "
    assert f"{said}`{high.name}`." in board_markdown(board)
    assert f"{said}{high.name}." in drawn(board)


def test_a_verified_record_stays_before_a_claimed_one_of_the_same_measurement(tmp_path):
    for number in range(20):
        claimed = write_record(tmp_path / "tiny" / "claims", content("erm", 0, values={"calibration.ece": number / 20}))
    verified = write_record(tmp_path / "tiny" / "records", content("erm", 0))
    board = build(read_records(tmp_path, ("records", "claims")))
    (row,) = board.groups[0].unranked
    assert [found.path for found in row.records] == [verified]
    assert claimed.name in board.doubles


def rows_of(folder, seeds, claimed=()):
    """The rows of a board with erm's full seeds beside one method's given ones."""
    write_board(folder)
    for home, found in (("records", seeds), ("claims", claimed)):
        for seed in found:
            values = {"clean.top1_error": 0.1 + seed / 100, "calibration.ece": 0.03}
            write_record(folder / "tiny" / home, content("cutout", seed, values), outcomes_of(values))
    (group,) = build(read_records(folder / "tiny", ("records", "claims"))).groups
    named = {(row.augmentation, row.status.value): row for row in group.all_rows}
    return group, {key[1]: row for key, row in named.items() if key[0] == "cutout"}


@pytest.mark.parametrize(
    ("seeds", "averaged", "further", "ranked"),
    [
        ((0, 1, 2), (0, 1, 2), (), True),
        ((0, 1, 2, 3), (0, 1, 2, 3), (), True),
        ((0, 1, 2, 7, 9), (0, 1, 2), (7, 9), True),
        ((0, 1), (0, 1), (), False),
        ((0, 1, 3, 4), (0, 1, 3, 4), (), False),
        ((1, 2, 3), (1, 2, 3), (), False),
    ],
)
def test_ranked_are_seeds_from_0_on_without_a_gap_and_three_at_least(tmp_path, seeds, averaged, further, ranked):
    group, found = rows_of(tmp_path, seeds)
    row = found["verified"]
    assert row.seeds == averaged
    assert tuple(each.record.seed for each in row.further) == further
    assert (row in group.rows, row in group.unranked) == (ranked, not ranked)
    assert (row.cells["clean.top1_error"].rank is not None) == ranked
    expected = sum(0.1 + seed / 100 for seed in averaged) / len(averaged)
    assert row.cells["clean.top1_error"].value == pytest.approx(expected)


def test_claims_are_a_row_of_their_own_that_is_shown_and_never_ranked(tmp_path):
    group, found = rows_of(tmp_path, (0, 1, 2), claimed=(3, 4, 5))
    without, alone = rows_of(tmp_path / "without", (0, 1, 2))
    assert found["verified"] == dataclasses.replace(alone["verified"], records=found["verified"].records)
    claimed = found["claimed"]
    assert claimed in group.unranked
    assert claimed.seeds == (3, 4, 5)
    assert {cell.rank for cell in claimed.cells.values()} == {None}
    assert not any(cell.best for cell in claimed.cells.values())
    assert group.columns == without.columns
    assert [row.net for row in group.rows] == [row.net for row in without.rows]
    assert claimed.net is None
    board = build(read_records(tmp_path / "tiny", ("records", "claims")))
    assert "claimed: consistent, nobody has run it again" in board_markdown(board)
    assert [row["status"] for row in json.loads(json_text(board))["groups"][0]["rows"]][-1] == "claimed"
    assert "cutout?" in drawn(board)


def drawn(board):
    screen = Console(file=io.StringIO(), width=160)
    for part in board_tables(board, ("clean.top1_error",), 160):
        screen.print(part)
    return screen.file.getvalue()


def test_superseded_records_are_not_shown(tmp_path):
    write_board(tmp_path)
    write_record(tmp_path / "tiny" / "superseded", content("cutout", 0))
    assert "cutout" not in set(leaderboard(tmp_path)["augmentation"])
    assert len(read_records(tmp_path, ("superseded",))) == 1


def test_weights_from_elsewhere_are_rows_by_name_that_are_shown_and_never_ranked(tmp_path):
    write_rows(tmp_path, ROWS)
    for name in ("ours", "theirs"):
        for seed in range(3):
            write_record(tmp_path, content("external", seed, name=name, trainings={"model": digest([name, seed])}))
    write_record(tmp_path, content("external", None))
    (group,) = board_of(tmp_path).groups
    assert len(group.rows) == 3
    assert sorted((row.label, row.seeds) for row in group.unranked) == [
        ("external", ()), ("ours", (0, 1, 2)), ("theirs", (0, 1, 2))
    ]  # fmt: skip
    assert {row.status.value for row in group.unranked} == {"external"}
    assert {cell.rank for row in group.unranked for cell in row.cells.values()} == {None}
    assert list(leaderboard(tmp_path)["status"]) == ["local"] * 3 + ["external"] * 3
    assert "ours!" in drawn(board_of(tmp_path))


def test_flags_are_said_once_with_their_seeds(tmp_path):
    masking = "gradient_masking: ten small steps"
    write_record(tmp_path, content("erm", 0, flags=[masking, "zero_gradient: 3.2% of the test images"]))
    write_record(tmp_path, content("erm", 1, flags=["zero_gradient: 4.1% of the test images"]))
    write_record(tmp_path, content("erm", 2))
    (row,) = board_of(tmp_path).groups[0].rows
    assert row.flags == (
        "gradient_masking: ten small steps (1 of 3 seeds)",
        "zero_gradient: 3.2% of the test images (2 of 3 seeds; the number is the first one's)",
    )


def test_labels_and_families_come_from_who_knows_them(tmp_path):
    write_record(tmp_path, content("cutmix(alpha=1.0,probability=1.0)", 0))
    (row,) = board_of(tmp_path, describe=lambda spec: Description(f"<{spec[:6]}>", "mixing", True)).groups[0].all_rows
    assert (row.label, row.family, row.contributed) == ("<cutmix>", "mixing", True)


def test_the_frame_has_the_columns_that_scripts_rely_on(tmp_path):
    table = leaderboard(write_board(tmp_path))
    names = [measure.name for measure in MEASURES]
    bounds = [f"{name}.{end}" for name in names for end in ("low", "high")]
    first = ["suite", "suite_version", "suite_digest", "battery_version", "augmentation", "backbone", "seeds", "status"]
    assert list(table.columns) == [*first, *names, *bounds]
    assert list(frame(build([])).columns) == list(table.columns)
    assert set(table.dtypes[8:]) == {np.dtype(float)}
    row = table.set_index("augmentation").loc["mixup(alpha=1.0)"]
    assert (row["seeds"], row["clean.top1_error"]) == (3, pytest.approx(0.011))
    assert row["clean.top1_error.low"] < 0.011 < row["clean.top1_error.high"]
    assert np.isfinite(row["noise20.test_error_best"])


def test_an_empty_board_is_an_empty_frame():
    board = build([])
    assert board.groups == ()
    assert frame(board).empty


def test_records_are_found_in_a_board_a_suites_folder_and_a_runs_folder(tmp_path):
    write_board(tmp_path)
    (tmp_path / "published").mkdir()
    whole = record_paths(tmp_path)
    assert len(whole) == 9
    assert record_paths(tmp_path / "tiny") == whole == record_paths(tmp_path / "tiny" / "records")
    assert record_paths(tmp_path / "published") == []


def test_a_broken_record_is_an_error_that_names_it(tmp_path):
    write_rows(tmp_path, ROWS)
    broken = tmp_path / "zz.json"
    for text in ("{", "[]", "[" * 100_000, '{"schema_version": 1}'):
        broken.write_text(text)
        with pytest.raises(MixBenchError, match=r"zz\.json"):
            read_records(tmp_path)


def test_a_record_that_was_edited_is_an_error(tmp_path):
    path = write_record(tmp_path, content("erm", 0, values={"clean.top1_error": 0.5}))
    path.write_text(path.read_text().replace('"value": 0.5', '"value": 0.05'))
    with pytest.raises(MixBenchError, match="edited"):
        read_records(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_links_that_lead_out_are_refused(tmp_path):
    outside = write_record(tmp_path / "outside", content("erm", 0))
    board = tmp_path / "board"
    (board / "tiny" / "records").mkdir(parents=True)
    link = board / "tiny" / "records" / "link.json"
    link.symlink_to(outside)
    with pytest.raises(MixBenchError, match=r"link\.json.*inside"):
        record_paths(board)
    link.unlink()
    (board / "other").symlink_to(tmp_path / "outside")
    (tmp_path / "outside" / "records").mkdir()
    outside.rename(tmp_path / "outside" / "records" / outside.name)
    with pytest.raises(MixBenchError, match="inside"):
        record_paths(board)


def test_no_folder_and_too_many_records_are_refused(tmp_path, monkeypatch):
    with pytest.raises(MixBenchError, match="needed a folder"):
        record_paths(tmp_path / "none")
    write_rows(tmp_path, ROWS)
    monkeypatch.setattr("mixbench.results.found.MAX_RECORDS", 8)
    with pytest.raises(MixBenchError, match="at most 8 records, got 9"):
        record_paths(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr("mixbench.results.found.MAX_TOTAL_BYTES", 1000)
    with pytest.raises(MixBenchError, match="at most 1000 bytes"):
        record_paths(tmp_path)


def test_the_same_records_make_the_same_board_wherever_and_in_whatever_order(tmp_path):
    found = read_records(write_board(tmp_path))
    assert build(found) == build(found[::-1])


def test_no_torch_is_loaded(tmp_path):
    write_board(tmp_path)
    code = (
        "import sys; from mixbench.cli import main;"
        f"code = main(['leaderboard', '--board', {str(tmp_path)!r}]);"
        "sys.exit(code or sum(name in sys.modules for name in ('torch', 'torchvision', 'timm', 'pandas')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "mixup" in done.stdout
