"""Where models see the item of test images, as a picture: a row a model, a column an image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from mixbench.papers.bench import Bench
from mixbench.papers.experiment import Experiment
from mixbench.papers.kinds.running import carry_out_all
from mixbench.papers.settings import Place, suite_in, title_of
from mixbench.runs.jobs.localise import LocaliseJob
from mixbench.runs.localisation import localise_jobs, plan_localisation
from mixbench.runs.store import Store
from mixbench.show.sightings import Sighting, Sightings
from mixbench.spec.errors import MixBenchError
from mixbench.spec.training import TrainingSpec

IMAGES = 8
"""Of the test split, the first ones."""


def drawn_sightings(experiment: Experiment, places: Sequence[Place], seeds: Sequence[int], bench: Bench) -> Sightings:
    """Return what each row's model of the first seed sees in the first test images of each place that has data.

    What is not stored is made. MixBenchError where no place has data, or what is wanted cannot be made.
    """
    having = [place for place in places if not place.lacks]
    if not having:
        raise MixBenchError("--picture: needed a suite that knows the boxes of its items, got none; add --on clutter")
    rows = [row for place in having for row in _rows(experiment, place, seeds[0], bench)]
    title = f"{experiment.source}, {experiment.where}: {experiment.title}"
    note = (
        f"The first {IMAGES} test images, models of seed {seeds[0]}; colour: the true label's class activation map,"
        " from 0 to 1; IoU: of the two boxes."
    )
    return Sightings(title, note, rows)


def _rows(experiment: Experiment, place: Place, seed: int, bench: Bench) -> list[tuple[Sequence[str], list[Sighting]]]:
    from mixbench.data.load import known_boxes

    suite = suite_in(place)
    known = known_boxes(suite.data)[:IMAGES]
    wanted = {row.label: (row.specs[0], seed) for row in place.rows}
    jobs = localise_jobs(suite, place.backbone, list(wanted.values()), bench.device)
    carry_out_all(plan_localisation(suite, place.backbone, jobs), experiment, bench)
    title = title_of(place)
    return [((label, title), _seen(jobs[each][1], known, bench.venue.store)) for label, each in wanted.items()]


def _seen(job: LocaliseJob, known: np.ndarray, store: Store) -> list[Sighting]:
    found, names = job.found(store), job.model.resolved()[0].names
    images, maps = _looked_at(job.model, store)
    return [
        Sighting(image, heat, box.tolist(), found["box"][at].tolist(), _caption(found, at, names))
        for at, (image, heat, box) in enumerate(zip(images, maps, known, strict=True))
    ]


def _caption(found: dict[str, np.ndarray], at: int, names: Sequence[str]) -> str:
    label, taken = (names[int(found[name][at])] for name in ("label", "predicted"))
    return f"IoU {found['overlap'][at]:.2f}, {label}" + ("" if taken == label else f" taken for {taken}")


def _looked_at(spec: TrainingSpec, store: Store) -> tuple[Float[np.ndarray, "n c h w"], Float[np.ndarray, "n h w"]]:
    """The first test images and a stored model's activation maps of their labels."""
    from mixbench.battery.localisation import activation_maps
    from mixbench.runs.weights import stored_model
    from mixbench.runs.work import load_data_set
    from mixbench.torch_state import fixed_arithmetic

    test = load_data_set(spec).test
    images = test.pixels(slice(IMAGES))
    with fixed_arithmetic(1):
        maps = activation_maps(stored_model(store, spec).eval(), images, test.labels[:IMAGES])
    return images.numpy(), maps.numpy()
