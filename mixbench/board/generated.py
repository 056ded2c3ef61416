"""What is generated in a suite's folder of a board, beside its records: made anew in one step, or only compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from mixbench.board.published import PUBLISHED
from mixbench.results.found import RECORDS, SUITE_NAME
from mixbench.runs.exchange import WORKSHOP, Workshop, workshop
from mixbench.runs.tree import check_tree, differences, files_below, put
from mixbench.spec.errors import MixBenchError

PAGE, MARKDOWN = "page", "board.md"
GENERATED = (PAGE, MARKDOWN)
"""What is generated in a suite's folder; everything else in it stays as it is."""

Generate = Callable[[Path], Mapping[str, bytes]]
"""The generated files of a suite's folder by relative name; the same records give the same bytes."""

VENDOR = f"{PAGE}/vendor/"
"""Files of libraries in a page: those that are there stay, whatever is installed; only missing ones are made."""

_NO_SUITE = (PUBLISHED,)


def regenerate(board: Path, suite: str, generate: Generate, waiting: Callable[[], None] = lambda: None) -> list[str]:
    """Make a suite's generated files anew, in one step, and return the names of those that were not right."""
    with workshop(board, waiting) as shop:
        shop.stage(PUBLISHED)
        return renew(shop, suite, shop.stage(suite, GENERATED), generate)


def stale(board: Path, suite: str, generate: Generate) -> list[str]:
    """Return the names of a suite's generated files that are not what its records give; nothing is written."""
    # A submission may be under way there, which holds the lock.
    check_tree(board, leave_out=(WORKSHOP,))
    there = _generated(board / suite)
    return differences(there, _made(board / suite, generate, there))


def suites_of(board: Path) -> list[str]:
    """Return the names of a board's suites, those of its folders that have records; MixBenchError without a board."""
    if not board.is_dir():
        raise MixBenchError(f"board {board}: needed a folder, got none there; check the path")
    return sorted(path.parent.name for path in board.glob(f"*/{RECORDS}") if is_suite(path.parent.name))


def is_suite(name: str) -> bool:
    """Whether a name may be that of a suite's folder."""
    return bool(SUITE_NAME.fullmatch(name)) and name not in _NO_SUITE


def renew(shop: Workshop, suite: str, staged: Path, generate: Generate, changed: bool = False) -> list[str]:
    """Generate into a staged folder and exchange it where anything in it is new; return the names that were not right.

    `changed` says that its records are not those of the board.
    """
    there = _generated(shop.board / suite)
    made = _made(staged, generate, there)
    wrong = differences(there, made)
    if wrong or changed:
        for name, content in made.items():
            put(staged, name, content)
        shop.exchange(suite)
    return wrong


def _made(folder: Path, generate: Generate, there: Mapping[str, bytes]) -> dict[str, bytes]:
    try:
        made = dict(generate(folder))
    except MixBenchError as error:
        # Whoever reads this knows the board, not the place where its next state is made.
        raise MixBenchError(str(error).replace(f"/{WORKSHOP}/new/", "/")) from None
    for name in made:
        if name != MARKDOWN and PurePosixPath(name).parts[:1] != (PAGE,):
            raise ValueError(f"generated files are {MARKDOWN} and {PAGE}/…, got {name!r}")
    return {name: there.get(name, content) if name.startswith(VENDOR) else content for name, content in made.items()}


def _generated(folder: Path) -> dict[str, bytes]:
    found = {name: path for name, path in files_below(folder).items() if name.split("/")[0] in GENERATED}
    return {name: path.read_bytes() for name, path in found.items()}
