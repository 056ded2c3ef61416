"""`mixbench docs`: the project's own generated documents."""

from __future__ import annotations

import sys
from pathlib import Path

from mixbench.cli.output import Flag, check_place

NOT_RIGHT = 1


def docs(*, folder: Path = Path("docs"), check: Flag = False) -> int:
    """Make the document of all methods, with its pictures, anew from the methods.

    Parameters
    ----------
    folder
        Where it lies.
    check
        Write nothing; exit with 1 where a file is not what the methods give.
    """
    from mixbench.show.methods import DOCUMENT, differences, document, write

    if not check:
        check_place("--folder", folder / DOCUMENT)
    made = document()
    wrong = differences(folder, made) if check else write(folder, made)
    for name in wrong:
        told = "not what the methods give; run scripts/docs" if check else "made anew"
        (sys.stderr if check else sys.stdout).write(f"{folder / name}: {told}\n")
    if not check or not wrong:
        sys.stdout.write(f"{folder}: what the methods give\n")
    return NOT_RIGHT if check and wrong else 0
