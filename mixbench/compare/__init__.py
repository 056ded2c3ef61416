"""Compare: what a board, a comparison and a gate can tell. One statistics engine of arrays; no torch.

An array (S, N) holds what each of N examples contributes to a measure under the seeds 0 … S-1 of one method, lower
being better. `components` splits the variance of a fixed panel of methods; a `Column` makes of them a resolution, of
which `standing` (who is better, ranks, bands) and `net_wins` follow; `compare_pair` compares two methods,
`plan_sequential` says when to stop adding seeds, `power_table` what so many would tell. See docs/resolution.md. The
room `versus` inside compares records and trains what is missing; called, this one does: `mixbench.compare(a, b)`.
"""

import sys
from types import ModuleType
from typing import Any

from mixbench.compare.column import FEWEST_SEEDS, Column, Row
from mixbench.compare.components import Components, components
from mixbench.compare.contributions import contributions
from mixbench.compare.overall import Headline, NetWins, net_wins
from mixbench.compare.pair import Pair, Spread, Verdict, adjust, compare_pair, holm, spread_of
from mixbench.compare.plan import Planned, pair_detectable, plan_seeds, power_table
from mixbench.compare.prior import board_prior
from mixbench.compare.sequential import Sequential, plan_sequential
from mixbench.compare.standing import Standing, better, standing

__all__ = [
    "FEWEST_SEEDS",
    "Column",
    "Components",
    "Headline",
    "NetWins",
    "Pair",
    "Planned",
    "Row",
    "Sequential",
    "Spread",
    "Standing",
    "Verdict",
    "adjust",
    "better",
    "board_prior",
    "compare_pair",
    "components",
    "contributions",
    "holm",
    "net_wins",
    "pair_detectable",
    "plan_seeds",
    "plan_sequential",
    "power_table",
    "spread_of",
    "standing",
]


class _Room(ModuleType):
    """This room, which is also the call `mixbench.compare(a, b)`."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        from mixbench.compare.versus.call import compare

        return compare(*given, **named)


sys.modules[__name__].__class__ = _Room
