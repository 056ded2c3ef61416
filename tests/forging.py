"""Forged submissions: the golden record and its outcomes, changed and sealed again as a forger would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tiny import write_suite

from mixbench.augment.table import BY_NAME
from mixbench.cli.validate import describe
from mixbench.results.curves import curves_of, label_noise_of
from mixbench.results.flags import flags_of
from mixbench.results.found import Found
from mixbench.results.measures import read
from mixbench.results.outcomes import dump, load_outcomes, with_eps
from mixbench.results.record import load_record
from mixbench.spec.digest import canonical_json
from mixbench.spec.suite import Suite, load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.submission.judge import Known, reasons_against

GOLDEN = next(Path(__file__).parent.joinpath("golden").glob("tiny-*.json"))
NOW = datetime(2026, 12, 1, tzinfo=UTC)
LEVELS = {"noise20": 0.2, "noise50": 0.5, "noise80": 0.8, "noise_given": "given"}


@dataclass
class Forgery:
    """A submission in the making: its content without digest, its outcomes, and what the forger takes care of."""

    content: dict[str, Any]
    outcomes: dict[str, np.ndarray]
    name: str = "tiny-golden.json"
    reseal: bool = True
    rehash: bool = True
    text: Callable[[str], str] = field(default=lambda text: text)
    packed: Callable[[bytes], bytes] = field(default=lambda packed: packed)

    @classmethod
    def of(cls, path: Path) -> Forgery:
        """Begin with another record than the golden one."""
        content = json.loads(path.read_text(encoding="utf-8"))
        del content["digest"]
        content["outcomes"]["file"] = "forged.npz"
        return cls(content, load_outcomes(path.with_suffix(".npz")), "forged.json")

    def recompute(self) -> None:
        """Make the record say what the outcomes say."""
        eps = self.content["settings"]["eps_curve"]
        self.content["readings"] = {
            name: each.model_dump() for name, each in read(with_eps(self.outcomes, eps)).items()
        }
        self.content["curves"], self.content["flags"] = curves_of(self.outcomes, eps), flags_of(self.outcomes)
        self.content["label_noise"] = label_noise_of(self.outcomes)

    def retrain(self, suite: Suite | None = None, **division: int) -> None:
        """Claim the trainings that belong to what the record says."""
        said = self.content
        own = (said["augmentation"], said["method_versions"], said["seed"])
        for role in said["trainings"]:
            augmentation, versions, seed = ("erm", {"erm": 1}, -1) if role == "surrogate" else own
            said["trainings"][role] = TrainingSpec.of(
                suite or tiny_suite(), backbone=said["backbone"], augmentation=augmentation, method_versions=versions,
                seed=seed, noise=LEVELS.get(role, 0.0), device="cpu", **division,
            ).digest  # fmt: skip

    def differ(self, share: float = 0.01) -> None:
        """Make the outcomes another training's: every probability nearer to chance by a share, other norms, losses."""
        classes, made = int(self.outcomes["classes"]), self.outcomes
        for name, values in made.items():
            if name.endswith("confidence"):
                made[name] = (values + share * (1 / classes - values)).astype(values.dtype)
            elif name.endswith("log_probability"):
                true = np.exp(values.astype(np.float64))
                made[name] = np.log(true + share * (1 / classes - true)).astype(values.dtype)
            elif name.endswith("squared_sum"):
                made[name] = ((1 - share) ** 2 * values + share * (2 - share) / classes).astype(values.dtype)
            elif name.endswith((".train_loss", "gradient_norm")):
                made[name] = (values * (1 + share)).astype(values.dtype)
        made["scaled.confidence"] = made["clean.confidence"].copy()

    def write(self, folder: Path) -> Path:
        """Write the record and, unless they were taken away, its outcomes; return the record's path."""
        content = deepcopy(self.content)
        if self.outcomes:
            packed = self.packed(dump(self.outcomes))
            folder.joinpath(content["outcomes"]["file"]).write_bytes(packed)
            if self.rehash:
                content["outcomes"]["sha256"] = hashlib.sha256(packed).hexdigest()
        if self.reseal:
            content["digest"] = hashlib.sha256(canonical_json(content).encode()).hexdigest()
        path = folder / self.name
        path.write_text(self.text(json.dumps(content)), encoding="utf-8")
        return path


def golden() -> Forgery:
    """Return the golden record as a good submission: from clean code, and nothing forged."""
    content = json.loads(GOLDEN.read_text(encoding="utf-8"))
    content["provenance"]["dirty"] = False
    del content["digest"]
    content["outcomes"]["file"] = "tiny-golden.npz"
    return Forgery(content, {name: values.copy() for name, values in _arrays().items()})


@cache
def _arrays() -> dict[str, np.ndarray]:
    with np.load(GOLDEN.with_suffix(".npz"), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


@cache
def tiny_suite() -> Suite:
    """Return the suite of the golden record."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return load_suite(write_suite(Path(folder)))


def known_to_tests(suite: Suite) -> Known:
    """Return one suite, MixBench's methods and a fixed time."""
    return Known({suite.digest: suite}, frozenset(BY_NAME), describe, NOW)


def reasons(path: Path, *others: Path, suite: Suite | None = None) -> list[str]:
    """Return the reasons against a record beside others."""
    beside = [Found(other, load_record(other)) for other in others]
    return [reason.reason for reason in reasons_against(path, known_to_tests(suite or tiny_suite()), beside)]
