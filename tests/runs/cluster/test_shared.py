"""The shared runs folder on the local and the in-memory file system: whole files, many writers, one line a fault."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from children import LIMIT
from errands import KIND, Errand

fsspec = pytest.importorskip("fsspec", reason="needs the extra ray")

from mixbench.runs.cluster import shared as module  # noqa: E402
from mixbench.runs.cluster.shared import Shared  # noqa: E402
from mixbench.runs.store import Store, place_of  # noqa: E402
from mixbench.spec.errors import MixBenchError  # noqa: E402


@pytest.fixture(params=["path", "file", "memory"])
def shared(request, tmp_path) -> Shared:
    place = tmp_path / "shared"
    return Shared(
        {"path": str(place), "file": place.as_uri(), "memory": f"memory://{tmp_path.name}/runs"}[request.param]
    )


def made(folder: Path, name: str) -> Store:
    store = Store(folder)
    Errand(name).do(store)
    return store


def test_an_artefact_goes_there_and_comes_back_whole(shared, tmp_path):
    store = made(tmp_path / "one", "a")
    shared.publish(place_of(KIND, "a"), store.runs)
    assert set(shared.names()) == {f"store/{KIND}/a/{name}" for name in ("said", "process", "beside", "manifest")}
    other = Store(tmp_path / "other")
    shared.fetch(place_of(KIND, "a"), other.runs)
    assert other.find(KIND, "a") == store.find(KIND, "a")
    assert (other.folder(KIND, "a") / "said").read_bytes() == b"a"


def test_a_single_file_goes_there_and_what_is_not_there_is_left_out(shared, tmp_path):
    (tmp_path / "record.json").write_text("{}")
    shared.publish("record.json", tmp_path)
    assert shared.names() == {"record.json": 2}
    assert shared.read(["record.json", "none.json"]) == {"record.json": b"{}"}
    shared.fetch("none.json", tmp_path / "other")
    shared.fetch("store/errands/none", tmp_path / "other")
    assert not (tmp_path / "other").exists()
    shared.drop("record.json")
    shared.drop("record.json")
    assert shared.names() == {}


def test_a_file_whose_name_begins_alike_is_not_taken_along(shared, tmp_path):
    for name in ("a", "ab"):
        shared.publish(place_of(KIND, name), made(tmp_path / "one", name).runs)
    shared.fetch(place_of(KIND, "a"), tmp_path / "other")
    assert [path.name for path in (tmp_path / "other" / "store" / KIND).iterdir()] == ["a"]


def test_whoever_dies_while_publishing_leaves_nothing_that_counts(shared, tmp_path, monkeypatch):
    store, put = made(tmp_path / "one", "a"), Shared._put

    def dies_at_the_last(self, source, name):
        if name.endswith("manifest"):
            raise KeyboardInterrupt
        put(self, source, name)

    monkeypatch.setattr(Shared, "_put", dies_at_the_last)
    with pytest.raises(KeyboardInterrupt):
        shared.publish(place_of(KIND, "a"), store.runs)
    other = Store(tmp_path / "other")
    shared.fetch(place_of(KIND, "a"), other.runs)
    assert (other.folder(KIND, "a") / "said").exists()
    assert other.find(KIND, "a") is None


def test_of_several_writers_and_readers_at_once_each_sees_a_whole_artefact(shared, tmp_path):
    """Writers have the same bits but for who made it when, as two drivers have that train the same."""
    stores = [made(tmp_path / f"writer {place}", "a") for place in range(4)]
    # Readers of fsspec's memory share one file object and its place in it.
    crowd_of_readers = 1 if shared.address.startswith("memory") else 4
    shared.publish(place_of(KIND, "a"), stores[0].runs)

    def read(place: int) -> bytes:
        for turn in range(5):
            shared.fetch(place_of(KIND, "a"), tmp_path / f"reader {place} {turn}")
        folder = Store(tmp_path / f"reader {place} 4").folder(KIND, "a")
        json.loads((folder / "manifest").read_text())
        return (folder / "said").read_bytes()

    def write(store: Store) -> None:
        for _ in range(5):
            shared.publish(place_of(KIND, "a"), store.runs)

    with ThreadPoolExecutor(8) as crowd:
        writers = [crowd.submit(write, store) for store in stores]
        readers = [crowd.submit(read, place) for place in range(crowd_of_readers)]
        assert [reader.result(LIMIT) for reader in readers] == [b"a"] * crowd_of_readers
        assert [writer.result(LIMIT) for writer in writers] == [None] * 4
    shared.fetch(place_of(KIND, "a"), tmp_path / "last")
    assert Store(tmp_path / "last").find(KIND, "a") is not None
    assert len(shared.names()) == 4


@pytest.mark.parametrize(
    ("address", "said"),
    [("nowhere://bucket/runs", "nowhere"), ("s3://bucket/runs", "s3fs")],
    ids=["unknown", "missing"],
)
def test_a_file_system_that_is_not_there_is_one_line(address, said, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    module._opened.cache_clear()
    with pytest.raises(MixBenchError) as caught, Shared(address).errors():
        Shared(address).names()
    assert said in str(caught.value)
    assert address in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    place = Shared(str(tmp_path / "file"))
    store = made(tmp_path / "one", "a")
    with pytest.raises(MixBenchError, match=r"needed to read and write there, got .*mend that"), place.errors():
        place.publish(place_of(KIND, "a"), store.runs)
