"""Submits in processes of its own, which are killed or race; prints what became of the board as JSON.

usage: submitting.py calls|renames|moments|race FOLDER
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from boards import content, write_record

from mixbench.board.generated import regenerate
from mixbench.runs import exchange
from mixbench.runs.exchange import WORKSHOP
from mixbench.submission.submit import submit


def generate(folder: Path) -> dict[str, bytes]:
    """A board that has every record's name and bytes in it, in several files."""
    records = sorted((folder / "records").iterdir())
    sums = "".join(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in records)
    return {"board.md": sums.encode(), "page/index.html": sums[::-1].encode(), "page/vendor/a.js": b"a" * 100_000}


def put_one(board: Path, *paths: Path) -> None:
    assert submit(paths, board, lambda path, others: [], generate).reasons == []


def make_anew(board: Path) -> None:
    regenerate(board, "tiny", generate)


def tree(board: Path) -> dict[str, str]:
    """What git would see of a board: every file's content but the workshop's."""
    files = (path for path in sorted(board.rglob("*")) if path.is_file() or path.is_symlink())
    return {
        str(path.relative_to(board)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.relative_to(board).parts[0] != WORKSHOP
    }


def leftovers(board: Path) -> list[str]:
    return sorted(path.name for path in (board / WORKSHOP).iterdir() if path.name not in ("lock", ".gitignore"))


def forked(act: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        act()
        os._exit(0)
    return child


def killed_at(call: int, act: Callable[[], None]) -> bool:
    """Do it in a process that kills itself at its n-th call to the file system; False where it has fewer."""

    def act_until() -> None:
        left = [call]

        def hook(event: str, args: tuple[object, ...]) -> None:
            if event.startswith(("os.", "open", "shutil.", "fcntl.")):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        act()

    _, status = os.waitpid(forked(act_until), 0)
    return os.WIFSIGNALED(status)


def killed_after(seconds: float, act: Callable[[], None]) -> bool:
    child = forked(act)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def prepared(folder: Path) -> tuple[Path, Path]:
    """A board with one record, and another record that is to be submitted."""
    first, second = (write_record(folder / "runs", content("erm", seed), outcomes=True) for seed in (0, 1))
    put_one(folder / "board", first)
    return folder / "board", second


def outcome(before: Path, goal: dict[str, str], at: Path, act: Callable[[Path], None], kill: Callable) -> dict:
    """Kill an act on a copy of a board, look at the board, and do the act again to its end."""
    shutil.rmtree(at, ignore_errors=True)
    shutil.copytree(before, at)
    was_killed = kill(lambda: act(at))
    state = {json.dumps(tree(before)): "before", json.dumps(goal): "after"}.get(json.dumps(tree(at)), "between")
    dirty = bool(leftovers(at))
    act(at)
    return {"killed": was_killed, "state": state, "dirty": dirty, "next": tree(at) == goal and not leftovers(at)}


def acts(folder: Path) -> dict[str, tuple[Path, Callable[[Path], None]]]:
    board, record = prepared(folder)
    stale = folder / "stale"
    shutil.copytree(board, stale)
    (stale / "tiny" / "board.md").write_text("old")
    (stale / "tiny" / "page" / "gone.html").write_text("old")
    return {"submit": (board, lambda at: put_one(at, record)), "regenerate": (stale, make_anew)}


def finished(before: Path, act: Callable[[Path], None], at: Path) -> dict[str, str]:
    shutil.copytree(before, at)
    act(at)
    return tree(at)


def calls(folder: Path, which: tuple[str, ...] = ("submit", "regenerate")) -> object:
    """Kill at every call to the file system, one after the other."""
    found: dict[str, list[dict]] = {}
    there = acts(folder)
    for name in which:
        before, act = there[name]
        goal, found[name] = finished(before, act, folder / f"goal-{name}"), []
        while not found[name] or found[name][-1]["killed"]:
            number = len(found[name]) + 1
            found[name].append(outcome(before, goal, folder / "at", act, lambda doing, n=number: killed_at(n, doing)))
    return found


def renames(folder: Path) -> object:
    """The same, of making anew, where the system cannot exchange two folders."""
    exchange.swap = lambda first, second: False
    return calls(folder, ("regenerate",))


def moments(folder: Path) -> object:
    """Kill at 20 random moments of an act's time."""
    before, act = acts(folder)["submit"]
    goal, draws = finished(before, act, folder / "goal"), random.Random(5)
    shutil.copytree(before, folder / "timed")
    started = time.perf_counter()
    os.waitpid(forked(lambda: act(folder / "timed")), 0)
    length = time.perf_counter() - started
    return [
        outcome(before, goal, folder / "at", act, lambda doing: killed_after(draws.uniform(0, length), doing))
        for _ in range(20)
    ]


def race(folder: Path) -> object:
    """Two processes submit eight records each, one by one, into one board."""
    board = folder / "board"
    mine = [
        [write_record(folder / "runs", content(aug, seed), outcomes=True) for seed in range(8)]
        for aug in ("erm", "mixup(alpha=1.0)")
    ]

    def submit_all(paths: list[Path]) -> None:
        for path in paths:
            put_one(board, path)

    children = [forked(lambda paths=paths: submit_all(paths)) for paths in mine]
    codes = [os.waitpid(child, 0)[1] for child in children]
    made = {name: content.decode() for name, content in generate(board / "tiny").items() if name == "board.md"}
    records = sorted(path.name for path in (board / "tiny" / "records").glob("*.json"))
    return {
        "codes": codes,
        "all": records == sorted(path.name for paths in mine for path in paths),
        "board": (board / "tiny" / "board.md").read_text() == made["board.md"],
        "leftovers": leftovers(board),
    }


if __name__ == "__main__":
    ways = {"calls": calls, "renames": renames, "moments": moments, "race": race}
    sys.stdout.write(json.dumps(ways[sys.argv[1]](Path(sys.argv[2]))))
