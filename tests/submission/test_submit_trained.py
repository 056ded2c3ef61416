"""A contributed claim in two jobs: one runs its source, the other takes what came of it and runs none."""

import json
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from tiny import copied_runs, plan_of, suite_path

from mixbench.cli.rerun import Again, train_all
from mixbench.results.outcomes import dump, load_outcomes
from mixbench.results.record import load_record, seal
from mixbench.runs.assemble import assemble
from mixbench.runs.jobs import artefact
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.provenance import made_with
from mixbench.runs.rerun import rerun_plan
from mixbench.runs.store import Store
from mixbench.runs.trained import own_trainings, take_trainings
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite

SOURCE = """
from pathlib import Path

Path({marker!r}).touch()


class MyMix:
    def mix(self, images, targets, rng):
        return images.flip(3), targets
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the mark that the source leaves, a submitter's record and all runs that led to it."""
    folder = tmp_path_factory.mktemp("two-jobs")
    (folder / "my_mix.py").write_text(SOURCE.format(marker=str(folder / "marker")))
    runs = copied_runs(folder)
    for path in runs.glob("*.json"):
        path.unlink()
    plan = plan_of(suite_path(), f"{folder}/my_mix.py:MyMix")
    for job in plan.jobs:
        job.do(Store(runs))
    for manifest in runs.glob("store/*/*/manifest"):
        about = json.loads(manifest.read_text())
        about["made_with"]["dirty"] = False
        manifest.write_text(json.dumps(about))
    assemble(plan, plan.records[0], runs)
    (folder / "my_mix.py").unlink()
    (folder / "marker").unlink()
    return folder


def record_of(place: Path) -> Path:
    (path,) = (place / "runs").glob("*.json")
    return path


@pytest.fixture(scope="module")
def trained(place, tmp_path_factory):
    """What the first job hands over, where the source was run; its trainings are those of the submitter's folder."""
    folder = tmp_path_factory.mktemp("handed") / "trained"
    suite = load_suite(suite_path())
    again = Again(folder, lambda path, others: [], {suite.digest: suite}, trust_source=True, runs=place / "runs")
    train_all([record_of(place)], again, folder)
    assert (place / "marker").exists()
    (place / "marker").unlink()
    return folder


def examined_runs(place: Path, trained: Path, folder: Path) -> Path:
    """The second job's runs, which begin with the surrogate's training and examples alone."""
    record, runs = load_record(record_of(place)), folder / "examined"
    shutil.copytree(place / "runs" / "store", runs / "store")
    for role, digest in record.trainings.items():
        if role != "surrogate":
            shutil.rmtree(runs / "store" / "trainings" / digest)
    shutil.rmtree(runs / "store" / "examinations")
    with rerun_plan(record, load_suite(suite_path()), trained=True) as plan:
        take_trainings(own_trainings(plan), trained, Store(runs))
        for job in plan.jobs:
            job.do(Store(runs))
    return runs


def own_digests(place: Path) -> list[str]:
    return [digest for role, digest in load_record(record_of(place)).trainings.items() if role != "surrogate"]


def test_the_first_job_hands_over_the_contributed_trainings_alone(place, trained):
    assert sorted(each.name for each in trained.iterdir()) == sorted(own_digests(place))
    for each in trained.iterdir():
        assert {file.name for file in each.iterdir()} == {"manifest", "outcomes.npz", "weights.safetensors"}


def test_the_first_job_needs_trust_and_leaves_the_board_alone(mixbench, place, tmp_path):
    board = tmp_path / "board"
    words = ("--suite", suite_path(), "--board", board, "--runs", place / "runs")
    said = mixbench("submit", "--train-only", tmp_path / "t", record_of(place), *words)
    assert said.code == 2
    assert "give --trust-source" in said.err
    assert not (place / "marker").exists()
    assert not (tmp_path / "t").exists()
    assert not board.exists()


def test_the_second_job_runs_no_source_and_measures_the_same(mixbench, place, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(artefact, "made_with", lambda: {**made_with(), "dirty": False})
    board = tmp_path / "board"
    board.mkdir()
    words = ("--suite", suite_path(), "--board", board)
    assert mixbench("submit", record_of(place), *words).code == 0
    (claim,) = (board / "tiny" / "claims").glob("*.json")
    runs = examined_runs(place, trained, tmp_path)
    said = mixbench("submit", "--rerun", claim, "--trained", trained, "--runs", runs, *words)
    assert said.code == 0, said.err
    assert not (place / "marker").exists()
    (path,) = (board / "tiny" / "records").glob("*.json")
    before, after = load_record(record_of(place)), load_record(path)
    assert after.sources == before.sources
    assert (after.readings, after.trainings, after.link) == (before.readings, before.trainings, before.link)
    # A source could say any machine, so that equal machines are not assumed.
    assert after.provenance.cpu_model is None
    assert "What counts is the rerun" in " ".join(said.out.split())
    assert list((board / "tiny" / "claims").iterdir()) == []
    assert mixbench("validate", board, "--suite", suite_path()).code == 0


def jobs_of(place: Path) -> list[TrainJob]:
    manifests = (Store(place / "runs").find("trainings", digest) for digest in own_digests(place))
    return [
        TrainJob(title="t", training={**manifest["spec"], "run_sources": False}) for manifest in manifests if manifest
    ]


def test_labels_and_predictions_are_made_where_the_weights_are_examined(place, trained, tmp_path):
    """A training's word on them counts for nothing; its curves are taken, but for the last test error."""
    copy = shutil.copytree(trained, tmp_path / "trained")
    for folder in copy.iterdir():
        outcomes = load_outcomes(folder / "outcomes.npz")
        for name in ("given", "corrupted", "train_predicted", "test_predicted"):
            outcomes[name][:] = 0
        outcomes["test_error"][-1] = 0
        outcomes["train_loss"][0] = -0.0
        (folder / "outcomes.npz").write_bytes(dump(outcomes))
    store = Store(tmp_path / "runs")
    take_trainings(jobs_of(place), copy, store)
    for digest in own_digests(place):
        true = load_outcomes(place / "runs" / "store" / "trainings" / digest / "outcomes.npz")
        taken = load_outcomes(store.folder("trainings", digest) / "outcomes.npz")
        true["train_loss"][0] = 0.0
        assert {name: values.tobytes() for name, values in taken.items()} == {
            name: values.tobytes() for name, values in true.items()
        }
        weights = [
            safetensors.torch.load_file(each / digest / "weights.safetensors")
            for each in (store.root / "trainings", trained)
        ]
        assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])
        assert (store.find("trainings", digest) or {}).get("cpu_model", "none") == "none"


