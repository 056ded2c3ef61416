"""The table of measures: unit, direction, range, meaning, and what each example contributes.

A new measure is its row; the terminal's tables, `mixbench list measures`, records, boards, the page and the gate read
it from here.
"""

from __future__ import annotations

from mixbench.results import calibration, selective
from mixbench.results import contributions as c
from mixbench.results import readings as r
from mixbench.results.array import Outcomes
from mixbench.results.arrays import ARRAYS
from mixbench.results.attacks import CORE, OPTIONAL, Attack, attacks_in, conditions
from mixbench.results.measure import SHARE, Direction, Measure, Over
from mixbench.results.noises import NOISES, SECTIONS
from mixbench.results.readings import Reading
from mixbench.results.shifts import SINCE, condition, section
from mixbench.results.tolerance import Tolerance
from mixbench.spec.shifts import SHIFTS

__all__ = ["AT_FIRST", "BY_NAME", "HEADLINE", "MEASURES", "OUTCOMES_VERSION", "Direction", "Measure", "Over", "read"]

_CLEAN, _CALIBRATION, _BETWEEN, _DIAGNOSTICS = "Clean", "Calibration", "In between", "Diagnostics"
_SELECTIVE = "Selective prediction"


def _top(
    condition: str, section: str, meaning: str, tolerance: Tolerance | None, headline: bool, since: int = 1
) -> list[Measure]:
    return [
        Measure(
            f"{condition}.top{k}_error", "fraction", Direction.LOWER, SHARE, section, f"top-{k} error",
            f"share of {meaning} whose true label is not among the {k} likeliest" if k > 1
            else f"share of {meaning} predicted wrongly",
            c.rank_above(condition, k), tolerance=tolerance, headline=headline and k == 1, since=since,
        )
        for k in (1, 5)
    ]  # fmt: skip


def _attacked(condition: str, attack: Attack, box: str) -> list[Measure]:
    tolerance, headline = attack.tolerances[box], box in attack.headline
    return _top(condition, attack.section(box), attack.meaning(box), tolerance, headline, attack.since)


_WORST_TOLERANCES = {"clean": 0.05, "ifgsm.white": 0.15}


def _worst(condition: str, section: str, meaning: str) -> Measure:
    return Measure(
        f"{condition}.worst_class_error", "fraction", Direction.LOWER, SHARE, section, "worst class",
        f"largest share, of any class, of {meaning} predicted wrongly",
        c.worst_class(condition), r.worst_class(condition),
        tolerance=Tolerance(_WORST_TOLERANCES[condition]), by_class=condition, since=2,
    )  # fmt: skip


def _area(attack: Attack) -> Measure:
    return Measure(
        f"{attack.name}.white.eps_area", "fraction", Direction.LOWER, SHARE, attack.section("white"), "error over ε",
        f"error on {attack.title} examples from the model itself{attack.steps}, averaged over the suite's ε from 0",
        c.eps_area(f"{attack.name}.white"), tolerance=attack.tolerances["white"], since=max(2, attack.since),
    )  # fmt: skip


def _optional(attack: Attack) -> list[Measure]:
    name, section, meaning = f"{attack.name}.white", attack.section("white"), attack.meaning("white")
    return [
        Measure(f"{name}.top1_error", "fraction", Direction.FLAG, SHARE, section, "top-1 error",
                f"share of {meaning} predicted wrongly", c.rank_above(name, 1),
                group=attack.group, since=attack.since),
        Measure(f"{name}.gap", "fraction", Direction.FLAG, (-1.0, 1.0), section, "beyond I-FGSM",
                f"error on {meaning}, minus that on I-FGSM examples: how far the fixed attack is from a stronger one",
                c.more_errors(name, "ifgsm.white"), group=attack.group, since=attack.since),
    ]  # fmt: skip


def _shift(shift: str, words: str) -> list[Measure]:
    name, title = condition(shift), section(shift)
    return [
        Measure(f"{name}.top1_error", "fraction", Direction.LOWER, SHARE, title, "top-1 error",
                f"share of the test images by {words} predicted wrongly", c.shifted(c.rank_above(name, 1), name),
                tolerance=Tolerance(0.04), shift=shift, since=SINCE),
        Measure(f"{name}.gap", "fraction", Direction.FLAG, (-1.0, 1.0), title, "beyond clean",
                f"error on the test images by {words}, minus that on the same test images as they are",
                c.shifted(c.more_errors(name, "clean"), name), shift=shift, since=SINCE),
        Measure(f"{name}.apart_error", "fraction", Direction.FLAG, SHARE, title, "error, apart",
                f"share predicted wrongly of the test images by {words} that the suite counts apart",
                c.shifted(c.rank_above(name, 1), name, apart=True), shift=shift, since=SINCE),
    ]  # fmt: skip


