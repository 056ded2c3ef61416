"""Published rows: read strictly, matched by data set."""

from pathlib import Path

import pytest

from mixbench.board.published import COLUMNS, Published, data_key, published_for, read_published
from mixbench.spec.errors import MixBenchError

HEAD = ",".join(COLUMNS)
GOOD = 'paper,Table 1,CIFAR-10,ResNet-18,mixup(alpha=1.0),"200 epochs, best",clean.top1_error,4.2,a note'


def put(folder: Path, *lines: str, name: str = "papers.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_row_is_read_as_it_stands(tmp_path):
    (row,) = read_published(put(tmp_path, HEAD, GOOD))
    assert row == Published(
        "paper", "Table 1", "CIFAR-10", "ResNet-18", "mixup(alpha=1.0)", "200 epochs, best", "clean.top1_error", 4.2,
        "a note",
    )  # fmt: skip


def test_the_shipped_rows_are_read():
    folder = Path(__file__).parents[2] / "leaderboards" / "published"
    rows = read_published(folder)
    assert len(rows) >= 211
    (row,) = published_for("imagenet", [each for each in rows if each.where == "Table 1"][:1])
    assert (row.augmentation, row.backbone, row.percent) == ("erm", "ResNet-50", 23.5)


def test_no_folder_has_no_rows(tmp_path):
    assert read_published(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("source,where", GOOD), "needed the columns"),
        ((HEAD, GOOD + ",more"), "row 2: needed 9 cells, got 10"),
        ((HEAD, GOOD.replace("4.2", "nan")), "row 2: needed percent as a number"),
        ((HEAD, GOOD.replace("4.2", "1e999")), "row 2: needed percent"),
        ((HEAD, GOOD.replace("4.2", "٤")), "row 2: needed percent"),
        ((HEAD, GOOD, GOOD.replace("paper", "p" * 501)), "row 3: needed source of at most 500"),
        ((HEAD, GOOD.replace("paper", '"pa"per')), "CSV"),
        ((HEAD, '"' + "x" * 200_000 + '"'), "CSV"),
        (("\u202e" + HEAD, GOOD), r"\\u202esource"),
    ],
)
def test_a_broken_row_is_refused_by_its_place(tmp_path, lines, reason):
    with pytest.raises(MixBenchError, match=reason):
        read_published(put(tmp_path, *lines))


def test_too_much_is_refused(tmp_path, monkeypatch):
    folder = put(tmp_path, HEAD, *[GOOD] * 6)
    monkeypatch.setattr("mixbench.board.published.MAX_ROWS", 5)
    with pytest.raises(MixBenchError, match="at most 5"):
        read_published(folder)
    monkeypatch.setattr("mixbench.board.published.MAX_BYTES", 100)
    with pytest.raises(MixBenchError, match="at most 100 bytes"):
        read_published(folder)


def test_what_is_no_text_and_what_leads_out_is_refused(tmp_path):
    folder = put(tmp_path / "in", HEAD)
    (folder / "papers.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(MixBenchError, match="UTF-8"):
        read_published(folder)
    (folder / "papers.csv").unlink()
    (folder / "papers.csv").symlink_to(put(tmp_path / "out", HEAD) / "papers.csv")
    with pytest.raises(MixBenchError, match="inside"):
        read_published(folder)


@pytest.mark.parametrize(
    ("data", "dataset", "same"),
    [
        ("cifar10", "CIFAR-10", True),
        ("fashion-mnist", "Fashion-MNIST", True),
        ("imagenet", "ImageNet-2012", True),
        ("cifar10", "CIFAR-100", False),
        ("digits", "MNIST", False),
    ],
)
def test_data_sets_are_matched_by_a_plain_name(data, dataset, same):
    assert (data_key(data) == data_key(dataset)) is same
