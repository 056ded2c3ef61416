"""What models of points in the plane decide everywhere, as a picture: a row a setting, a column a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from mixbench.papers.bench import Bench
from mixbench.papers.experiment import Experiment
from mixbench.papers.kinds.running import carry_out_all
from mixbench.papers.settings import Place, title_of
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.partial import guarded, trainings_of
from mixbench.runs.store import Store
from mixbench.show.planes import Dots, Extent, Panel, Planes
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec

STEPS = 161
"""Places along a side where a model is asked."""
MARGIN = 0.1
"""Of the points' range, seen around them."""
CLASSES = 2


def decision_planes(experiment: Experiment, places: Sequence[Place], seeds: Sequence[int], bench: Bench) -> Planes:
    """Return each row's probability of class 1 over the plane in each place, of the first seed's model.

    What is not stored is trained. MixBenchError for data of other than two features and two classes.
    """
    rows = [_panels(experiment, place, seeds[0], bench) for place in places]
    title = f"{experiment.source}, {experiment.where}: {experiment.title}"
    note = (
        f"Seed {seeds[0]}; colour: the probability of class 1, from 0 to 1; line: one half; points: the training set."
    )
    return Planes(title, note, rows)


def _panels(experiment: Experiment, place: Place, seed: int, bench: Bench) -> list[Panel]:
    suite = _plane_suite(experiment, place)
    specs = _trained(experiment, place, suite, seed, bench)
    return [_panel((row.label, place.setting.title), specs[row.specs[0]], bench.venue.store) for row in place.rows]


def _plane_suite(experiment: Experiment, place: Place) -> Suite:
    data = place.suite.data if place.suite else None
    if place.suite is None or data is None or data.kind != "tabular" or (data.channels, data.classes) != (2, CLASSES):
        raise MixBenchError(
            f"--picture: needed {CLASSES} features and {CLASSES} classes, such as toy's, got {title_of(place)} of"
            f" {experiment.key}; 'mixbench plot' draws curves of records"
        )
    return place.suite


def _trained(experiment: Experiment, place: Place, suite: Suite, seed: int, bench: Bench) -> Mapping[str, TrainingSpec]:
    """The trainings of the rows' first specs, which are in the store afterwards."""
    wanted = [(row.specs[0], seed) for row in place.rows]
    jobs = trainings_of(suite, place.backbone, wanted, bench.device)
    carry_out_all(guarded(suite, place.backbone, list(jobs.values())), experiment, bench)
    return {spec: job.training for (spec, _), job in jobs.items()}


def _panel(title: Sequence[str], spec: TrainingSpec, store: Store) -> Panel:
    points, labels = _training_set(spec, store)
    extent = _extent(points)
    dots = [Dots(points[labels == each], each, f"class {each}", edged=True) for each in range(CLASSES)]
    return Panel(title, extent, dots, probabilities(spec, store, grid(extent)).reshape(STEPS, STEPS))


def _training_set(spec: TrainingSpec, store: Store) -> tuple[Float[np.ndarray, "n 2"], np.ndarray]:
    """The points in their own units, with the labels that the training was given."""
    from mixbench.results.outcomes import load_outcomes
    from mixbench.runs.work import load_data_set

    section = spec.resolved()[0]
    points = load_data_set(spec).train.pixels().flatten(1).double().numpy()
    given = load_outcomes(store.file(TrainJob.kind, spec.digest, "outcomes.npz"))["given"]
    return points * np.array(section.std) + np.array(section.mean), given


def _extent(points: Float[np.ndarray, "n 2"]) -> Extent:
    low, high = points.min(axis=0), points.max(axis=0)
    (left, down), (right, up) = low - MARGIN * (high - low), high + MARGIN * (high - low)
    return float(left), float(right), float(down), float(up)


def grid(extent: Extent) -> Float[np.ndarray, "n 2"]:
    """Return the middles of STEPS × STEPS equal boxes, row after row from the least y."""
    left, right, down, up = extent
    middles = (np.arange(STEPS) + 0.5) / STEPS
    x, y = np.meshgrid(left + middles * (right - left), down + middles * (up - down))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def probabilities(spec: TrainingSpec, store: Store, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    """Return a stored model's probability of class 1 at points in the data's own units, by its criterion's link."""
    import torch

    from mixbench.runs.weights import stored_model
    from mixbench.torch_state import fixed_arithmetic
    from mixbench.training.prepare import augmentation_of

    section, model = spec.resolved()[0], stored_model(store, spec).eval()
    values = (points - np.array(section.mean)) / np.array(section.std)
    with fixed_arithmetic(1), torch.no_grad():
        logits = model(torch.from_numpy(values.astype(np.float32))[:, :, None, None])
        return augmentation_of(spec).log_probabilities(logits.double()).exp()[:, 1].numpy()
