"""Two boards for the page's tests: one that is visited, and one whose every text is hostile."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from boards import content, outcomes_of

from mixbench.augment.table import BY_NAME as METHODS
from mixbench.board.describe import describe as shipped
from mixbench.board.leaderboard import build
from mixbench.board.published import Published
from mixbench.board.rows import Board, Description, Head
from mixbench.compare import NetWins
from mixbench.results.found import CLAIMS, Found
from mixbench.results.measures import HEADLINE
from mixbench.results.record import Record, seal

CLEAN, BLACK, ECE = "clean.top1_error", "fgsm.black.top1_error", "calibration.ece"
CLAIMED = "mixup(alpha=8.0)"
MIXUP, CUTMIX, OWN = "mixup(alpha=1.0)", "cutmix(alpha=1.0,probability=1.0)", "own.py:Mine(alpha=2)"
ROWS = {
    "erm": {CLEAN: (0.020, 0.021, 0.022), BLACK: (0.10, 0.11, 0.12), ECE: (0.020, 0.024, 0.022)},
    MIXUP: {CLEAN: (0.010, 0.011, 0.012), BLACK: (0.30, 0.31, 0.32), ECE: (0.100, 0.110, 0.120)},
    CUTMIX: {CLEAN: (0.012, 0.013, 0.011), BLACK: (0.20, 0.22, 0.21), ECE: (0.050, 0.052, 0.054)},
}
FLAG = "zero_gradient: no attack by gradients can move 2.0% of the test images"
SOURCE = "class Mine:\n    note = 'x < 3 & y'\n"
PAPER = Published("A paper", "Table 1", "tiny", "ResNet-50", "erm", "90 epochs", CLEAN, 23.5, "median of 10")
FAMILIES = {"erm": "baseline", MIXUP: "mixing", CUTMIX: "mixing", CLAIMED: "mixing"}

SHOUTS = (
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=2>',
    "</script><script>window.hacked=3</script>",
    "&lt;b&gt;",
    "${window.hacked=4}{{7*7}}",
    "' onfocus=window.hacked=5 autofocus='",
    "javascript:window.hacked=6",
)
HIDDEN = "\u202e\x1b\x00\u2028\u200b\ufeff"
HOSTILE = "".join(shout + hidden for shout, hidden in zip(SHOUTS, f"{HIDDEN} ", strict=True))


def found(
    made: dict[str, Any], name: str = "", folder: Path = Path("runs"), values: Mapping[str, float] | None = None
) -> Found:
    """Seal a content and read it back, under a file name; outcomes that read `values` are written to the folder."""
    name = name or f"{made['suite']}-{made['augmentation'][:6]}-seed{made['seed']}.json"
    if values:
        file = f"{re.sub('[^a-z0-9]+', '-', Path(name).stem)}.npz"
        (folder / file).write_bytes(outcomes_of(values))
        made = {**made, "outcomes": {**made["outcomes"], "file": file}}
    record = Record.model_validate(json.loads(seal(made)))
    return Found(folder / name, record)


def describe(spec: str) -> Description:
    """Call a row by its spec."""
    return Description(spec, FAMILIES.get(spec, "contributed"), spec == OWN)


def visited_board(folder: Path) -> Board:
    """Version 2 with three methods of three seeds and their outcomes in `folder`, a claim of one of them, and a
    contributed method without ECE and of one seed; version 1; another backbone."""
    records = [
        found(_content(spec, seed), folder=folder, values={name: each[seed] for name, each in values.items()})
        for spec, values in ROWS.items()
        for seed in range(3)
    ]
    claim = found(content(CLAIMED, 0, {CLEAN: 0.25}, only=[CLEAN, BLACK, ECE], version=2), folder=Path(CLAIMS))
    digest = hashlib.sha256(SOURCE.encode()).hexdigest()
    own = content(OWN, 0, {CLEAN: 0.5}, version=2, method_versions={"own.py:Mine": digest})
    own["sources"] = {"own.py:Mine": {"file": "own.py", "sha256": digest, "text": SOURCE}}
    del own["readings"][ECE]
    older = content(MIXUP, 0, {CLEAN: 0.25}, only=[CLEAN], version=1)
    other = content("erm", 0, {CLEAN: 0.125}, version=2, backbone="another_net")
    return build([*records, claim, found(own), found(older), found(other, "other.json")], (PAPER,), describe)


def _content(spec: str, seed: int) -> dict[str, Any]:
    """Two of erm's seeds carry a flag, and a curve that passes one place twice."""
    made = content(spec, seed, {name: each[seed] for name, each in ROWS[spec].items()}, version=2)
    if spec == "erm" and seed < 2:
        twice = {"lambda": [0.0, 0.25, 0.25, 1.0], "mean": [0.0, 0.1, 0.3, 0.0]}
        made |= {"flags": [FLAG], "curves": {**made["curves"], "between.miss_cutmix": twice}}
    return made


