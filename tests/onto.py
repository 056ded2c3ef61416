"""Submissions onto a board whose judge and generated files are the tests' own."""

from pathlib import Path

from mixbench.runs.exchange import WORKSHOP
from mixbench.submission.submit import submit


def generate(folder: Path) -> dict[str, bytes]:
    names = sorted(path.name for path in (folder / "records").iterdir())
    return {"board.md": "\n".join(names).encode(), "page/index.html": b"page", "page/vendor/a.js": b"vendor"}


def accept(path, others):
    return []


def put_on(board, *paths, judge=accept, generate=generate):
    return submit(paths, board, judge, generate)


def tree(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and WORKSHOP not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
