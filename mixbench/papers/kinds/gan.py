"""Experiments of generative adversarial networks: modes that their samples miss, and samples far from any mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mixbench.papers.bench import Bench, Measured
from mixbench.papers.experiment import Experiment, Row
from mixbench.papers.kinds.gan_job import GanJob
from mixbench.papers.kinds.gan_training import DENSITIES, NEAR, Options, Points, alpha_of, count, near_modes
from mixbench.papers.kinds.kind import Kind
from mixbench.papers.quantity import Quantity, quantities_among
from mixbench.papers.settings import Place, title_of
from mixbench.runs.partial import Wanted
from mixbench.runs.request import raise_failures
from mixbench.runs.schedule import missing
from mixbench.runs.uses import note_use
from mixbench.show.planes import Dots, Panel, Planes

MISSED = Quantity("gan.modes_missed", "modes missed", 0.0, fraction=True)
FAR = Quantity("gan.samples_far", "samples far from any mode", 0.05, fraction=True)


def measure_gan(experiment: Experiment, place: Place, seeds: Sequence[int], bench: Bench) -> Measured:
    """Train each row's pair of networks at every seed, where its samples are not stored, and count by them."""
    quantities = quantities_among(experiment.quantities, (MISSED, FAR))
    density = DENSITIES[Options.of(dict(place.options)).density]()
    specs = list(dict.fromkeys(spec for row in place.rows for spec in row.specs))
    samples = made_samples(experiment, place, [(spec, seed) for spec in specs for seed in seeds], bench)
    found = {spec: np.array([count(samples[spec, seed], density) for seed in seeds]) for spec in specs}
    tables = {
        (spec, quantity.name): values[:, at : at + 1]
        for spec, values in found.items()
        for at, quantity in enumerate((MISSED, FAR))
    }
    return Measured(place.setting, tables, quantities, {}, title_of(place))


def made_samples(
    experiment: Experiment, place: Place, wanted: Sequence[Wanted], bench: Bench
) -> Mapping[Wanted, Points]:
    """Return the samples of specs at seeds, from the store or trained into it; MixBenchError for what cannot be."""
    options, venue = Options.of(dict(place.options)), bench.venue
    jobs = {(spec, seed): GanJob.of(spec, alpha_of(spec), options, seed) for spec, seed in wanted}
    note_use(venue.folder, f"reproduce {experiment.key}, {options}", jobs.values())
    todo = missing(list({job.digest: job for job in jobs.values()}.values()), venue.store)
    with bench.listening(None, todo) as listen:
        raise_failures(venue.run(todo, venue.folder, listen, bench.workers))
    return {each: job.samples(venue.store) for each, job in jobs.items()}


def sample_planes(experiment: Experiment, places: Sequence[Place], seeds: Sequence[int], bench: Bench) -> Planes:
    """Return each row's samples at the first seed over the density's modes, a row of panels a place."""
    first = seeds[0]
    rows = []
    for place in places:
        samples = made_samples(experiment, place, [(row.specs[0], first) for row in place.rows], bench)
        rows.append([_panel(place, row, samples[row.specs[0], first]) for row in place.rows])
    title = f"{experiment.source}, {experiment.where}: {experiment.title}"
    note = f"Seed {first}; circles: {NEAR:g} standard deviations around each mode, within which a sample is near."
    return Planes(title, note, rows)


def _panel(place: Place, row: Row, samples: Points) -> Panel:
    density = DENSITIES[Options.of(dict(place.options)).density]()
    near = near_modes(samples, density).any(axis=1)
    missed, far = count(samples, density)
    dots = [Dots(samples[near], 0, "samples near a mode"), Dots(samples[~near], 1, "samples far from any")]
    title = row.label, place.setting.title, f"{missed:.0%} of modes missed, {far:.0%} of samples far"
    reach = float(np.abs(density.centres).max()) + 1
    return Panel(title, (-reach, reach, -reach, reach), dots, centres=density.centres, radius=NEAR * density.deviation)


GAN = Kind(measure_gan, sample_planes)
