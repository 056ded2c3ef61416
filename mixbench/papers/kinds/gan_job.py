"""The job that trains one pair of networks and keeps what its generator gives."""

from __future__ import annotations

from dataclasses import asdict
from typing import ClassVar

from mixbench.papers.kinds.gan_training import Options, Points, samples_of
from mixbench.results.outcomes import dump, load_outcomes
from mixbench.runs.jobs.artefact import ArtefactJob, Files
from mixbench.runs.jobs.job import Report
from mixbench.runs.store import Store
from mixbench.spec.digest import digest

GAN_VERSION = 1
"""Raised by whatever changes a training's samples."""

FILE = "samples.npz"


class GanJob(ArtefactJob):
    """Train a pair of networks, plain where there is no α, and draw samples."""

    alpha: float | None
    options: Options
    seed: int
    kind: ClassVar[str] = "gans"

    @classmethod
    def of(cls, spec: str, alpha: float | None, options: Options, seed: int) -> GanJob:
        """Return the job of a row's spec at a seed."""
        return cls(title=f"{spec} on {options.density}, seed {seed}", alpha=alpha, options=options, seed=seed)

    @property
    def digest(self) -> str:
        """The digest over α, options, seed and version."""
        parts = {"alpha": self.alpha, **asdict(self.options), "seed": self.seed}
        return digest({**parts, "gan_version": GAN_VERSION})

    @property
    def family(self) -> str:
        """The digest of the options."""
        return digest(asdict(self.options))

    @property
    def computes(self) -> bool:
        """It trains."""
        return True

    @property
    def length(self) -> int:
        """The generator's steps."""
        return self.options.iterations

    def make(self, store: Store, report: Report) -> Files:
        """Train."""
        points = samples_of(self.alpha, self.options, self.seed, lambda step: report({"epoch": step}))
        return {FILE: dump({"samples": points})}, {"model": {"gan": {**asdict(self.options), "alpha": self.alpha}}}

    def samples(self, store: Store) -> Points:
        """Return the samples of a job that is done."""
        return load_outcomes(store.file(self.kind, self.digest, FILE))["samples"]
