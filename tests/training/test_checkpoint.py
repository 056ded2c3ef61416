"""A training killed in any step goes on with the same bits; whatever is wrong with what was kept, it starts anew."""

import errno
import pickle
import random
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import FEW, write_suite
from torch import nn

from mixbench.augment.build import canonical, composition, versions
from mixbench.spec.errors import TrainingStopped
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.training import checkpoint as module
from mixbench.training import train as loop
from mixbench.training.checkpoint import GO_ON, KEEP, NAME, Checkpoint
from mixbench.training.packing import pack, unpack
from mixbench.training.state import State
from mixbench.training.train import train

STEPS = 6
PACKAGES = {"torch": torch.__version__}
EVERY_STEP = 1e-9


class Killed(BaseException):
    """Nothing in the loop may catch it, as nothing catches SIGKILL."""


@pytest.fixture(scope="module", autouse=True)
def few(tmp_path_factory):
    """The tiny suite with as many steps and few images."""
    SUITES["few"] = write_suite(tmp_path_factory.mktemp("few"), *FEW)


SUITES: dict[str, Path] = {}


def spec(aug: str = "erm", suite=None) -> TrainingSpec:
    made = composition(aug)
    rest = {"augmentation": canonical(made), "method_versions": versions(made), "noise": 0.0, "seed": 3}
    return TrainingSpec.of(load_suite(suite or SUITES["few"]), backbone="test_resnet", device="cpu", **rest)


def checkpoint(folder, training: TrainingSpec, packages=PACKAGES, minutes=EVERY_STEP) -> Checkpoint:
    return Checkpoint(folder / NAME, training.digest, minutes, dict(packages), ["a CPU"])


def killed_in(step: int, training: TrainingSpec, kept: Checkpoint, monkeypatch) -> list[str]:
    """Train until the middle of a step, counted from where it goes on; return what it said."""
    said, taken, set_rate = [], iter(range(STEPS)), loop.set_rate

    def fatal(*arguments):
        if next(taken) == step:
            raise Killed
        return set_rate(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "set_rate", fatal)
        with pytest.raises(Killed):
            train(training, heard(said), kept)
    return said


def heard(said: list[str]):
    return lambda content: said.append(content["says"]) if "says" in content else None


def bits(trained) -> tuple:
    tensors = {name: value.numpy().tobytes() for name, value in trained.model.state_dict().items()}
    predicted = (trained.train_predicted.tolist(), trained.test_predicted.tolist())
    return tensors, trained.train_loss, trained.test_error, predicted


METHODS = ["erm", "dropout(p=0.3)", "label_confusion", "mixup(partner=nearest)", "shakedrop", "cutmix|mixup"]


@pytest.mark.parametrize("aug", METHODS)
def test_a_training_killed_twice_ends_with_the_bits_of_one_that_was_not(aug, tmp_path, monkeypatch):
    training, place = spec(aug), random.Random(aug)
    undisturbed = bits(train(training))
    first = place.randrange(1, STEPS - 1)
    second = place.randrange(STEPS - first)
    assert killed_in(first, training, checkpoint(tmp_path, training), monkeypatch) == []
    goes_on = [f"goes on in epoch {first // 3 + 1}, after step {first % 3}"]
    assert killed_in(second, training, checkpoint(tmp_path, training), monkeypatch) == goes_on
    said: list[str] = []
    assert bits(train(training, heard(said), checkpoint(tmp_path, training))) == undisturbed
    assert len(said) == 1


def test_adamw_and_sgd_with_momentum_go_on_alike(tmp_path, monkeypatch):
    sgd = '{ name = "sgd", learning_rate = 0.05, momentum = 0.9, nesterov = true, weight_decay = 0.001 }'
    adamw = '{ name = "adamw", learning_rate = 0.006, weight_decay = 0.01 }'
    training = spec(suite=write_suite(tmp_path, *FEW, (adamw, sgd)))
    undisturbed = bits(train(training))
    killed_in(4, training, checkpoint(tmp_path, training), monkeypatch)
    assert bits(train(training, checkpoint=checkpoint(tmp_path, training))) == undisturbed


def test_keeping_changes_no_bit_and_a_short_training_is_not_kept(tmp_path):
    training = spec("dropout(p=0.3)")
    undisturbed = bits(train(training))
    assert bits(train(training, checkpoint=checkpoint(tmp_path, training))) == undisturbed
    (tmp_path / NAME).unlink()
    train(training, checkpoint=checkpoint(tmp_path, training, minutes=5.0))
    assert list(tmp_path.iterdir()) == []


def test_the_time_and_the_cpus_of_all_parts_are_known_at_the_end(tmp_path, monkeypatch):
    training = spec()
    killed_in(2, training, checkpoint(tmp_path, training), monkeypatch)
    later = Checkpoint(tmp_path / NAME, training.digest, EVERY_STEP, PACKAGES, ["another CPU"])
    train(training, checkpoint=later)
    assert later.earlier_seconds > 0
    assert later.cpu_models == ["a CPU", "another CPU"]


