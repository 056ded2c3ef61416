"""Trainings that somebody should make, and the command that makes them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from mixbench.results.record import EXTERNAL, MODULE, Record
from mixbench.spec.suite import known_suites

CANDIDATE, BASELINE = "candidate", "baseline"


@dataclass(frozen=True)
class Wanted:
    """Trainings of one row that are wanted on one side: a record like them, their seeds, and where they should lie.

    `suite` is what the suite was called by whoever asks; else it is the shipped one's name, or that of a file here.
    """

    side: str
    like: Record
    seeds: tuple[int, ...]
    runs: Path
    suite: str | None = None

    @property
    def suite_word(self) -> str:
        """What to call the suite by."""
        shipped = self.like.suite_digest in known_suites()
        return self.suite or (self.like.suite if shipped else f"{self.like.suite}.toml")

    @property
    def command(self) -> str:
        """The command that makes them, as it is typed; of models given in Python, the calls."""
        if self.like.backbone == MODULE:
            calls = (f"mixbench.evaluate(…).save({str(self.runs)!r}, {self.like.name!r}, seed={k})" for k in self.seeds)
            return "; ".join(calls)
        known = known_suites().get(self.like.suite_digest)
        words = [*self._what(), "--suite", self.suite_word]
        if known is None or known.backbone != self.like.backbone or self.external:
            words += ["--model", self.like.backbone]
        seeds = self.seeds[:1] if self.external else self.seeds
        words += [word for seed in seeds for word in ("--seed", str(seed))]
        return shlex.join(["mixbench", "eval", *words, "--runs", str(self.runs)])

    @property
    def external(self) -> bool:
        """Whether they are weights trained elsewhere, which nothing here can make."""
        return self.like.augmentation == EXTERNAL

    def _what(self) -> list[str]:
        if self.external:
            return ["--weights", "FILE.safetensors", "--name", self.like.name or "NAME"]
        return ["--aug", self.like.augmentation]
