"""A record in other tools' formats: RobustBench's model_info JSON and Hugging Face's .eval_results YAML."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import yaml

from mixbench.results.measures import BY_NAME, Direction
from mixbench.results.record import EXTERNAL, Record
from mixbench.spec.errors import MixBenchError, unknown

FORMATS = ("robustbench", "huggingface")
_PART = r"[A-Za-z0-9_](?:[._-]?[A-Za-z0-9_]){0,40}"
_REPOSITORY = re.compile(f"{_PART}/{_PART}")
_LINK = re.compile(r"https://[!-~]{1,2000}")


def export_record(record: Record, to: str, dataset: str | None = None, source: str | None = None) -> str:
    """Return a record as the text of another tool's file.

    `to` is a name of FORMATS; `dataset` the benchmark's Hub dataset and `source` a link to the result, both for
    huggingface alone. MixBenchError for an unknown format, or a dataset or link that cannot be.
    """
    if to not in FORMATS:
        raise unknown("format", to, FORMATS, f"--to needs one of {', '.join(FORMATS)}")
    if dataset is not None and not _REPOSITORY.fullmatch(dataset):
        raise MixBenchError(f"--dataset: needed a Hub dataset such as owner/name, got {dataset!r}; give its id")
    if source is not None and not _LINK.fullmatch(source):
        raise MixBenchError(f"--source: needed a link that starts with https://, got {source!r}; give the whole link")
    if to != "huggingface" and (dataset is not None or source is not None):
        raise MixBenchError(
            f"--to {to}: needed no --dataset and no --source, which go with huggingface; leave them out"
        )
    return robustbench(record) if to == "robustbench" else huggingface(record, dataset, source)


def robustbench(record: Record) -> str:
    """Return a record as model_info/<dataset>/<threat model>/<name>.json of github.com/RobustBench/robustbench has it.

    AutoAttack is not in the battery, so its accuracy stays null: weaker attacks would make a model look more robust.
    """
    clean, data = record.readings.get("clean.top1_error"), record.settings.get("data", {})
    content = {
        "link": None,
        "name": f"{record.augmentation} on {record.suite} (MixBench)",
        "authors": None,
        "additional_data": _additional_data(record),
        "number_forward_passes": 1,
        "dataset": data.get("name") if isinstance(data, dict) else None,
        "venue": None,
        "architecture": record.backbone,
        "eps": _eps(record.settings.get("eps")),
        "clean_acc": None if clean is None else f"{100 * (1 - clean.value):.2f}",
        "reported": None,
        "autoattack_acc": None,
        "footnote": "AutoAttack was not run. MixBench's own errors under FGSM and I-FGSM are in the field mixbench.",
        "mixbench": _identity(record) | {"flags": record.flags, "readings": _readings(record)},
    }
    return json.dumps(content, indent=2) + "\n"


def _additional_data(record: Record) -> bool | None:
    """Whether other data than the suite's was trained on; null where that is not known."""
    if record.augmentation == EXTERNAL:
        return None
    made = record.model.get("create_model")
    return bool(record.model.get("pretrained") or (isinstance(made, dict) and made.get("pretrained")))


def _eps(eps: Any) -> str | None:
    """RobustBench writes ε as 8/255 where that is exact, else as a decimal."""
    if not isinstance(eps, (int, float)):
        return None
    levels = eps * 255
    whole = abs(levels - round(levels)) < 1e-6 and round(levels) > 0
    return f"{round(levels)}/255" if whole else f"{eps:g}"


def _identity(record: Record) -> dict[str, Any]:
    return {
        "version": record.mixbench_version,
        "record": record.digest,
        "suite": record.suite,
        "suite_digest": record.suite_digest,
        "battery_version": record.battery_version,
        "augmentation": record.augmentation,
        "seed": record.seed,
    }


def _readings(record: Record) -> dict[str, Any]:
    return {name: reading.model_dump() for name, reading in record.readings.items()}


def huggingface(record: Record, dataset: str | None = None, source: str | None = None) -> str:
    """Return a record as a file for a model repository's .eval_results/, see huggingface.co/docs/hub/eval-results.

    An entry a measure, its name being the benchmark's task; diagnostics are no results. Without `dataset` the
    benchmark is called mixbench/<suite>.
    """
    home = dataset or f"mixbench/{re.sub('[^A-Za-z0-9]+', '-', record.suite)[:64].strip('-') or 'suite'}"
    entries = [
        {
            "dataset": {"id": home, "task_id": name},
            "value": reading.value,
            **_date(record.provenance.created),
            **({"source": {"url": source, "name": "MixBench record"}} if source else {}),
            "notes": _notes(record, name),
        }
        for name, reading in record.readings.items()
        if name in BY_NAME and BY_NAME[name].direction is not Direction.FLAG
    ]
    return yaml.safe_dump(entries, sort_keys=False, allow_unicode=False, width=1_000_000)


def _date(created: str) -> dict[str, str]:
    """When it was measured, where the record says so in ISO 8601; the Hub takes the commit's time otherwise."""
    try:
        return {"date": datetime.fromisoformat(created).isoformat()}
    except ValueError:
        return {}


def _notes(record: Record, name: str) -> str:
    reading, measure = record.readings[name], BY_NAME[name]
    bars = "" if reading.low is None or reading.high is None else f", 95 % from {reading.low:.4g} to {reading.high:.4g}"
    seed = "" if record.seed is None else f", seed {record.seed}"
    return (
        f"{measure.unit}, {measure.direction}; n {reading.n}{bars}; {record.augmentation} on {record.backbone}{seed};"
        f" MixBench {record.mixbench_version}, suite {record.suite} {record.suite_digest[:12]},"
        f" record {record.digest[:12]}"
    )
