"""Training and measuring from Python: what `mixbench eval` and `mixbench sweep` do, as calls."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from operator import index

from mixbench.augment.build import canonical
from mixbench.augment.protocol import Augmentation
from mixbench.results.record import Record, load_record
from mixbench.runs.engines import DEFAULT_ENGINE, engine_named
from mixbench.runs.plan import distinct, plan_spec, with_groups
from mixbench.runs.request import carry_out, unfinished_jobs
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import DEFAULT_SUITE, load_suite

Aug = str | Augmentation


def run(
    aug: Aug,
    suite: str | os.PathLike[str] = DEFAULT_SUITE,
    seeds: int | Iterable[int] = (0,),
    model: str | None = None,
    device: str = "auto",
    runs: str | os.PathLike[str] | None = None,
    *,
    also: Sequence[str] = (),
    engine: str = DEFAULT_ENGINE,
) -> list[Record]:
    """Train what is missing of an augmentation, measure it and return a record a seed, as `mixbench eval` does.

    `model` is a timm backbone instead of the suite's own, `runs` the folder of records and trainings (else
    MIXBENCH_RUNS, else runs/ here), `also` the optional groups of measures. `engine` is who runs the jobs, as on the
    command line: local processes, or 'ray', a cluster, whose runs folder may be a URL. MixBenchError for what cannot
    be; what was finished is kept.
    """
    return sweep([aug], suite, seeds, model, device, runs, also=also, engine=engine)


def sweep(
    augs: Iterable[Aug],
    suite: str | os.PathLike[str] = DEFAULT_SUITE,
    seeds: int | Iterable[int] = (0,),
    model: str | None = None,
    device: str = "auto",
    runs: str | os.PathLike[str] | None = None,
    *,
    workers: int | None = None,
    also: Sequence[str] = (),
    engine: str = DEFAULT_ENGINE,
) -> list[Record]:
    """Do the same for several augmentations, shared trainings once: a record for each and seed, in their order.

    `workers` is how many jobs run side by side. One that fails does not stop the others; MixBenchError afterwards.
    """
    loaded, chosen = load_suite(suite), engine_named(engine)
    where, many = resolve(device, chosen.elsewhere), _workers(workers)
    plan = plan_spec(loaded, _model(model) or loaded.backbone, distinct(_specs(augs)), _seeds(seeds), where)
    plan, venue = with_groups(plan, also), chosen.venue(runs)
    jobs = unfinished_jobs(plan, venue.store)
    result = carry_out(plan, venue.folder, lambda job, message: None, jobs, many, venue.run)
    return [load_record(path) for path in result.whole()]


def _specs(augs: object) -> list[str]:
    given = [augs] if isinstance(augs, (str, Augmentation)) else list(augs) if isinstance(augs, Iterable) else []
    found = [canonical(aug) if isinstance(aug, Augmentation) else aug for aug in given]
    wrong = [aug for aug in found if not isinstance(aug, str)]
    if wrong or not found:
        got = type(wrong[0]).__name__ if wrong else type(augs).__name__ if not isinstance(augs, Iterable) else "none"
        raise MixBenchError(f"augs: needed augmentations' specs, such as 'cutmix' or 'mixup(alpha=8)', got {got}")
    return found


def _seeds(seeds: object) -> list[int]:
    try:
        found = [index(seed) for seed in (seeds if isinstance(seeds, Iterable) else [seeds])]  # pyright: ignore[reportArgumentType]
    except TypeError:
        raise MixBenchError(f"seeds: needed whole numbers, 0 or more, got {seeds!r}; give such as (0, 1, 2)") from None
    if not found:
        raise MixBenchError("seeds: needed one at least, got none; give such as (0, 1, 2)")
    return list(dict.fromkeys(found))


def _model(model: object) -> str | None:
    if model is None or isinstance(model, str):
        return model
    raise MixBenchError(
        f"model: needed the name of a timm backbone, got {type(model).__name__}; mixbench.evaluate measures a module"
    )


def _workers(workers: object) -> int | None:
    if workers is None or (isinstance(workers, int) and not isinstance(workers, bool) and workers > 0):
        return workers
    raise MixBenchError(f"workers: needed a whole number, 1 or more, got {workers!r}; leave it out")
