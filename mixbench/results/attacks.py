"""The table of attacks; their functions, of the same names, are in battery/attack.py.

Arrays, measures, curves, checks, passes and the gate's tolerances of an attack all follow from its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mixbench.results.tolerance import Tolerance
from mixbench.spec.errors import unknown

CORE = "core"
"""The group of what the battery always measures; every other group is asked for by its name."""

FIRST = 1
"""The version of the outcomes before anything was added to them."""

BOXES = {"white": "from the model itself", "black": "from the suite's ERM surrogate"}


@dataclass(frozen=True)
class Attack:
    """One row: `passes` are those forward that one set of examples takes.

    In the core group an attack is made in both boxes and has curves over ε, in an optional one on the model itself
    alone. `tolerances` are the gate's by box, `headline` the boxes whose error a board shows first.
    """

    name: str
    title: str
    passes: int
    steps: str = ""
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    headline: tuple[str, ...] = ()
    group: str = CORE
    since: int = FIRST

    @property
    def boxes(self) -> tuple[str, ...]:
        """Where its examples come from."""
        return tuple(BOXES) if self.group == CORE else ("white",)

    def meaning(self, box: str) -> str:
        """Say what its examples are."""
        return f"{self.title} examples {BOXES[box]}{self.steps}"

    def section(self, box: str) -> str:
        """Return the title of its measures."""
        return f"{self.title}, {box} box"


ATTACKS = (
    Attack("fgsm", "FGSM", passes=1, headline=("black",),
           tolerances={"white": Tolerance(0.06), "black": Tolerance(0.04)}),
    Attack("ifgsm", "I-FGSM", passes=10, steps=" (10 steps)", headline=("white",),
           tolerances={"white": Tolerance(0.08), "black": Tolerance(0.05)}),
    Attack("apgd", "APGD", passes=51, steps=" (50 steps)", group="apgd", since=2),
)  # fmt: skip


def attacks_in(group: str) -> tuple[Attack, ...]:
    """Return the attacks of a group."""
    return tuple(attack for attack in ATTACKS if attack.group == group)


def conditions(group: str) -> dict[str, tuple[Attack, str]]:
    """Return attack and box by condition, such as fgsm.white; white boxes first."""
    return {
        f"{attack.name}.{box}": (attack, box) for box in BOXES for attack in attacks_in(group) if box in attack.boxes
    }


ATTACKED = tuple(conditions(CORE))
WHITE_BOX = tuple(f"{attack.name}.white" for attack in attacks_in(CORE))
"""The attacks on the model itself, which have curves over ε."""


def check_groups(names: Iterable[str]) -> tuple[str, ...]:
    """Return optional groups, each once, of their names or of one name; MixBenchError for one that is none."""
    for name in (found := tuple(dict.fromkeys([names] if isinstance(names, str) else names))):
        if name not in OPTIONAL:
            raise unknown("group of measures", name, OPTIONAL, f"--also needs one of {', '.join(OPTIONAL)}")
    return found


OPTIONAL = tuple(dict.fromkeys(attack.group for attack in ATTACKS if attack.group != CORE))
"""The optional groups."""
