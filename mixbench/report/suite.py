"""A suite as people read it: its TOML as resolved, and what names it."""

from __future__ import annotations

from typing import Any

import tomli_w

from mixbench.spec.suite import Suite


def suite_json(suite: Suite) -> dict[str, Any]:
    """Return everything of a suite, defaults too, with its digest."""
    return {**suite.model_dump(mode="json"), "digest": suite.digest}


def suite_text(suite: Suite) -> str:
    """Write a suite as resolved in TOML, with its digest and its command on top; what is null is left out."""
    head = [
        f"# {suite.name}@{suite.version}",
        f"# digest {suite.digest}",
        f"# mixbench eval --suite {suite.name} --aug …",
    ]
    return "\n".join(head) + "\n" + tomli_w.dumps(suite.model_dump(mode="json", exclude_none=True))
