"""Images that stream are those that are held: the same pixels, trainings and outcomes, whoever decodes them."""

import os
import pickle
import signal
from multiprocessing import active_children

import numpy as np
import pytest
import safetensors.torch
import torch
from pictures import noise
from pictures import section as own_section
from streams import pets, section, write_pets

from mixbench.augment.build import canonical, composition, versions
from mixbench.battery.battery import examine
from mixbench.battery.subject import Subject
from mixbench.cli import main
from mixbench.data import decoders as decoders_module
from mixbench.data import residence
from mixbench.data.ahead import Wanted, ahead
from mixbench.data.checksum import checksum
from mixbench.data.decoders import decoders_for, kept_decoders
from mixbench.data.feed import in_turn, transformed
from mixbench.data.images.listed import Listed
from mixbench.data.load import load
from mixbench.data.neighbours import nearest
from mixbench.data.residence import image_bytes, streamed
from mixbench.data.split import Streamed
from mixbench.runs.engine import run
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import stream
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.training.prepare import prepared_model
from mixbench.training.train import train

HELD, STREAMS = {"stream": False}, {"stream": True}
SHAPES = [{}, {"stored": [10, 9]}, {"skip_corrupt": True}]


@pytest.fixture
def root(tmp_path, home):
    return write_pets(tmp_path / "photos")


def specs(suite, aug="mixup"):
    made = composition(aug)
    names = {"augmentation": canonical(made), "method_versions": versions(made)}
    common = {"backbone": suite.backbone, "noise": 0.2, "seed": 3, "device": "cpu", **names}
    held = TrainingSpec.of(suite, **common)
    return held, held.model_copy(update={"data": {**held.data, "stream": True}})


@pytest.mark.parametrize("changes", SHAPES)
@pytest.mark.parametrize("parts", [("train", "test"), ("",)])
def test_the_same_pixels_labels_and_checksum(root, tmp_path, changes, parts):
    place = root if parts != ("",) else write_pets(tmp_path / "one", parts=parts)
    if "skip_corrupt" in changes:
        (place / parts[0] / "cat" / "3.png").write_bytes(b"no picture")
    own = {} if parts != ("",) else {"test_fraction": 0.4}
    suite = pets(place, **changes, **own)
    held, listed = load(section(suite, **HELD)), load(section(suite, **STREAMS))
    for one, other in ((held.train, listed.train), (held.test, listed.test)):
        assert isinstance(other.images, Listed)
        assert tuple(other.images.shape) == tuple(one.images.shape)
        assert torch.equal(one.labels, other.labels)
        which = torch.tensor([2, 0, 2])
        assert torch.equal(one.pixels(which), other.pixels(which))
        assert torch.equal(one.stored_pixels(slice(1, 4)), other.stored_pixels(slice(1, 4)))
        assert torch.equal(torch.cat(list(in_turn(other, [slice(0, 3), slice(3, 99)]))), one.pixels())
        assert torch.equal(other.first(2).pixels(), one.pixels()[:2])
    assert listed.train.sha256 == checksum(held.train, held.test) == checksum(listed.train, listed.test)


def test_a_survey_of_what_streams_finds_the_same(root):
    suites = [pets(root, **how) for how in (HELD, STREAMS)]
    one, other = ({key: value for key, value in suite.written["data"].items() if key != "stream"} for suite in suites)
    assert one == other
    assert suites[0].digest == suites[1].digest
    assert "stream" not in suites[1].settings["data"]


@pytest.mark.parametrize("changes", [{"padding": 2}, {"stored": [10, 9]}])
def test_a_training_has_the_same_bits_whatever_streams_and_however_many_decode(root, changes, monkeypatch):
    held, listed = specs(pets(root, **changes))
    assert held.digest == listed.digest
    expected = _bits(train(held))
    assert _bits(train(listed)) == expected
    monkeypatch.setenv("MIXBENCH_DECODERS", "2")
    begun, loader = [], decoders_module._loader
    monkeypatch.setattr(decoders_module, "_loader", lambda *how: begun.append(how[1:]) or loader(*how))
    assert _bits(train(listed)) == expected
    assert begun == [("cpu", 2)]
    assert not active_children()


def _bits(trained):
    state = {name: tensor.numpy().tobytes() for name, tensor in trained.model.state_dict().items()}
    curves = (trained.train_loss, trained.test_error)
    return state, curves, trained.train_predicted.tolist(), trained.test_predicted.tolist(), trained.given.tolist()


def test_the_battery_finds_the_same_whatever_streams(root, monkeypatch):
    suite = pets(root, stored=[10, 9])
    spec = specs(suite)[0]
    subject = Subject(prepared_model(spec)[0].eval())
    found = []
    for how, workers in ((HELD, "0"), (STREAMS, "0"), (STREAMS, "1")):
        monkeypatch.setenv("MIXBENCH_DECODERS", workers)
        data = load(section(suite, **how))
        found.append(examine(subject, data.test, suite.battery, "pets", None, data.train))
    for other in found[1:]:
        assert other.keys() == found[0].keys() >= {"clean.rank", "ifgsm.white.rank", "between.miss_mixup"}
        for name, values in found[0].items():
            np.testing.assert_array_equal(other[name], values, err_msg=name)


