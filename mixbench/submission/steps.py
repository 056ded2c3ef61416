"""The git steps that remain after a submission."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path


def git_steps(board: Path, suites: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the commands that bring a board's changed folders into a pull request, or one sentence without git.

    `names` are what was added, such as file names; nothing of them but letters, digits, dots and dashes is used.
    """
    root = _checkout(board.absolute())
    if root is None:
        return ["The board is in no git checkout; to publish it, clone the project and submit to its leaderboards/."]
    branch = f"submit-{_slug(names[0])}" if names else f"regenerate-{_slug(suites[0])}"
    title = f"Submit {_slug(names[0])}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    here = [] if Path.cwd().is_relative_to(root) else [f"cd {shlex.quote(str(root))}"]
    base = board.absolute().relative_to(root) if here else board
    folders = " ".join(shlex.quote(str(base / suite)) for suite in suites)
    return [
        *here,
        f"git switch -c {branch}",
        f"git add {folders}",
        f"git commit -m {shlex.quote(title if names else f'Regenerate {_slug(suites[0])}')}",
        f"git push -u origin {branch}",
        "then open the pull request: gh pr create --fill, or by the link that git push prints",
    ]


def _checkout(folder: Path) -> Path | None:
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60].rstrip("-.") or "records"
