"""Google's Speech Commands as distributed: CLASS/*.wav with lists of validation and test files, as log-spectrograms."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from mixbench.data.files.checks import check_file, check_names
from mixbench.data.files.places import candidates, home
from mixbench.data.files.stamp import stamp
from mixbench.data.images.keep import Source, keep
from mixbench.data.images.tree import entries
from mixbench.data.images.write import Pictures
from mixbench.data.loaders.folder import notes_on_kept
from mixbench.data.loaders.loader import Loaded, Loader, of_shape
from mixbench.data.sound.spectrogram import BANDS, FRAMES, VERSION, as_image, as_pgm
from mixbench.data.sound.waveform import read_waveform
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.data import Data

_, TESTING = LISTS = ("validation_list.txt", "testing_list.txt")
NOISE = "_background_noise_"
RELEASE = "speech_commands_v0.01"
BELOW = ("speech-commands", RELEASE, f"SpeechCommands/{RELEASE}", ".")
URL = f"http://download.tensorflow.org/data/{RELEASE}.tar.gz"
ARCHIVE_SHA256 = "743935421bb51cccdb6bdd152e04c5c70274e935c82119ad7faeec31780d811d"
LIMIT = 1 << 24
"""Bytes of a list."""


def speech_commands(data: Data) -> Loaded:
    """Return log-spectrograms (N, 1, 160, 101) as bytes, labels by the class folders' sorted names.

    The test is what testing_list.txt has; what validation_list.txt has is in neither split, background noise no class.
    Warden, Speech Commands, 2017. MixBenchError where folder or list is missing, a list names what is not there, a link
    leads out of the folder, or a file is corrupt, which is named.
    """
    check_names(data, LISTS)
    root = _root(data)
    ignored: list[str] = []
    labels, classes = _files(data, root, ignored)
    held_out, test = (_listed(data, root, name, labels) for name in LISTS)
    train = {name: label for name, label in labels.items() if name not in held_out and name not in test}
    _refuse_empty(data, root, {"training": train, "test": test})

    def read(name: str) -> bytes:
        return as_pgm(as_image(read_waveform(root / name)))

    parts = tuple(Pictures(list(part), list(part.values()), read, what="a WAV file") for part in (train, test))
    marks = [str(root.resolve()), VERSION, stamp(root, [*train, *test]), len(train)]
    kept = keep(data, marks, lambda: Source(parts, published=True))
    return Loaded(kept.train, kept.test, classes, notes_on_kept(kept))


def _root(data: Data) -> Path:
    places = candidates(data, BELOW)
    for place in places:
        if all((place / name).is_file() for name in LISTS):
            return place
    raise MixBenchError(
        f"data {data.name}: needed {' and '.join(LISTS)} beside a folder of WAV files a class, got none in"
        f" {shown(places[0])}; bring them by: {_command(Path(data.path) if data.path else home() / BELOW[0])}"
    )


def _command(folder: Path) -> str:
    file = folder / f"{RELEASE}.tar.gz"
    there, archive, checksum = map(shlex.quote, (str(folder), str(file), f"{ARCHIVE_SHA256}  {file}"))
    return (
        f"mkdir -p {there} && curl -fL -o {archive} {URL} && echo {checksum} | sha256sum -c &&"
        f" tar -xzf {archive} -C {there}"
    )


def _files(data: Data, root: Path, ignored: list[str]) -> tuple[dict[str, int], list[str]]:
    """Return each file's label by its name CLASS/FILE, and the classes."""
    inside = root.resolve()
    classes = [each.name for each in entries(data, root, inside, ignored) if each.is_dir() and each.name != NOISE]
    if len(classes) < 2:
        raise _wrong(data, f"two class folders or more in {shown(root)}", f"{len(classes)}", "check path")
    labels = {}
    for label, name in enumerate(classes):
        for file in entries(data, root / name, inside, ignored):
            if not file.is_file() or os.path.splitext(file.name)[1].lower() != ".wav":  # noqa: PTH122 - many files
                raise _wrong(data, f"WAV files only in {shown(root / name)}", plain(file.name), "move it away")
            labels[f"{name}/{file.name}"] = label
    return labels, classes


def _listed(data: Data, root: Path, name: str, labels: dict[str, int]) -> dict[str, int]:
    """Return the label of every file that a list names, sorted; one that the folder lacks is refused."""
    check_file(data, root / name)
    with (root / name).open("rb") as file:
        content = file.read(LIMIT + 1)
    lines = content.decode("utf-8", "surrogateescape").split()
    strange = next((line for line in lines if line not in labels), None)
    if strange is not None or len(content) > LIMIT:
        got = f"{plain(strange, 80)!r}, which is not there" if strange else f"more than {LIMIT} bytes"
        needed = f"a file CLASS/NAME.wav a line in {shown(root / name)}"
        raise _wrong(data, needed, got, "get the archive again, or delete the line")
    return {line: labels[line] for line in sorted(set(lines))}


def _refuse_empty(data: Data, root: Path, parts: dict[str, dict[str, int]]) -> None:
    for part, files in parts.items():
        if not files:
            raise _wrong(data, f"{part} files in {shown(root)}", "none", f"check {' and '.join(LISTS)}")


def _wrong(data: Data, needed: str, got: str, what_to_do: str) -> MixBenchError:
    return MixBenchError(f"data {data.name}: needed {needed}, got {got}; {what_to_do}")


LOADER = Loader(
    "speech-commands",
    speech_commands,
    of_shape(channels=1, height=BANDS, width=FRAMES),
    fits=lambda path: (path / TESTING).is_file(),
)
