"""The gate's passport: how often it errs and what it finds, on real trainings that it was not calibrated with.

    python benchmarks/gate/passport.py RUNS [--calibration FILE] [--splits 60] [--json | --table]

RUNS is a folder of records, with many seeds of a few methods; what the calibration has seen is left out and counted.
Nothing changes between two groups of trainings of one method: where the gate fails, that is a false alarm. Worsenings
are planted into one of the groups, example by example, by a multiple of the measure's tolerance. Rates are means over
splits of a method's trainings into two groups; intervals of 95 % by a bootstrap over trainings (exponential weights,
whose product is a split's), and never closer to 0 or 1 than the independent pairs allow (Clopper and Pearson, 1934).
--table writes a short table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rates import AIMS, FOUND, TIMES, Passport, Rate  # pyright: ignore[reportImplicitRelativeImport]

from mixbench.gate.calibration import calibration_for, read_calibration
from mixbench.results.found import Found, read_records

AIMED_AT = 3


def above_aim(rate: Rate) -> str:
    """Say where the interval does not exclude that an aim is missed; nothing where it does or there is no aim."""
    aim = next((aim for what, aim in AIMS.items() if rate.what.startswith(what)), None)
    if aim is None or rate.seeds != AIMED_AT:
        return ""
    bound, value = aim
    met = rate.high <= value if bound == "at most" else rate.low >= value
    end = f"up to {rate.high:.0%}" if bound == "at most" else f"down to {rate.low:.0%}"
    return "" if met else f"aim {bound} {value:.0%} is not shown: {end}"


def main() -> None:
    """Print the passport of each suite and backbone in a folder of records."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("--calibration", type=Path)
    parser.add_argument("--splits", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--table", action="store_true")
    words = parser.parse_args()
    groups: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for found in read_records(words.runs):
        groups[found.record.suite_digest, found.record.backbone].append(found)
    for (digest, backbone), records in groups.items():
        given = words.calibration
        known = read_calibration(given) if given else calibration_for(words.runs, digest, backbone)
        if known is None or (known.suite_digest, known.backbone) != (digest, backbone):
            continue
        passport = Passport(records, known)
        rates = list(passport.rates(words.splits))
        write = _json if words.json else _table if words.table else _text
        sys.stdout.write(write(passport, rates))


def _json(passport: Passport, rates: Sequence[Rate]) -> str:
    known = passport.calibration
    made = {"suite": known.suite, "backbone": known.backbone, "left_out": passport.left_out}
    return json.dumps({**made, "rates": [asdict(rate) for rate in rates]}) + "\n"


def _table(passport: Passport, rates: Sequence[Rate]) -> str:
    """A line for each number of seeds, in percent with the 95 % interval."""
    said = {(rate.seeds, rate.what): rate for rate in rates}
    columns = (*list(AIMS)[:2], FOUND)
    lines = [
        f"| seeds a side, `{passport.calibration.suite}` | false alarms | inconclusive"
        f" | {TIMES:g} × the tolerance is found | independent pairs |",
        "|---|---:|---:|---:|---:|",
    ]
    for seeds in dict.fromkeys(rate.seeds for rate in rates):
        cells = [_percent(said[seeds, what]) if (seeds, what) in said else "" for what in columns]
        lines.append(f"| {seeds} | {' | '.join(cells)} | {said[seeds, columns[0]].pairs} |")
    missed = [f"{rate.what}: {why}" for rate in rates if rate.what in columns and (why := above_aim(rate))]
    return "\n".join([*lines, "", *(f"{each}." for each in missed)]).rstrip() + "\n"


def _percent(rate: Rate) -> str:
    return f"{100 * rate.rate:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"


def _text(passport: Passport, rates: Sequence[Rate]) -> str:
    methods = ", ".join(f"{row[0].record.augmentation} ({len(row)})" for row in passport.rows) or "none"
    lines = [
        f"{passport.calibration.suite}, {passport.calibration.backbone}: trainings by method: {methods};"
        f" {passport.left_out} that the calibration has seen are left out"
    ]
    for rate in rates:
        lines.append(
            f"{rate.seeds} seeds  {rate.what:<40} {rate.rate:6.1%} [{rate.low:.1%}, {rate.high:.1%}]"
            f"  {rate.pairs} independent pairs, {rate.splits} splits  {above_aim(rate)}".rstrip()
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
