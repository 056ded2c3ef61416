"""The test images once more, drawn otherwise: what a shift of the data leaves of a model's answers."""

from __future__ import annotations

from mixbench.battery.subject import Outcomes, Subject, joined, judge
from mixbench.data.shifted import Shifted
from mixbench.results.shifts import condition
from mixbench.training.predict import examples_of


def under_shift(subject: Subject, name: str, shifted: Shifted) -> Outcomes:
    """Return the outcomes on a suite's shift, an entry a test image, and which images are counted apart."""
    found = joined([judge(subject, images, labels) for _, images, labels in examples_of(shifted.split)])
    outcomes = {**found, "apart": shifted.apart.cpu().numpy()}
    return {f"{condition(name)}.{key}": values for key, values in outcomes.items()}
