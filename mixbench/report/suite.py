"""A suite as people read it: its TOML as resolved, and what names it."""

from __future__ import annotations

import shlex
from typing import Any

import tomli_w

from mixbench.spec.suite import Suite


def suite_json(suite: Suite) -> dict[str, Any]:
    """Return everything of a suite, defaults too, with its digest."""
    return {**suite.model_dump(mode="json"), "digest": suite.digest}


def suite_text(suite: Suite, asked: str) -> str:
    """Write a suite as resolved in TOML, with its digest and its command on top; what is null is left out.

    `asked` is the name or file that it was asked for by.
    """
    head = [
        f"# {suite.name}@{suite.version}",
        f"# digest {suite.digest}",
        f"# mixbench eval --suite {shlex.quote(asked)} --aug cutmix",
    ]
    return "\n".join(head) + "\n" + tomli_w.dumps(suite.model_dump(mode="json", exclude_none=True))