def weights(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        tensors = safetensors.torch.load_file(folder / "weights.safetensors")
        change(tensors)
        safetensors.torch.save_file(tensors, folder / "weights.safetensors")

    return changed


def outcomes(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        arrays = load_outcomes(folder / "outcomes.npz")
        change(arrays)
        (folder / "outcomes.npz").write_bytes(dump(arrays))

    return changed


def first(tensors: dict) -> str:
    return next(name for name in sorted(tensors) if tensors[name].ndim > 1)


def other_shape(tensors: dict) -> None:
    tensors[first(tensors)] = tensors[first(tensors)][:1].clone()


def nan(tensors: dict) -> None:
    tensors[first(tensors)].fill_(float("nan"))


def by_link(folder: Path) -> None:
    shutil.copy(folder / "weights.safetensors", folder.parent.parent / "elsewhere")
    (folder / "weights.safetensors").unlink()
    (folder / "weights.safetensors").symlink_to(folder.parent.parent / "elsewhere")


def pickled_array(folder: Path) -> None:
    np.savez(folder / "outcomes.npz", train_loss=np.array([{}], dtype=object))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: (f / "more.py").touch(), "needed manifest, outcomes.npz, weights.safetensors, got .*more.py"),
        (lambda f: (f / "manifest").unlink(), "needed manifest, .* got outcomes.npz, weights.safetensors"),
        (lambda f: (f.parent / "other").mkdir(), "needed trainings of these records alone, got 'other'"),
        (lambda f: shutil.rmtree(f), "No such file"),
        (weights(other_shape), r"needed torch.float32 \(.*got torch.float32 \(1, .*another model's"),
        (weights(lambda t: t.pop(first(t))), "got nothing; they are another model's"),
        (weights(lambda t: t.update(more=torch.zeros(1))), "more: needed nothing, got torch.float32"),
        (weights(nan), "needed numbers, got NaN"),
        (weights(lambda t: t.update(more=torch.zeros(10**6))), "weights.safetensors: at most [0-9]+ bytes"),
        (lambda f: (f / "weights.safetensors").write_bytes(pickle.dumps({})), "needed a .safetensors file"),
        (by_link, "needed a readable file, no link"),
        (pickled_array, "no plain array"),
        (lambda f: (f / "outcomes.npz").write_bytes(pickle.dumps({})), "no zip archive of arrays"),
        (outcomes(lambda a: a.update(more=a["given"])), "needed the arrays .*, got .*more"),
        (outcomes(lambda a: a.pop("given")), "needed the arrays corrupted, given"),
        (outcomes(lambda a: a.update(train_loss=a["train_loss"][:1])), r"train_loss: needed float64 \(2,\), got"),
        (outcomes(lambda a: a["test_error"].fill(np.nan)), "test_error: needed 0 to 1, got nan"),
        (outcomes(lambda a: a["given"].fill(10)), "given: needed 0 to 9, got 10"),
        (lambda f: (f / "manifest").write_text('{"seconds": NaN}'), "needed JSON with the seconds"),
        (lambda f: (f / "manifest").write_text("[" * 9000), "needed JSON with the seconds"),
        (lambda f: (f / "manifest").write_text(" " * 200_000), "manifest: at most 100000 bytes"),
    ],
)
def test_a_hostile_hand_over_is_refused_in_one_line(place, trained, tmp_path, change, words):
    copy = shutil.copytree(trained, tmp_path / "trained")
    change(copy / own_digests(place)[0])
    store = Store(tmp_path / "runs")
    with pytest.raises(MixBenchError) as error:
        take_trainings(jobs_of(place), copy, store)
    (line,) = str(error.value).splitlines()
    assert re.search(words, line), line
    assert store.find("trainings", own_digests(place)[0]) is None
    assert not (place / "marker").exists()


def test_what_only_a_source_knows_is_left_to_a_maintainer(mixbench, place, trained, tmp_path):
    path = record_of(place)
    made = {**json.loads(path.read_bytes()), "link": "tempered"}
    del made["digest"]
    shutil.copy(path.with_suffix(".npz"), tmp_path)
    (tmp_path / path.name).write_bytes(seal(made))
    said = mixbench("submit", "--rerun", tmp_path / path.name, "--trained", trained, "--suite", suite_path())
    assert said.code == 2
    assert "needed the link 'softmax' without the record's source, got 'tempered'" in said.err


def test_words_that_do_not_go_together_are_refused(mixbench, place, trained):
    path = record_of(place)
    for words in (
        ("--trained", trained),
        ("--rerun", "--trained", trained, "--trust-source"),
        ("--rerun", "--train-only", trained),
    ):
        assert mixbench("submit", path, *words).code == 2
