"""A suite: the TOML file that fixes data, split, base transform, budget and the battery's settings."""

from __future__ import annotations

import os
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Interval, Le, Len
from pydantic import Field, ValidationError, model_validator

from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError, explain, unknown
from mixbench.spec.strict import Strict

DEFAULT_SUITE = "digits"
MAX_BYTES = 100_000
Positive = Annotated[float, Gt(0)]
Share = Annotated[float, Interval(ge=0, le=1)]
Count = Annotated[int, Ge(1)]


class Data(Strict):
    """Which images: the loader's name, what it must deliver, and the checksum of images and split."""

    name: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    test_fraction: Share
    train_images: Count
    test_images: Count
    classes: Annotated[int, Ge(2)]
    channels: Count
    height: Count
    width: Count
    mean: list[float]
    std: list[Positive]

    @model_validator(mode="after")
    def _one_value_a_channel(self) -> Data:
        for name in ("mean", "std"):
            if len(getattr(self, name)) != self.channels:
                raise ValueError(f"{name} needs one value for each of {self.channels} channels")
        return self


class Transform(Strict):
    """The base transform of every training image; crop_padding in pixels."""

    crop_padding: Annotated[int, Ge(0)]
    flip: bool


class Sgd(Strict):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"]
    learning_rate: Positive
    momentum: Share
    nesterov: bool
    weight_decay: Annotated[float, Ge(0)]


class AdamW(Strict):
    """AdamW with PyTorch's β."""

    name: Literal["adamw"]
    learning_rate: Positive
    weight_decay: Annotated[float, Ge(0)]


class Decay(Strict):
    """Warm up from warmup_start × the learning rate, then fall to 0 in a straight line or half a cosine."""

    name: Literal["linear", "cosine"]
    warmup_epochs: Annotated[float, Ge(0)]
    warmup_start: Share


class Steps(Strict):
    """Warm up, then multiply the learning rate by `factor` after each of `milestones` (in epochs)."""

    name: Literal["steps"]
    warmup_epochs: Annotated[float, Ge(0)]
    warmup_start: Share
    milestones: list[Count]
    factor: Share


class Budget(Strict):
    """How a model is trained. `threads` are those of one training on a CPU, where they decide its bits."""

    epochs: Count
    batch_size: Annotated[int, Ge(2)]
    precision: Literal["float32", "bfloat16"]
    threads: Count
    optimizer: Sgd | AdamW = Field(discriminator="name")
    schedule: Decay | Steps = Field(discriminator="name")


class Battery(Strict):
    """The settings of the battery; every ε in pixels of [0, 1], pairs of training images in between."""

    eps: Annotated[float, Gt(0), Le(1)]
    eps_curve: Annotated[list[Share], Len(1, 64)]
    pairs: Count


class Expected(Strict):
    """What to expect, for people and for the plan's cost; not part of the digest."""

    training_seconds: Positive
    examination_seconds: Positive


class Suite(Strict):
    """One suite as resolved, beside the TOML as it was written."""

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
    version: Count
    backbone: str
    data: Data
    transform: Transform
    training: Budget
    battery: Battery
    expected: Expected | None = None
    written: dict[str, Any] = Field(exclude=True, repr=False)

    @cached_property
    def digest(self) -> str:
        """The digest of the TOML's values as written, without what does not change a number."""
        outside = {"backbone", "expected"}
        return digest({key: value for key, value in self.written.items() if key not in outside})

    @property
    def settings(self) -> dict[str, Any]:
        """The suite as resolved, for records: the battery's settings at the top, the rest below."""
        rest = self.model_dump(mode="json", exclude={"battery", "expected"})
        return {**self.battery.model_dump(mode="json"), **rest}


def suites_folder() -> Path:
    """Return the folder of the shipped suites: inside the installed package, or beside it in a clone."""
    package = Path(__file__).parents[1]
    shipped = package / "configs"
    return shipped if shipped.is_dir() else package.parent / "configs"


def suite_names() -> list[str]:
    """Return the names of the shipped suites, sorted."""
    return sorted(path.stem for path in suites_folder().glob("*.toml"))


def load_suite(name: str | os.PathLike[str]) -> Suite:
    """Read a shipped suite by name or any suite by its file's path; MixBenchError where it cannot be used."""
    path = _find(os.fspath(name))
    written = _read(path)
    try:
        return Suite.model_validate({**written, "written": written})
    except ValidationError as error:
        raise MixBenchError(f"suite {path}: {explain(error, _keys(Suite))}; mend the file") from None


def _find(name: str) -> Path:
    if name in suite_names():
        return suites_folder() / f"{name}.toml"
    if not name.endswith(".toml") and os.sep not in name:
        known = suite_names()
        raise unknown("suite", name, known, f"'mixbench list suites' shows {', '.join(known)}; or give a .toml file")
    return Path(name)


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MixBenchError(f"suite {path}: at most {MAX_BYTES} bytes, got {path.stat().st_size}")
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MixBenchError(f"suite {path}: needed a TOML file, got none there; check the path") from None
    except (OSError, UnicodeError) as error:
        raise MixBenchError(f"suite {path}: needed a readable TOML file, got {error}") from None
    except (ValueError, RecursionError) as error:
        got = str(error) or type(error).__name__
        raise MixBenchError(f"suite {path}: needed TOML, got a file that is not: {got}; mend it") from None
    if "written" in written:
        raise MixBenchError(f"suite {path}: written: unknown key; mend the file")
    return written


def _keys(model: type[Strict]) -> set[str]:
    """Every key that any part of a suite may have, for did-you-mean."""
    parts = (model, Data, Transform, Sgd, AdamW, Decay, Steps, Budget, Battery, Expected)
    return {key for part in parts for key in part.model_fields} - {"written"}
