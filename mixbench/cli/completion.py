"""`mixbench completion`: a shell completes commands and options."""

from __future__ import annotations

import sys
from typing import Literal, get_args

from mixbench.spec.errors import unknown

Shell = Literal["bash", "zsh", "fish"]


def completion(shell: str, /) -> None:
    """Print what makes a shell complete mixbench's commands and options, for its start-up file to evaluate.

    Parameters
    ----------
    shell
        bash, zsh or fish.
    """
    from mixbench.cli.app import app

    for known in get_args(Shell):
        if shell == known:
            sys.stdout.write(app.generate_completion(prog_name="mixbench", shell=known))
            return
    raise unknown("shell", shell, get_args(Shell), f"one of {', '.join(get_args(Shell))}")
