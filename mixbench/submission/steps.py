"""The git steps that remain after a submission."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from mixbench.results.found import CLAIMS


def git_steps(board: Path, added: Sequence[Path]) -> list[str]:
    """Return the commands that bring a board's new files into a pull request, or one sentence without git.

    Nothing of a file's name but letters, digits, dots and dashes is used.
    """
    root = _checkout(board.absolute())
    if root is None:
        return ["The board is in no git checkout; to publish it, clone the project and submit to its leaderboards/."]
    name = _slug(added[0].stem)
    title = f"Submit {name}" + (f" and {len(added) - 1} more" if len(added) > 1 else "")
    here = [] if Path.cwd().is_relative_to(root) else [f"cd {shlex.quote(str(root))}"]
    base = board.absolute().relative_to(root) if here else board
    # Who ran a claim again has records and board.md anew and the claim gone, all in the suite's folder.
    homes = {path.parent if path.parent.name == CLAIMS else path.parent.parent for path in added}
    folders = {base / home.relative_to(board) for home in homes}
    return [
        *here,
        f"git switch -c submit-{name}",
        f"git add {' '.join(shlex.quote(str(folder)) for folder in sorted(folders))}",
        f"git commit -m {shlex.quote(title)}",
        f"git push -u origin submit-{name}",
        "then open the pull request: gh pr create --fill, or by the link that git push prints",
    ]


def _checkout(folder: Path) -> Path | None:
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60].rstrip("-.") or "records"
