"""Speech Commands from small folders in the true layout, of generated sound."""

import hashlib
import io
import shutil
import subprocess
import tarfile
import wave

import numpy as np
import pytest
from official import section
from scipy.signal import get_window

from mixbench.data.files import places
from mixbench.data.load import LOADERS
from mixbench.data.loaders import speech_commands
from mixbench.data.sound.waveform import LONGEST, MAX_BYTES
from mixbench.data.survey import guess_loader, survey
from mixbench.spec.errors import MixBenchError

CLASSES = ("no", "yes")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path / "home"))
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    return tmp_path / "home"


def samples(seed, count=16_000):
    """A tone of its own pitch, with noise."""
    time = np.arange(count) / 16_000
    tone = np.sin(2 * np.pi * (200 + 150 * seed) * time)
    return np.rint(8000 * tone + np.random.default_rng(seed).normal(0, 300, count)).astype("<i2")


def wav(content, rate=16_000, channels=1, width=2):
    memory = io.BytesIO()
    with wave.open(memory, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(content.tobytes())
    return memory.getvalue()


@pytest.fixture
def commands(tmp_path):
    """Four files a class, of which one is for validation and one for the test."""
    root = tmp_path / "commands"
    for place, name in enumerate(CLASSES):
        (root / name).mkdir(parents=True)
        for number in range(4):
            (root / name / f"{number}_nohash_0.wav").write_bytes(wav(samples(4 * place + number)))
    (root / "_background_noise_").mkdir()
    (root / "_background_noise_" / "pink_noise.wav").write_bytes(wav(samples(99, 40_000)))
    (root / "README.md").write_text("read me")
    (root / "validation_list.txt").write_text("".join(f"{name}/2_nohash_0.wav\n" for name in CLASSES))
    (root / "testing_list.txt").write_text("".join(f"{name}/3_nohash_0.wav\n" for name in CLASSES))
    return root


def loaded(root=None, **changes):
    shape = {"classes": 2, "height": 160, "width": 101}
    path = {} if root is None else {"path": str(root)}
    return LOADERS["speech-commands"].load(section("speech-commands", **(shape | path | changes)))


def refused(root=None, **changes):
    with pytest.raises(MixBenchError) as caught:
        loaded(root, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def expected(content):
    """A second of sound as bytes, by the definition: one frame after the other, one frequency after the other."""
    sound = np.concatenate([np.zeros(160), content / 32768, np.zeros(160)])
    window = get_window("hamming", 320)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(160), np.arange(320)) / 320)
    frames = [waves @ (window * sound[160 * frame : 160 * frame + 320]) for frame in range(101)]
    loudness = np.log(1 + np.abs(np.stack(frames, axis=1)))
    return np.clip(np.rint(64 + 16 * (loudness - loudness.mean()) / loudness.std()), 0, 255)


def test_the_lists_say_the_split_and_noise_is_no_class(commands):
    train, test, classes, notes = loaded(commands)
    assert (classes, notes) == (["no", "yes"], [])
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 0, 1, 1], [0, 1])
    for images, seeds in ((train.images, (0, 1, 4, 5)), (test.images, (3, 7))):
        assert images.shape == (len(seeds), 1, 160, 101)
        for image, seed in zip(images, seeds, strict=True):
            # A number halfway between two bytes may be rounded to either.
            assert np.abs(image[0].numpy() - expected(samples(seed))).max() <= 1
            assert (image[0].numpy() == expected(samples(seed))).mean() > 0.999


def test_it_is_found_below_the_home_and_as_a_path(commands, home):
    home.mkdir()
    commands.rename(home / "speech_commands_v0.01")
    assert len(loaded().train) == 4
    found = survey(home / "speech_commands_v0.01", name="own")
    assert found.section["loader"] == guess_loader({"path": str(home / "speech_commands_v0.01")}) == "speech-commands"
    assert (found.section["height"], found.section["width"], found.section["classes"]) == (160, 101, 2)


