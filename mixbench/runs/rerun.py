"""A record's trainings and examination planned anew, a contributed method's only where its source is trusted."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mixbench.augment.table import BY_NAME
from mixbench.results.record import Record, Source
from mixbench.runs.plan import Plan, plan_spec, with_groups
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError
from mixbench.spec.grammar import Method, parse
from mixbench.spec.suite import Suite


@contextmanager
def rerun_plan(record: Record, suite: Suite, trust_source: bool = False) -> Iterator[Plan]:
    """Plan a record anew from its suite, backbone, augmentation and seed, on the kind of device that it names.

    A contributed method's source lies in a temporary file while the plan is in use, and only where `trust_source`
    says that it may be run. MixBenchError where not, or where suite or method are not those of the record.
    """
    if suite.digest != record.suite_digest:
        raise MixBenchError(f"rerun: needed suite {record.suite} of digest {record.suite_digest}, got {suite.digest}")
    if record.seed is None:
        raise MixBenchError("rerun: an external record has no augmentation and no seed to train from; leave it out")
    own = [method for choice in parse(record.augmentation) for method in choice if method.name not in BY_NAME]
    if own and not trust_source:
        names = ", ".join(dict.fromkeys(method.name for method in own))
        raise MixBenchError(
            f"rerun: {names!r} is a contributed method, whose code would be run; read it, then give --trust-source"
        )
    with tempfile.TemporaryDirectory(prefix="mixbench-rerun-") as folder:
        spec = _with_paths(record, own, Path(folder))
        device = resolve("cuda" if record.provenance.device.startswith("cuda") else "cpu")
        plan = with_groups(plan_spec(suite, record.backbone, [spec], [record.seed], device), record.groups)
        if plan.records[0].augmentation != record.augmentation:
            raise MixBenchError(
                f"rerun: needed {record.augmentation!r}, which is not canonical: {plan.records[0].augmentation!r}"
            )
        yield plan


def _with_paths(record: Record, own: Sequence[Method], folder: Path) -> str:
    """The record's spec with each contributed file's name led by the folder where its source was written."""
    spec = record.augmentation
    for number, method in sorted(enumerate(own), key=lambda each: -each[1].position):
        source = record.sources.get(method.name)
        if source is None or re.fullmatch(rf"{re.escape(source.file)}:\w+", method.name) is None:
            raise MixBenchError(f"rerun: {method.name!r} is no method of this version and the record has no source")
        at = method.position - 1
        spec = f"{spec[:at]}{_write(source, folder / str(number)).parent}/{spec[at:]}"
    return spec


def _write(source: Source, folder: Path) -> Path:
    content = source.text.encode()
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise MixBenchError(f"rerun: {source.file} is not the source that its digest names; refuse the record")
    folder.mkdir()
    (folder / source.file).write_bytes(content)
    return folder / source.file
