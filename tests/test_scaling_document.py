"""docs/scaling.md's worked examples are what its commands print."""

import json
import re
import shlex
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs" / "scaling.md").read_text(encoding="utf-8")


def flat(text: str) -> str:
    """Words alone, since notes wrap at the terminal's width."""
    return " ".join(text.split())


def test_the_worked_examples_are_what_the_commands_print(mixbench):
    names = [each["name"] for each in json.loads(mixbench("list", "augs", "--json").out)]
    augs = " ".join(f"--aug {name}" for name in names)
    shown = re.findall(r"^(mixbench sweep .*) \| tail -n \d\n((?:(?!mixbench |```).*\n)+)", PAGE, re.MULTILINE)
    assert len(shown) == 4
    # One of each suite: a plan of six hundred jobs takes seconds.
    for command, output in (shown[0], shown[3]):
        said = mixbench(*shlex.split(command.replace("$augs", augs))[1:])
        assert said.code == 0
        assert flat(said.out).endswith(flat(output)), command
