"""What the driver keeps of a runs folder at a URL: its records, and of the artefacts what their manifests say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from mixbench.data.files.places import cache
from mixbench.runs.cluster.shared import Shared
from mixbench.runs.store import MANIFEST, Store, place_of
from mixbench.spec.digest import digest, file_digest
from mixbench.spec.whole import write_atomically


class Mirror(Store):
    """A store whose artefacts count as whole where their manifest is: files lie elsewhere, whole or not at all."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(cache() / "mirrors" / digest(shared.address)[:16])
        self.shared = shared

    def find(self, kind: str, digest: str) -> dict[str, Any] | None:
        """Return an artefact's manifest where it was there at the last refresh."""
        try:
            return json.loads((self.folder(kind, digest) / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def file(self, kind: str, digest: str, name: str) -> Path:
        """Return a file of an artefact, brought here unless it is here whole; MixBenchError where it cannot be."""
        path, place = super().file(kind, digest, name), f"{place_of(kind, digest)}/{name}"
        manifest = self.find(kind, digest) or {"files": {}}
        if not (path.is_file() and file_digest(path) == manifest["files"].get(name)):
            with self.shared.errors():
                write_atomically(path, self.shared.read([place])[place])
        return path

    def refresh(self) -> None:
        """Bring what is kept to what lies at the URL now; MixBenchError where that cannot be read."""
        with self.shared.errors():
            sizes = self.shared.names()
            manifests = {name for name in sizes if name.endswith(f"/{MANIFEST}")}
            records = {name for name in sizes if "/" not in name and name.endswith(".json")}
            self._forget(manifests | records)
            absent = [name for name in manifests if not (self.runs / name).is_file()]
            for name, content in self.shared.read([*absent, *sorted(records)]).items():
                self._keep(name, content, sizes)

    def _forget(self, there: set[str]) -> None:
        kept = [*self.runs.glob("*.json"), *self.root.glob(f"*/*/{MANIFEST}")]
        for path in kept:
            if path.relative_to(self.runs).as_posix() in there:
                continue
            if path.name == MANIFEST:
                shutil.rmtree(path.parent, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _keep(self, name: str, content: bytes, sizes: dict[str, int]) -> None:
        path, outcomes = self.runs / name, name.removesuffix(".json") + ".npz"
        beside = self.runs / outcomes
        same = path.is_file() and path.read_bytes() == content
        if outcomes in sizes and not (same and beside.is_file() and beside.stat().st_size == sizes[outcomes]):
            self.shared.fetch(outcomes, self.runs)
        if not same:
            write_atomically(path, content)
