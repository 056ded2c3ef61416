"""Label noise from a file: the plan has its training, which is given its labels and has readings of its own."""

import numpy as np
import pytest
import torch
from tiny import plan_of, write_suite

from mixbench.data.load import load
from mixbench.results.curves import label_noise_of
from mixbench.results.measures import read
from mixbench.spec.digest import file_digest
from mixbench.training.train import train


@pytest.fixture
def suite(tmp_path):
    truth = load(plan_of(write_suite(tmp_path, name="plain.toml"), "erm").suite.data).train.labels.numpy()
    given = truth.copy()
    given[::5] = (given[::5] + 1) % 10
    np.save(tmp_path / "given.npy", given)
    sha256 = file_digest(tmp_path / "given.npy")
    section = f'[data.given_labels]\nfile = "given.npy"\nsha256 = "{sha256}"\n\n[transform]'
    return write_suite(tmp_path, ("[transform]", section), ("epochs = 2", "epochs = 1")), truth, given


def test_the_plan_trains_on_the_file_beside_the_synthetic_levels(suite):
    record = plan_of(suite[0], "erm").records[0]
    assert set(record.trainings) == {"model", "surrogate", "noise20", "noise50", "noise80", "noise_given"}
    assert record.trainings["noise_given"].noise == "given"
    assert len({spec.digest for spec in record.trainings.values()}) == 6


def test_without_a_file_there_is_no_such_training(tmp_path):
    assert "noise_given" not in plan_of(write_suite(tmp_path), "erm").records[0].trainings


def test_the_training_is_given_the_files_labels_and_is_read_by_them(suite):
    path, truth, given = suite
    trained = train(plan_of(path, "erm").records[0].trainings["noise_given"])
    np.testing.assert_array_equal(trained.given.numpy(), given)
    np.testing.assert_array_equal(trained.corrupted.numpy(), given != truth)
    outcomes = {
        "classes": np.array(10),
        "model.given": truth,
        "noise_given.given": given,
        "noise_given.corrupted": trained.corrupted.numpy(),
        "noise_given.train_predicted": trained.train_predicted.numpy(),
    }
    readings = read(outcomes)
    wrong = (trained.train_predicted != torch.from_numpy(given)).numpy()
    assert readings["noise_given.train_error_corrupted"].value == pytest.approx(wrong[given != truth].mean())
    assert readings["noise_given.train_error_real"].n == (given == truth).sum() == 1149
    assert label_noise_of(outcomes)["noise_given"] == {
        "share_selected": pytest.approx(288 / 1437),
        "share_wrong": pytest.approx(288 / 1437),
        "ceiling": 1.0,
    }
