"""`mixbench eval` on digits, first, with a further method, and again, beside the script by hand; whole processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from measured import Row, Settings, process, timed

BY_HAND = str(Path(__file__).with_name("by_hand.py"))


def measure(settings: Settings) -> Iterator[Row]:
    """Yield ratios and seconds."""
    rounds = [_round() for _ in range(settings.few(1 if settings.quick else 3))]
    by_hand = [each["by hand"] for each in rounds]
    for name, aim in (("first", "≤ 0.85"), ("further", "≤ 0.70"), ("again", "")):
        shares = [each[name] / each["by hand"] for each in rounds]
        yield Row("evaluating", f"eval on digits, {name} / by hand", "ratio", shares, aim)
        yield Row("evaluating", f"eval on digits, {name}", "s", [each[name] for each in rounds])
    yield Row("evaluating", "the script by hand", "s", by_hand)


def _round() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as runs:
        words = ("-m", "mixbench", "eval", "--quiet", "--runs", runs, "--aug")
        return {
            "first": timed(lambda: process(*words, "cutmix")),
            "by hand": timed(lambda: process(BY_HAND)),
            "further": timed(lambda: process(*words, "mixup")),
            "again": timed(lambda: process(*words, "mixup")),
        }
