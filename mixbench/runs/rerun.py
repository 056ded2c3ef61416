"""A record's trainings and examination planned anew, a contributed method's only where its source is trusted."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mixbench.augment.build import composition, without_own
from mixbench.augment.table import BY_NAME
from mixbench.results.record import Record, Source
from mixbench.runs.plan import Plan, plan_spec, plan_unrun, with_groups
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError
from mixbench.spec.grammar import Method, parse
from mixbench.spec.suite import Suite


@contextmanager
def rerun_plan(record: Record, suite: Suite, trust_source: bool = False, trained: bool = False) -> Iterator[Plan]:
    """Plan a record anew from its suite, backbone, augmentation and seed, on the kind of device that it names.

    A contributed method's source lies in a temporary file while the plan is in use, and is run only where
    `trust_source` says that it may be; with `trained` it is not, since its trainings are there. MixBenchError where it
    may not, or where suite or method are not those of the record.
    """
    if suite.digest != record.suite_digest:
        raise MixBenchError(f"rerun: needed suite {record.suite} of digest {record.suite_digest}, got {suite.digest}")
    if record.seed is None:
        raise MixBenchError("rerun: an external record has no augmentation and no seed to train from; leave it out")
    own = [method for choice in parse(record.augmentation) for method in choice if method.name not in BY_NAME]
    if own and not trust_source and not trained:
        names = ", ".join(dict.fromkeys(method.name for method in own))
        raise MixBenchError(
            f"rerun: {names!r} is a contributed method, whose code would be run; read it, then give --trust-source"
        )
    with tempfile.TemporaryDirectory(prefix="mixbench-rerun-") as folder:
        files = _files(record, own, Path(folder))
        device = resolve("cuda" if record.provenance.device.startswith("cuda") else "cpu")
        if own and trained:
            _check_link(record)
            sources = {method.name: str(file) for method, file in zip(own, files, strict=True)}
            plan = plan_unrun(suite, record, sources, device)
        else:
            plan = plan_spec(suite, record.backbone, [_with_paths(record, own, files)], [record.seed], device)
        plan = with_groups(plan, record.groups)
        if plan.records[0].augmentation != record.augmentation:
            raise MixBenchError(
                f"rerun: needed {record.augmentation!r}, which is not canonical: {plan.records[0].augmentation!r}"
            )
        yield plan


def _check_link(record: Record) -> None:
    """How logits become probabilities by a contributed criterion only its source knows."""
    if record.link != (link := composition(without_own(record.augmentation)).link):
        raise MixBenchError(
            f"rerun: needed the link {link!r} without the record's source, got {record.link!r}; read the source, then"
            " give --trust-source in place of --trained"
        )


def _files(record: Record, own: Sequence[Method], folder: Path) -> list[Path]:
    """Write each contributed method's source into a folder of its own."""
    files = []
    for number, method in enumerate(own):
        source = record.sources.get(method.name)
        if source is None or re.fullmatch(rf"{re.escape(source.file)}:\w+", method.name) is None:
            raise MixBenchError(f"rerun: {method.name!r} is no method of this version and the record has no source")
        files.append(_write(source, folder / str(number)))
    return files


def _with_paths(record: Record, own: Sequence[Method], files: Sequence[Path]) -> str:
    """The record's spec with each contributed file's name led by the folder where its source was written."""
    spec = record.augmentation
    for method, file in sorted(zip(own, files, strict=True), key=lambda each: -each[0].position):
        at = method.position - 1
        spec = f"{spec[:at]}{file.parent}/{spec[at:]}"
    return spec


def _write(source: Source, folder: Path) -> Path:
    content = source.text.encode()
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise MixBenchError(f"rerun: {source.file} is not the source that its digest names; refuse the record")
    folder.mkdir()
    (folder / source.file).write_bytes(content)
    return folder / source.file