def test_workers_decode_inside_the_engines_workers(root, tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DECODERS", "1")
    held, listed = specs(pets(root))
    job, heard = TrainJob(title="a training", training=listed), []
    outcome = run([job], tmp_path / "runs", lambda job, message: heard.append(message.what))
    assert (outcome.failed, outcome.crashes, heard[-1]) == ({}, [], "done")
    folder = Store(tmp_path / "runs").folder(job.kind, job.digest)
    stored = safetensors.torch.load_file(folder / "weights.safetensors")
    expected = train(held).model.net.state_dict()
    assert stored.keys() == expected.keys()
    assert all(torch.equal(stored[name], values) for name, values in expected.items())


def test_a_new_suite_says_what_streams_of_ones_own_data(root, tmp_path):
    words = ["--data", str(root), "--size", "8", "--set", "data.whole=true", "--set", "data.stream=true"]
    assert (
        main(["suite", "new", "--from", "imagenet", "--model", "test_resnet", *words, str(tmp_path / "new.toml")]) == 0
    )
    made = load_suite(tmp_path / "new.toml").data
    assert (made.whole, made.stream, made.train_images, made.path) == (True, True, 16, str(root))
    assert load(made).test.images.shape == (16, 3, 8, 8)


def test_the_nearest_images_need_those_that_are_held(root):
    suite = pets(root)
    assert nearest(load(section(suite, **HELD)).train, 3, False).shape == (16, 3)
    with pytest.raises(
        MixBenchError, match=r"^nearest images: needed training images held in memory, got 16 that stream"
    ):
        nearest(load(section(suite, **STREAMS)).train, 3, False)


def test_workers_leave_torchs_own_stream_alone_and_keep_the_order(root):
    images = load(section(pets(root), **STREAMS)).train.images
    before = torch.get_rng_state()
    wanted = [np.array([3, 1]), np.arange(16), np.array([0])]
    for workers in (0, 2):
        found = list(ahead(images, map(Wanted, wanted), "cpu", workers))
        assert [part.tolist() for part in found] == [images.read(places).tolist() for places in wanted]
    assert torch.equal(torch.get_rng_state(), before)


def test_workers_that_are_kept_serve_every_pass_and_end_with_it(root):
    data = load(section(pets(root), **STREAMS))
    passes, wanted = [data.train.images, data.test.images, data.train.images], Wanted(np.arange(4))
    with kept_decoders():
        served = []
        for images in passes:
            (found,) = ahead(images, [wanted], "cpu", 1)
            assert found.tolist() == images.read(wanted.places).tolist()
            served.append([child.pid for child in active_children()])
        assert len(served[0]) == 1
        assert served == served[:1] * 3
    assert not active_children()


def test_kept_workers_end_in_the_midst_of_a_pass(root):
    images = load(section(pets(root), **STREAMS)).train.images
    wanted = [Wanted(np.array([place])) for place in range(16)]

    def interrupted():
        with kept_decoders():
            reading = ahead(images, wanted, "cpu", 1)
            next(reading)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        interrupted()
    # Whoever holds the error holds the pass that was begun.
    assert caught.traceback
    assert not active_children()


def test_a_pass_within_another_has_workers_of_its_own(root):
    images = load(section(pets(root), **STREAMS)).train.images
    wanted = [Wanted(np.array([place])) for place in range(16)]
    with kept_decoders():
        both = list(zip(*(ahead(images, wanted, "cpu", 1) for _ in range(2)), strict=True))
        (again,) = ahead(images, wanted[3:4], "cpu", 1)
    assert [one.tolist() for one, _ in both] == [other.tolist() for _, other in both]
    assert [one.tolist() for one, _ in both] == [images.read(each.places).tolist() for each in wanted]
    assert again.tolist() == both[3][0].tolist()
    assert not active_children()


def test_a_worker_that_is_killed_is_said_in_a_line_and_the_next_pass_has_another(root):
    images = load(section(pets(root), **STREAMS)).train.images
    wanted = [Wanted(np.array([place % 16])) for place in range(200)]
    with kept_decoders():
        reading = ahead(images, wanted, "cpu", 1)
        next(reading)
        (worker,) = active_children()
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(MixBenchError, match=r"^decoding: needed 1 worker processes, got one killed; [^\n]*$"):
            list(reading)
        again = list(ahead(images, wanted[:3], "cpu", 1))
    assert [part.tolist() for part in again] == [images.read(each.places).tolist() for each in wanted[:3]]
    assert not active_children()


def test_a_list_travels_without_its_rows(root):
    images = load(section(pets(root), **STREAMS)).train.images
    images.read(np.arange(3))
    sent = pickle.dumps(images)
    assert len(sent) < 1000
    assert pickle.loads(sent) == images


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("damage", ["gone", "text", "cut"])
def test_a_picture_that_changed_since_is_one_line_that_names_it(root, workers, damage):
    images = load(section(pets(root), **STREAMS)).train.images
    path = root / "train" / "dog" / "0.png"
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(b"text" if damage == "text" else content[: len(content) // 2])
    with pytest.raises(MixBenchError, match=r"^data pets: needed train/dog/0\.png as it was .*; put it back[^\n]*$"):
        list(ahead(images, [Wanted(np.arange(16))], "cpu", workers))


def test_a_corrupt_picture_is_named_before_any_training(root):
    suite = pets(root)
    (root / "train" / "cat" / "3.png").write_bytes(b"no picture")
    with pytest.raises(MixBenchError, match=r"needed an image, got train/cat/3\.png, which is corrupt"):
        load(section(suite, **STREAMS))


def test_what_fits_is_held_and_the_test_split_first(root, monkeypatch):
    data = section(pets(root), stream=None, train_images=10**7, test_images=10**6)
    train, test = image_bytes(data).values()
    assert (train, test) == (10**7 * 192, 10**6 * 192)
    share = residence.SHARE
    assert streamed(data, share * (train + test)) == ()
    assert streamed(data, share * (train + test) - share) == ("train",)
    assert streamed(data, share * (train + test), processes=2) == ("train",)
    assert streamed(data, 2 * share * (train + test), processes=2) == ()
    monkeypatch.setattr(residence, "_beside", 3)
    residence.share_memory(2)
    assert streamed(data, 2 * share * (train + test) - 2 * share) == ("train",)
    residence.share_memory(1)
    assert streamed(data, share * test) == streamed(data, 0) == ("train",)
    assert streamed(data.model_copy(update={"test_images": 2 * 10**6}), 0) == ("train", "test")
    assert streamed(data.model_copy(update={"stream": False}), 0) == ()
    assert streamed(section(pets(root), stream=None), 0) == ()


def test_the_memory_that_is_free_is_measured(tmp_path, monkeypatch):
    limit, used = tmp_path / "max", tmp_path / "now"
    monkeypatch.setattr(residence, "_CGROUPS", ((str(limit), str(used)),))
    whole = residence.free_memory()
    assert whole > 2**20
    used.write_text("3000\n")
    limit.write_text("max\n")
    assert residence.free_memory() > 2**20
    limit.write_text("5000\n")
    assert residence.free_memory() == 2000


def test_only_what_must_streams(root, monkeypatch):
    suite = pets(root, side=10)
    monkeypatch.setattr(residence, "SMALL", image_bytes(suite.data)["test"])
    monkeypatch.setattr(residence, "free_memory", lambda: 0)
    found = load(suite.data)
    assert isinstance(found.train.images, Listed)
    assert isinstance(found.test.images, torch.Tensor)
    held = load(section(suite, **HELD))
    assert checksum(found.train, found.test) == checksum(held.train, held.test)


@pytest.mark.parametrize("name", ["stream", "whole"])
def test_data_without_picture_files_are_held(tmp_path, home, name):
    x, y = noise(1, 24, 4, 1).reshape(6, 4, 4), np.array([0, 1, 0, 1, 0, 1])
    np.savez(tmp_path / "a.npz", x_train=x[:4], y_train=y[:4], x_test=x[4:], y_test=y[4:])
    counts = {"train_images": 4, "test_images": 2, "channels": 1, "mean": [0.5], "std": [0.2]}
    data = own_section(tmp_path / "a.npz", loader="arrays", **counts, **{name: True})
    with pytest.raises(MixBenchError, match=rf"needed a folder of images or shards for {name} = true, got data that"):
        load(data)


def test_held_data_are_no_stream(root):
    held = load(section(pets(root), **HELD))
    assert not isinstance(held.train.images, Streamed)
    places = torch.tensor([1, 0])
    (found,) = transformed(held.train, [(places, stream(0, "any"))], pets(root).transform)
    assert found.shape == (2, 3, 8, 8)


@pytest.mark.parametrize("asked", ["-1", "two", "", "1000", "1.5"])
def test_a_number_of_decoders_that_is_none(asked, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DECODERS", asked)
    with pytest.raises(MixBenchError, match=r"^MIXBENCH_DECODERS: needed a number of processes, 0 or more, got"):
        decoders_for("cpu")


def test_the_cpu_decodes_itself_and_a_gpu_has_spare_cores_decode(monkeypatch):
    monkeypatch.delenv("MIXBENCH_DECODERS", raising=False)
    monkeypatch.setattr(decoders_module, "cores", lambda: 9)
    assert (decoders_for("cpu"), decoders_for("cuda")) == (0, 8)
    usage = decoders_module.shutil.disk_usage("/")
    monkeypatch.setattr(decoders_module.shutil, "disk_usage", lambda path: usage._replace(free=2**26))
    assert decoders_for("cuda") == 2
    monkeypatch.setattr(decoders_module, "cores", lambda: 1)
    assert decoders_for("cuda") == 0