_NOISE_TOLERANCES = {"noise20": 0.03, "noise50": 0.05, "noise80": 0.08, "noise_given": 0.05}
_NOISE_HEADLINE = "noise50"


def _noise(name: str, share: str) -> list[Measure]:
    tolerance, section = Tolerance(_NOISE_TOLERANCES[name]), SECTIONS[name]
    return [
        Measure(f"{name}.test_error_best", "fraction", Direction.LOWER, SHARE, section, "test error, best epoch",
                f"lowest test error of any epoch (an oracle), {share}", own=r.best_error(name)),
        Measure(f"{name}.test_error_last", "fraction", Direction.LOWER, SHARE, section, "test error",
                f"test error after the last epoch, {share}", c.last_error(name), tolerance=tolerance,
                headline=name == _NOISE_HEADLINE),
        Measure(f"{name}.train_error_real", "fraction", Direction.LOWER, SHARE, section, "train error, kept labels",
                f"error on the training images whose label was kept, {share}", c.real_error(name),
                tolerance=tolerance, over=Over.TRAIN),
        Measure(f"{name}.train_error_corrupted", "fraction", Direction.CEILING, SHARE, section,
                "train error, wrong labels", f"error on the corrupted labels: low is memorised, {share}",
                c.corrupted_error(name), tolerance=tolerance, over=Over.TRAIN),
    ]  # fmt: skip