def test_a_changed_file_is_read_again(commands):
    before = loaded(commands).train.images
    (commands / "no" / "0_nohash_0.wav").write_bytes(wav(samples(50)))
    after = loaded(commands).train.images
    assert [bool((old == new).all()) for old, new in zip(before, after, strict=True)] == [False, True, True, True]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_what_is_missing_is_answered_with_the_command_that_brings_it(commands, monkeypatch, tmp_path):
    archive = tmp_path / "published.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(commands, ".")
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path / "a new home"))
    monkeypatch.setattr(speech_commands, "URL", archive.as_uri())
    monkeypatch.setattr(speech_commands, "ARCHIVE_SHA256", hashlib.sha256(archive.read_bytes()).hexdigest())

    subprocess.run(["bash", "-c", refused().partition("bring them by: ")[2]], check=True, capture_output=True)

    assert len(loaded().train) == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no sound", "file does not start with RIFF id"),
        (b"", "EOFError"),
        (wav(samples(0))[:20_000], "9978 samples, where its head says 16000"),
        (wav(samples(0, 0)), "0 samples, where its head says 0"),
        (wav(samples(0, LONGEST + 1)), f"1 to {LONGEST} are read"),
        (b"RIFF" + b"\0" * MAX_BYTES, f"more than {MAX_BYTES} bytes"),
    ],
)
def test_a_corrupt_file_is_named_or_left_out(commands, content, reason):
    (commands / "yes" / "1_nohash_0.wav").write_bytes(content)
    said = refused(commands)
    assert said.startswith("data speech-commands: needed a WAV file, got yes/1_nohash_0.wav, which is corrupt (")
    assert reason in said
    found = loaded(commands, skip_corrupt=True)
    assert found.train.labels.tolist() == [0, 0, 1]
    assert found.notes == ["train: 1 corrupt, skipped: yes/1_nohash_0.wav"]


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"rate": 44_100}, "1 of 16 bits at 44100 Hz"),
        ({"channels": 2}, "2 of 16 bits at 16000 Hz"),
        ({"width": 1}, "1 of 8 bits at 16000 Hz"),
    ],
)
def test_sound_of_another_kind_is_named(commands, changes, got):
    (commands / "yes" / "1_nohash_0.wav").write_bytes(wav(samples(0), **changes))
    assert f"yes/1_nohash_0.wav: needed one channel of 16 bits at 16000 Hz, got {got}; convert it" in refused(commands)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("../outside.wav", "'../outside.wav'"),
        ("/etc/passwd", "'/etc/passwd'"),
        ("no/9.wav", "'no/9.wav'"),
        ("_background_noise_/pink_noise.wav", "'_background_noise_/pink_noise.wav'"),
        ("\x1b[31m", "'\\\\x1b[31m'"),
    ],
)
def test_a_list_names_what_is_there_alone(commands, line, shown):
    (commands.parent / "outside.wav").write_bytes(wav(samples(0)))
    with (commands / "testing_list.txt").open("a") as file:
        file.write(f"{line}\n")
    assert f"got {shown}, which is not there" in refused(commands)


@pytest.mark.parametrize("what", ["no/link.wav", "maybe"])
def test_no_link_leads_out(commands, tmp_path, what):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.wav").write_bytes(wav(samples(0)))
    (commands / what).symlink_to(outside if what == "maybe" else outside / "a.wav")
    assert "a link out of it" in refused(commands)


def test_a_folder_that_is_not_one_is_refused(commands):
    (commands / "no" / "notes.txt").write_text("x")
    assert "WAV files only" in refused(commands)
    (commands / "no" / "notes.txt").unlink()
    (commands / "testing_list.txt").write_text("")
    assert "test files" in refused(commands)
    (commands / "validation_list.txt").unlink()
    assert "validation_list.txt" in refused(commands)