def test_told_to_stop_it_keeps_the_step_says_so_and_goes_on(tmp_path, monkeypatch):
    from mixbench.spec import stopping

    training = spec("dropout(p=0.3)")
    undisturbed = bits(train(training))
    taken = iter(range(STEPS))

    def stop_in_the_third(*arguments):
        if next(taken) == 2:
            signal.raise_signal(signal.SIGTERM)
        return set_rate(*arguments)

    set_rate = loop.set_rate
    before = signal.signal(signal.SIGTERM, lambda *_: stopping.hear())
    try:
        monkeypatch.setattr(loop, "set_rate", stop_in_the_third)
        with pytest.raises(TrainingStopped, match="told to stop in epoch 1, after step 3; kept"):
            train(training, checkpoint=checkpoint(tmp_path, training, minutes=5.0))
    finally:
        signal.signal(signal.SIGTERM, before)
    monkeypatch.setattr(loop, "set_rate", set_rate)
    assert not stopping.told()
    assert bits(train(training, checkpoint=checkpoint(tmp_path, training))) == undisturbed


def test_a_full_disk_costs_the_keeping_alone_and_leaves_what_was_kept_before(tmp_path, monkeypatch):
    training, said = spec(), []
    killed_in(1, training, checkpoint(tmp_path, training), monkeypatch)
    kept = (tmp_path / NAME).read_bytes()

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "write_atomically", full)
    train(training, heard(said), checkpoint(tmp_path, training))
    assert said[1] == "its state could not be kept: [Errno 28] No space left on device"
    assert (tmp_path / NAME).read_bytes() == kept


class Small(nn.Module):
    """A model that takes no time."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(2)


def state(memo=None) -> State:
    model = Small()
    made = State(model, {"own": nn.Linear(2, 2)}, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
    made.memo = memo or {}
    model.norm(model.linear(torch.randn(4, 3))).square().sum().backward()
    made.optimiser.step()
    return made


def kept(folder, memo=None) -> bytes:
    assert Checkpoint(folder / NAME, "d", 1.0, PACKAGES, [None]).keep(state(memo)) == ""
    return (folder / NAME).read_bytes()


def restored(folder, packages=PACKAGES, training="d", into=None) -> str:
    return Checkpoint(folder / NAME, training, 1.0, packages, [None]).restore(into or state())


DAMAGES = ["cut", "flipped", "flipped head", "empty", "pickled", "no head"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_left_and_nothing_of_it_is_taken(damage, tmp_path):
    content = bytearray(kept(tmp_path))
    match damage:
        case "cut":
            content = content[:-1]
        case "flipped":
            content[-3] ^= 1
        case "flipped head":
            content = content.replace(b'\\"seconds\\"', b'\\"sekonds\\"')
        case "empty":
            content = bytearray()
        case "pickled":
            content = bytearray(pickle.dumps({"state": 1}))
        case _:
            import safetensors.torch

            content = bytearray(safetensors.torch.save({"0": torch.zeros(2)}))
    assert bytes(content) != (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content)
    fresh = state()
    before, drawn = [each.clone() for each in fresh.model.state_dict().values()], torch.get_rng_state()
    assert restored(tmp_path, into=fresh) == "its checkpoint is damaged; it starts anew"
    assert all(map(torch.equal, before, fresh.model.state_dict().values()))
    assert torch.equal(torch.get_rng_state(), drawn)


def test_another_trainings_packages_and_models_are_not_gone_on_from(tmp_path):
    kept(tmp_path)
    assert restored(tmp_path) == "goes on in epoch 1, after step 0"
    assert "other versions" in restored(tmp_path, packages={"torch": "0.0"})
    assert "another training's" in restored(tmp_path, training="e")
    larger = state()
    larger.learned["own"] = nn.Linear(3, 3)
    assert "another model's" in restored(tmp_path, into=larger)


def test_what_a_memo_holds_comes_back_with_bits_types_and_strides():
    table = torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)
    memo = {
        "table": table,
        "view": table[1:],
        ("a", 1): [np.arange(3, dtype=np.int16), None, True, 1, 0.1, "text"],
        "empty": {"half": torch.ones(2, dtype=torch.bfloat16), "none": torch.zeros(0, 3), "scalar": torch.tensor(5)},
        "expanded": torch.ones(1, 3).expand(4, 3),
    }
    tensors: dict = {}
    back = unpack(pack(memo, tensors), tensors)
    assert list(back) == list(memo)
    for name in ("table", "view", "expanded"):
        assert torch.equal(back[name], memo[name])
    assert back["table"].stride() == table.stride()
    first, *rest = back["a", 1]
    assert (first.dtype, first.tolist(), rest) == (np.int16, [0, 1, 2], [None, True, 1, 0.1, "text"])
    assert [type(each) for each in rest] == [type(None), bool, int, float, str]
    for name, value in memo["empty"].items():
        assert torch.equal(back["empty"][name], value)
        assert back["empty"][name].dtype == value.dtype


@pytest.mark.parametrize("thing", [object(), {1, 2}, nn.Linear(1, 1), torch.ones(2, requires_grad=True) * 2])
def test_a_memo_with_other_things_is_said_once_and_never_pickled(thing, tmp_path):
    made = Checkpoint(tmp_path / NAME, "d", EVERY_STEP, PACKAGES, [None])
    assert made.wish() == KEEP
    assert made.keep(state({"thing": thing})).startswith("its state cannot be kept, since the method's memo has")
    assert made.wish() == GO_ON
    assert list(tmp_path.iterdir()) == []