MEASURES: tuple[Measure, ...] = (
    *_top("clean", _CLEAN, "test images", Tolerance(0.01), headline=True),
    _worst("clean", _CLEAN, "test images"),
    *(row for condition, (attack, box) in conditions(CORE).items() for row in _attacked(condition, attack, box)),
    _worst("ifgsm.white", "I-FGSM, white box", "I-FGSM examples from the model itself (10 steps)"),
    *(_area(attack) for attack in attacks_in(CORE)),
    *(row for group in OPTIONAL for attack in attacks_in(group) for row in _optional(attack)),
    *(row for shift, words in SHIFTS.items() for row in _shift(shift, words)),
    *(row for name, share in NOISES.items() for row in _noise(name, share)),
    Measure("calibration.ece", "fraction", Direction.LOWER, SHARE, _CALIBRATION, "ECE",
            "expected calibration error, top label, 15 equal-width bins", c.ece("clean.confidence"),
            r.resampled("ece", "clean.confidence", calibration.ece), Tolerance(0.02), headline=True),
    Measure("calibration.ece_mass", "fraction", Direction.LOWER, SHARE, _CALIBRATION, "ECE, equal mass",
            "expected calibration error, top label, 15 equal-mass bins", c.ece_mass,
            r.resampled("ece_mass", "clean.confidence", calibration.ece_mass), Tolerance(0.02)),
    Measure("calibration.nll", "nats", Direction.LOWER, (0.0, None), _CALIBRATION, "NLL",
            "mean negative log-likelihood of the true label", c.nll, tolerance=Tolerance(0.05)),
    Measure("calibration.brier", "score", Direction.LOWER, (0.0, 2.0), _CALIBRATION, "Brier score",
            "mean squared distance between probabilities and truth, summed over classes", c.brier,
            tolerance=Tolerance(0.02)),
    Measure("calibration.gap", "fraction", Direction.ZERO, (-1.0, 1.0), _CALIBRATION, "confidence gap",
            "mean confidence minus accuracy: above 0 over-confident, below 0 under-confident", c.gap,
            tolerance=Tolerance(0.02)),
    Measure("calibration.ece_scaled", "fraction", Direction.LOWER, SHARE, _CALIBRATION, "ECE, scaled",
            "ECE after temperature scaling, fitted on one half of the test split for the other",
            c.ece("scaled.confidence"), r.resampled("ece_scaled", "scaled.confidence", calibration.ece),
            Tolerance(0.01)),
    Measure("calibration.smooth_ece", "fraction", Direction.LOWER, SHARE, _CALIBRATION, "SmoothECE",
            "calibration error, top label, smoothed by a Gaussian as wide as the error itself", c.smooth_ece,
            reads=r.influenced, tolerance=Tolerance(0.02), since=2),
    Measure("calibration.ece_debiased", "fraction", Direction.LOWER, (-1.0, 1.0), _CALIBRATION, "ECE, debiased",
            "ECE by 15 equal-mass bins without the bias of sampling; may lie a little below 0", c.ece_debiased,
            reads=r.influenced, tolerance=Tolerance(0.02), since=2),
    Measure("selective.aurc", "fraction", Direction.LOWER, SHARE, _SELECTIVE, "AURC",
            "error among the answered test images, averaged over how many of the surest are answered",
            c.risk(selective.aurc), reads=r.influenced, tolerance=Tolerance(0.005), since=2),
    Measure("selective.augrc", "fraction", Direction.LOWER, SHARE, _SELECTIVE, "AUGRC",
            "share of all test images that are answered wrongly, averaged over how many of the surest are answered",
            c.risk(selective.augrc), reads=r.influenced, tolerance=Tolerance(0.003), since=2),
    Measure("selective.error_at_90", "fraction", Direction.LOWER, SHARE, _SELECTIVE, "error of the surest 90 %",
            "share of the 90 % surest test images predicted wrongly", c.risk(selective.error_at(0.9)),
            reads=r.influenced, tolerance=Tolerance(0.01), since=2),
    Measure("between.miss_mixup", "fraction", Direction.LOWER, SHARE, _BETWEEN, "misses on mixup",
            "predictions that are neither parent's class, on mixup blends of training images",
            c.over_lambda("between.miss_mixup"), tolerance=Tolerance(0.02), headline=True, over=Over.PAIRS),
    Measure("between.miss_cutmix", "fraction", Direction.LOWER, SHARE, _BETWEEN, "misses on CutMix",
            "predictions that are neither parent's class, on CutMix pastes of training images",
            c.over_lambda("between.miss_cutmix"), tolerance=Tolerance(0.02), headline=True, over=Over.PAIRS),
    # The scale is the data set's: pixels and model decide whether 0.1 or 10 is usual.
    Measure("between.gradient_norm", "1/pixel", Direction.LOWER, (0.0, None), _BETWEEN, "gradient norm",
            "L2 norm of the loss's gradient to the pixels, on mixup blends of training images",
            c.over_lambda("between.gradient_norm"), tolerance=Tolerance(0.2, relative=True), over=Over.PAIRS),
    Measure("diagnostics.zero_gradient", "fraction", Direction.FLAG, SHARE, _DIAGNOSTICS, "zero gradient",
            "share of test images whose plain cross-entropy gradient is exactly zero", c.bit("zero_gradient")),
    Measure("diagnostics.saturated", "fraction", Direction.FLAG, SHARE, _DIAGNOSTICS, "saturated",
            "share of test images whose float32 probability of the true class is exactly 1", c.bit("saturated")),
    Measure("diagnostics.fgsm_plain", "fraction", Direction.FLAG, SHARE, _DIAGNOSTICS, "FGSM, plain loss",
            "FGSM white-box error by plain float32 cross-entropy, as papers report it", c.rank_above("fgsm.plain", 1)),
)  # fmt: skip
"""Their tolerances: what two trainings of one method on the boards of `digits` and `fashion-mnist-small` seldom differ
by, about one pair in twenty, when only the seed is another."""

BY_NAME = {measure.name: measure for measure in MEASURES}

HEADLINE = tuple(measure.name for measure in MEASURES if measure.headline)
"""The measures that a board shows first, and whose ranks make its overall order, each with the same weight."""

AT_FIRST = tuple(measure.name for measure in MEASURES if measure.at_first)
"""The headline ones and those of a suite's shifts, which tables show before they are asked for more."""

OUTCOMES_VERSION = max(row.since for row in (*ARRAYS, *MEASURES))
"""Rises with each array or measure that is added; what is older is whole without them."""


def read(outcomes: Outcomes) -> dict[str, Reading]:
    """Return every reading that the outcomes allow, in the table's order."""
    computed = ((measure.name, measure.compute(outcomes)) for measure in MEASURES)
    return {name: reading for name, reading in computed if reading is not None}
