"""Two models on the same examples, drawn from a model of errors and confidences, and records made of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from mixbench.cli.check import check
from mixbench.gate.calibrate import calibrations
from mixbench.gate.calibration import Calibration, calibration_bytes, file_name, home_of
from mixbench.gate.tolerances import GATED
from mixbench.results.arrays import compact
from mixbench.results.attacks import ATTACKED
from mixbench.results.found import read_records
from mixbench.results.measures import read
from mixbench.results.noises import NOISE_LEVELS, noise_name
from mixbench.results.outcomes import dump
from mixbench.results.record import seal
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError

GOLDEN = next((Path(__file__).parent / "golden").glob("tiny-test_resnet-cutmix-*.json"))
PAIRS, LAMBDAS = 200, 5
LEVELS = {"fgsm.white": 0.2, "ifgsm.white": 0.5, "fgsm.black": -1.5, "ifgsm.black": -1.3}
"""Log-odds of an error on an example of middling difficulty, 0 for an attack that is not here."""

Outcomes = dict[str, np.ndarray]


def sigmoid(values: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-values))


def draw(rng: np.random.Generator, hard: np.ndarray) -> Outcomes:
    """The outcomes of one training on examples of this difficulty (N,), standard normal."""
    n, margin = len(hard), 4 - 2 * hard + rng.normal(size=len(hard))
    true = sigmoid(margin)
    drawn: Outcomes = {
        "labels": np.zeros(n, dtype=np.int64),
        "classes": np.array(10),
        "clean.rank": _rank(rng, margin < 0),
        "clean.confidence": np.maximum(true, 1 - true),
        "clean.log_probability": np.log(true),
        "clean.squared_sum": true**2 + (1 - true) ** 2,
        "scaled.confidence": sigmoid(np.abs(margin) * 0.8),
    }
    for name in ATTACKED:
        drawn[f"{name}.rank"] = _rank(rng, rng.random(n) < sigmoid(LEVELS.get(name, 0.0) + 2 * hard))
    for level in NOISE_LEVELS:
        wrong = rng.random((2, n)) < sigmoid(4 * level - 3 + 2 * hard)
        drawn |= {
            f"{noise_name(level)}.{name}": bits * 1
            for name, bits in zip(("test_predicted", "train_predicted"), wrong, strict=True)
        }
        drawn |= {
            f"{noise_name(level)}.given": np.zeros(n, int),
            f"{noise_name(level)}.corrupted": np.arange(n) % 10 < 10 * level,
        }
        drawn[f"{noise_name(level)}.test_error"] = np.array([0.9, float(wrong[0].mean())])
    far = np.resize(hard, (PAIRS, 1))
    for name in ("miss_mixup", "miss_cutmix"):
        drawn[f"between.{name}"] = rng.random((PAIRS, LAMBDAS)) < sigmoid(far - 2)
    drawn["between.gradient_norm"] = np.exp(0.3 * far + 0.1 * rng.normal(size=(PAIRS, LAMBDAS)) + 1)
    return compact(drawn)


def _rank(rng: np.random.Generator, wrong: np.ndarray) -> np.ndarray:
    return 1 + wrong * np.where(rng.random(len(wrong)) < 0.1, 7, 1)


def worsened(outcomes: Outcomes, rng: np.random.Generator, share: float, name: str = "fgsm.white.rank") -> Outcomes:
    """The same but for this share of an attack's correct examples, now predicted wrongly."""
    ranks = outcomes[name].copy()
    ranks[(rng.random(len(ranks)) < share) & (ranks == 1)] = 2
    return {**outcomes, name: ranks}


def write(
    folder: Path, outcomes: Mapping[str, np.ndarray], aug: str = "erm", seed: int | None = 0, **changes: Any
) -> Path:
    """A sealed record of these outcomes, which lie beside it."""
    made = json.loads(GOLDEN.read_text(encoding="utf-8"))
    del made["digest"]
    packed, name = dump(outcomes), f"{digest([aug, seed])[:8]}-seed{seed}"
    readings = {key: reading.model_dump() for key, reading in read(outcomes).items()}
    made |= {"augmentation": aug, "seed": seed, "readings": readings}
    made["outcomes"] = {"file": f"{name}.npz", "sha256": hashlib.sha256(packed).hexdigest()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.npz").write_bytes(packed)
    (folder / f"{name}.json").write_bytes(seal({**made, **changes}))
    return folder / f"{name}.json"


GATES = sum(name in GATED for name in read(draw(np.random.default_rng(0), np.zeros(40))))
"""How many of the drawn measures are gated."""

HARD = np.random.default_rng(1).normal(size=400)


def training(seed: int, share: float = 0.0) -> Outcomes:
    """One training's outcomes on 400 examples; a share of FGSM's correct ones made wrong."""
    rng = np.random.default_rng([2, seed])
    return worsened(draw(rng, HARD), rng, share)


CALIBRATED = ("erm", "mixup(alpha=1.0)", "cutout(size=0.5)")
"""The methods of the calibration."""


@cache
def calibration() -> Calibration:
    """What four drawn trainings of each of three methods tell of how much trainings differ."""
    with TemporaryDirectory() as folder:
        for place, method in enumerate(CALIBRATED):
            for seed in range(4):
                write(Path(folder), training(100 + 10 * place + seed), aug=method, seed=seed)
        return calibrations(read_records(Path(folder)))[0]


def calibrate(baseline: Path, **changes: Any) -> Path:
    """Lay the calibration beside a baseline, and return the baseline."""
    made = calibration().model_copy(update=changes)
    path = home_of(baseline) / file_name(made.suite, made.backbone, made.suite_digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(calibration_bytes(made))
    return baseline


GOOD, BAD, OTHER = training(0), training(0, 0.4), training(1)


def refusal(*words: object, **options: object) -> str:
    """The line that a refused check says."""
    with pytest.raises(MixBenchError) as caught:
        check(*words, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def listed(capsys, *words: object, **options: object) -> tuple[int, dict]:
    """The exit code and the JSON of a check."""
    capsys.readouterr()
    code = check(*words, json=True, **options)
    return code, json.loads(capsys.readouterr().out)


def measures(found: dict) -> dict[str, dict]:
    """The findings of the first row by measure."""
    return {each["measure"]: each for each in found["rows"][0]["measures"]}
