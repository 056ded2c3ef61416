"""Two processes on one batch are one process on it, to float error; parts of a batch are the batch."""

import multiprocessing

import numpy as np
import pytest
import torch
from children import LIMIT
from tiny import FEW, write_suite
from together import free_port, seen_in, train_together

from mixbench.augment.build import canonical, composition, versions
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.training.parts import parts_of, refuse_parts
from mixbench.training.predict import batches
from mixbench.training.several import ALONE, Several
from mixbench.training.train import train

ADAMW = '{ name = "adamw", learning_rate = 0.006, weight_decay = 0.01 }'
SGD = '{ name = "sgd", learning_rate = 0.05, momentum = 0.9, nesterov = false, weight_decay = 0.001 }'
CASES = {"batch norm": ("test_resnet", "cutmix"), "layer norm": ("test_vit", "mixup+label_smoothing")}
DROPOUT = ("test_resnet", "dropout(p=0.3)")


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """Odd batches of 77, 77 and 76 images; AdamW would magnify the last bits of gradients near 0."""
    changes = [change for change in FEW if "batch_size" not in change[0]]
    folder = tmp_path_factory.mktemp("suite")
    return load_suite(write_suite(folder, *changes, ("batch_size = 480", "batch_size = 77"), (ADAMW, SGD)))


def spec(suite, backbone: str, aug: str, **changes) -> TrainingSpec:
    made = composition(aug)
    rest = {"augmentation": canonical(made), "method_versions": versions(made), "noise": 0.0, "seed": 1}
    made = TrainingSpec.of(suite, backbone=backbone, device="cpu", **rest)
    return made.model_copy(update=changes)


@pytest.fixture(scope="module")
def together(suite, tmp_path_factory):
    """What each of two processes saw, by case."""
    folder, port = tmp_path_factory.mktemp("together"), free_port()
    specs = [spec(suite, *case, processes=2) for case in (*CASES.values(), DROPOUT)]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mixbench.training.train"])
    both = [context.Process(target=train_together, args=(i, 2, port, specs, specs[-1], folder)) for i in (0, 1)]
    for process in both:
        process.start()
    for process in both:
        process.join(LIMIT)
    assert [process.exitcode for process in both] == [0, 0]
    names = [*CASES, "dropout"]
    found = {
        name: [dict(np.load(folder / f"{number}-{rank}.npz")) for rank in (0, 1)] for number, name in enumerate(names)
    }
    return found | {"resumed": [dict(np.load(folder / f"resumed-{rank}.npz")) for rank in (0, 1)]}


@pytest.mark.parametrize("case", CASES)
def test_two_processes_give_the_curve_and_weights_of_one(case, together, suite):
    alone, (first, _) = seen_in(spec(suite, *CASES[case])), together[case]
    assert first["batches"].tolist() == alone["batches"]
    np.testing.assert_allclose(first["loss"], alone["loss"], rtol=1e-4)
    for name in (name for name in alone if name.startswith("weights.")):
        np.testing.assert_allclose(first[name], alone[name], rtol=1e-3, atol=2e-4, err_msg=name)
    assert (first["test"] == alone["test"]).mean() >= 0.98
    assert first["error"][-1] == (first["test"] != labels(suite)).mean()


def labels(suite) -> np.ndarray:
    from mixbench.data.load import load

    return load(suite.data).test.labels.numpy()


@pytest.mark.parametrize("case", [*CASES, "dropout", "resumed"])
def test_all_processes_hold_the_same_at_the_end(case, together):
    first, second = together[case]
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_killed_they_go_on_with_the_bits_of_each_ones_own_dropout(together):
    for undisturbed, resumed in zip(together["dropout"], together["resumed"], strict=True):
        # The steps of the second epoch alone were taken again.
        assert resumed["batches"].tolist() == undisturbed["batches"].tolist()[3:]
        for name in undisturbed.keys() - {"batches"}:
            np.testing.assert_array_equal(resumed[name], undisturbed[name], err_msg=name)


@pytest.mark.parametrize(
    ("count", "micro", "processes"), [(80, None, 2), (7, 2, 2), (3, None, 4), (77, 10, 3), (2, 1, 1)]
)
def test_the_parts_of_all_processes_are_the_batch_once(count, micro, processes):
    found = [parts_of(count, micro, Several(rank, processes)) for rank in range(processes)]
    images = [image for parts in found for part in parts for image in range(count)[part]]
    assert images == list(range(count))
    assert len({len(parts) for parts in found}) == 1
    assert max(part.stop - part.start for parts in found for part in parts) <= (micro or -(-count // processes))


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_every_image_is_predicted_by_one_process(processes):
    mine = [list(Several(rank, processes).mine(batches(1300))) for rank in range(processes)]
    counted = np.zeros(1300, int)
    for part in (part for parts in mine for part in parts):
        counted[part] += 1
    assert (counted == 1).all()


def test_gradients_added_up_over_micro_batches_are_those_of_the_batch(suite):
    backbone, aug = CASES["layer norm"]
    whole, added = (train(spec(suite, backbone, aug, micro_batch=micro)) for micro in (None, 20))
    np.testing.assert_allclose(added.train_loss, whole.train_loss, rtol=1e-5)
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(added.model.state_dict()[name], value, rtol=1e-3, atol=1e-5)


def test_what_divides_a_batch_is_another_precision_and_says_so_in_the_digest(suite):
    usual = spec(suite, "test_resnet", "cutmix")
    others = [spec(suite, "test_resnet", "cutmix", **change) for change in ({"processes": 2}, {"micro_batch": 20})]
    assert len({each.digest for each in (usual, *others)}) == 3
    assert len({each.family for each in (usual, *others)}) == 3


@pytest.mark.parametrize(
    ("change", "how"), [({"processes": 2}, "2 processes"), ({"micro_batch": 20}, "micro_batch = 20")]
)
def test_a_loss_of_the_whole_batch_is_refused_before_training_in_one_line(change, how, suite):
    method = "manifold_mixup"
    with pytest.raises(MixBenchError, match=f"'{method}': its loss is of a whole batch at once, which {how} would"):
        refuse_parts(spec(suite, "test_resnet", method, **change), composition(method))
    refuse_parts(spec(suite, "test_resnet", method), composition(method))


def test_without_torchrun_or_accelerate_it_says_what_to_do(suite, monkeypatch):
    import sys

    with pytest.raises(MixBenchError, match="needed 2 processes, got 1; start them by torchrun --nproc-per-node 2"):
        train(spec(suite, "test_resnet", "erm", processes=2))
    for name, value in {"TORCHELASTIC_RUN_ID": "a test", "WORLD_SIZE": "2", "RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(MixBenchError, match=r"pip install 'mixbench\[multi-gpu\]'"):
        train(spec(suite, "test_resnet", "erm", processes=2))


def test_alone_nothing_is_divided():
    assert parts_of(80, None, ALONE) == [slice(0, 80)]
    assert list(ALONE.mine(batches(600))) == list(batches(600))