def many_rows(count: int) -> Board:
    """A board of so many rows of one seed, none of which is ranked."""
    made = [content(f"mixup(alpha={1 + place}.0)", 0, {CLEAN: 0.5}, only=[CLEAN, ECE]) for place in range(count)]
    return build([found(each, f"{place}.json") for place, each in enumerate(made)], (), describe)


def crowded_board() -> Board:
    """Forty of the shipped methods, one seed each, shown as if they had been ranked and the columns could tell them."""
    rng = np.random.default_rng(0)
    names = [*sorted(METHODS)[:38], "mixup+label_smoothing", "cutmix|mixup"]
    made = [content(name, 0, {measure: rng.uniform(0.01, 0.5) for measure in HEADLINE}) for name in names]
    board = build([found(each, f"{place}.json") for place, each in enumerate(made)], (), shipped)
    (group,) = board.groups
    heads = {name: Head(name, 0.01, 0.109, 1234, 0.04, 38) for name in group.columns}
    rows = tuple(
        replace(row, net=NetWins(120 - place, place, 120 - 3 * place, 121)) for place, row in enumerate(group.all_rows)
    )
    return replace(board, groups=(replace(group, rows=rows, unranked=(), columns=heads, headline=HEADLINE),))


def two_suites() -> Board:
    """A suite of one row whose name comes first, and one of two rows."""
    made = [content("erm", 0, {CLEAN: 0.5}, suite="a_try")]
    made += [content(spec, 0, {CLEAN: 0.5}, suite="the_board") for spec in ("erm", MIXUP)]
    return build([found(each) for each in made], (), describe)


def hostile_board() -> Board:
    """Two rows of records in which every text that the schema leaves free is hostile, published rows as well."""
    records = [
        found(_hostile(f"{place}{HOSTILE}", seed), f'{place}{seed}"><img src=x onerror=window.hacked=7>\u202e.json')
        for place in range(2)
        for seed in range(3)
    ]
    paper = Published(*(HOSTILE for _ in range(7)), 1.5, HOSTILE)
    return build(records, (paper,), lambda spec: Description(spec, HOSTILE, True))


def _hostile(spec: str, seed: int) -> dict[str, Any]:
    values = {CLEAN: 0.02 + seed / 1000, BLACK: 0.1 + seed / 1000}
    made = content("erm", seed, values, suite=HOSTILE, backbone=HOSTILE, augmentation=spec, flags=[HOSTILE, 400 * "x"])
    made |= {"method_versions": {HOSTILE: HOSTILE}, "mixbench_version": HOSTILE, "link": HOSTILE}
    made["curves"] = {
        "__proto__": {"eps": [0.0, 1.0], "top1_error": [0.0, 0.5]},
        HOSTILE: {"eps": [0.0, 1.0], HOSTILE: [0.0, 0.5]},
        **made["curves"],
    }
    made["settings"] |= {HOSTILE: HOSTILE, "data": {**made["settings"]["data"], "name": HOSTILE}}
    free = {"commit": HOSTILE, "python": HOSTILE, "device": HOSTILE, "created": HOSTILE}
    made["provenance"] |= {**free, "packages": {HOSTILE: HOSTILE}, "trainings_made_with": {HOSTILE: {}}}
    digest = hashlib.sha256(HOSTILE.encode()).hexdigest()
    made["sources"] = {HOSTILE: {"file": "own.py", "sha256": digest, "text": HOSTILE}}
    return made
