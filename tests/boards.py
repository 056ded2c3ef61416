"""Synthetic sealed records and whole boards, made from the golden record without torch."""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mixbench.results.outcomes import read_outcomes
from mixbench.results.record import seal
from mixbench.spec.digest import digest

GOLDEN = Path(__file__).parent / "golden"


@cache
def _golden() -> str:
    (path,) = GOLDEN.glob("tiny-test_resnet-cutmix-*.json")
    return path.read_text(encoding="utf-8")


@cache
def golden_outcomes() -> bytes:
    """The outcomes that belong to the golden record, and by name to every synthetic one."""
    return (GOLDEN / json.loads(_golden())["outcomes"]["file"]).read_bytes()


def reading(value: float, half: float | None = 0.01, n: int = 360) -> dict[str, Any]:
    """A reading with an interval of value ± half, or with none."""
    low, high = (None, None) if half is None else (value - half, value + half)
    return {"value": value, "n": n, "low": low, "high": high}


def content(
    aug: str = "erm",
    seed: int | None = 0,
    values: Mapping[str, float] | None = None,
    only: Sequence[str] | None = None,
    suite: str = "tiny",
    version: int = 1,
    **changes: Any,
) -> dict[str, Any]:
    """The content of a record, unsealed: the golden one's with other readings.

    `values` replace those of the golden record; `only` keeps these measures. `suite` and `version` give a digest of
    their own. `changes` replace whole fields.
    """
    made = copy.deepcopy(json.loads(_golden()))
    del made["digest"]
    settings = {**made["settings"], "name": suite, "version": version}
    names = re.findall(r"[^+|(),=\s]+(?=\(|\+|\||$)", re.sub(r"\([^()]*\)", "(", aug))
    made |= {"augmentation": aug, "seed": seed, "suite": suite, "settings": settings}
    made |= {"suite_digest": digest([suite, version]), "method_versions": dict.fromkeys(names, 1)}
    made["trainings"] = {role: digest([role, aug, seed, suite, version]) for role in made["trainings"]}
    for name, value in (values or {}).items():
        made["readings"][name] = reading(value)
    if only is not None:
        made["readings"] = {name: made["readings"][name] for name in only}
    return {**made, **changes}


def outcomes_of(values: Mapping[str, float], n: int = 10_000) -> bytes:
    """Outcomes of n examples that read these values: top-1 errors in thousandths, and calibration.ece."""
    harder = np.random.default_rng(0).permutation(n)
    arrays = {
        f"{name.removesuffix('.top1_error')}.rank": np.where(harder < round(value * n), 2, 1).astype(np.uint16)
        for name, value in values.items()
        if name.endswith(".top1_error")
    }
    if "calibration.ece" in values and "clean.rank" in arrays:
        right = float((arrays["clean.rank"] == 1).mean())
        arrays["clean.confidence"] = np.full(n, right - values["calibration.ece"])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()


def write_record(folder: Path, made: dict[str, Any], outcomes: bool | bytes = False) -> Path:
    """Seal a content and write it under a name of its own, with outcomes beside it, the golden ones where True."""
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", f"{made['suite']}-{made['backbone']}-{made['augmentation']}").strip("-")
    name = f"{slug[:100]}-seed{made['seed']}-{digest(made['trainings'])[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    if outcomes:
        made = {**made, "outcomes": {**made["outcomes"], "file": f"{name}.npz"}}
        (folder / f"{name}.npz").write_bytes(golden_outcomes() if outcomes is True else outcomes)
    path = folder / f"{name}.json"
    path.write_bytes(seal(made))
    return path


def copy_record(path: Path, folder: Path) -> None:
    """Copy a record and its whole outcomes into a folder."""
    outcomes = path.with_suffix(".npz")
    (folder / path.name).write_bytes(path.read_bytes())
    (folder / outcomes.name).write_bytes(read_outcomes(outcomes))


def write_rows(
    folder: Path, rows: Mapping[str, Mapping[str, Sequence[float]]], outcomes: bool = False, **changes: Any
) -> list[Path]:
    """Write a record a seed for each row, with outcomes that read so: {augmentation: {measure: a value a seed}}.

    `outcomes` has the golden record's outcomes in their place, which belong to other values.
    """
    made = [
        (aug, seed, {name: each[seed] for name, each in values.items()})
        for aug, values in rows.items()
        for seed in range(len(next(iter(values.values()))))
    ]
    return [
        write_record(folder, content(aug, seed, values, **changes), outcomes or outcomes_of(values))
        for aug, seed, values in made
    ]


ROWS: dict[str, dict[str, list[float]]] = {
    "erm": {"clean.top1_error": [0.020, 0.021, 0.022], "calibration.ece": [0.020, 0.024, 0.022]},
    "mixup(alpha=1.0)": {"clean.top1_error": [0.010, 0.011, 0.012], "calibration.ece": [0.100, 0.110, 0.120]},
    "cutmix(alpha=1.0,probability=1.0)": {
        "clean.top1_error": [0.011, 0.012, 0.010],
        "calibration.ece": [0.050, 0.052, 0.054],
    },
}
"""Three methods with three seeds: mixup and cutmix tie on clean error before erm; erm leads on ECE."""


def write_board(folder: Path, suite: str = "tiny", outcomes: bool = False) -> Path:
    """Write the board folder/<suite>/records with ROWS; return the board's folder."""
    write_rows(folder / suite / "records", ROWS, outcomes, suite=suite)
    return folder
