"""What a method says of itself, in words that steer checks: when it takes effect, what it changes, what it claims."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import TypeVar

from mixbench.spec.errors import MixBenchError, did_you_mean


class Stage(IntEnum):
    """When a method takes effect; also the order of a canonical spec, names deciding only within one.

    Policies and other changes of whole images come first, then what cuts holes, then noise. A method of these three
    changes each image by itself and by its own draw.
    """

    IMAGE = 1
    ERASE = 2
    NOISE = 3
    MIX = 4
    TARGET = 5
    MODEL = 6
    CRITERION = 7
    LOSS = 8

    @property
    def per_image(self) -> bool:
        """Whether a method of this stage changes each image by its own draw."""
        return self < Stage.MIX


class Change(StrEnum):
    """What a method changes."""

    PIXELS = "pixels"
    TARGETS = "targets"
    MODEL = "model"
    CRITERION = "criterion"
    LOSS = "loss"
    SCHEDULE = "schedule"


class Claim(StrEnum):
    """What only one method of a sum may do; SPARSE_TARGETS is refused beside what makes targets dense."""

    PARTNER = "partner"
    CRITERION = "criterion"
    LOSS = "loss"
    DROP_PATH = "drop_path"
    SPARSE_TARGETS = "sparse_targets"


Word = TypeVar("Word", Change, Claim)


def words(kind: type[Word], given: object, owner: str, attribute: str) -> tuple[Word, ...]:
    """Return an attribute's words as members of their enum; MixBenchError for anything else."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise MixBenchError(
            f"{owner}: {attribute}: needed a tuple or set of words, got {given!r}; a single one is ('word',)"
        )
    return tuple(_word(kind, each, owner, attribute) for each in given)


def _word(kind: type[Word], given: object, owner: str, attribute: str) -> Word:
    known = [member.value for member in kind]
    if given not in known:
        hint = did_you_mean(str(given), known)
        raise MixBenchError(f"{owner}: {attribute}: needed some of {', '.join(known)}, got {given!r}.{hint}")
    return kind(given)


def stage_of(given: object, owner: str) -> Stage:
    """Return a stage given as itself or by its name; MixBenchError for anything else."""
    if isinstance(given, Stage):
        return given
    names = [member.name.lower() for member in Stage]
    if isinstance(given, str) and given.lower() in names:
        return Stage[given.upper()]
    hint = did_you_mean(str(given).lower(), names)
    raise MixBenchError(f"{owner}: stage: needed one of {', '.join(names)}, got {given!r}.{hint}")
