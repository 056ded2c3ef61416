"""The arrays that a record's outcomes must have: exactly these, with these types and sizes, and numbers only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mixbench.results.measures import ATTACKED, WHITE_BOX
from mixbench.submission.checks.case import Case, Layout
from mixbench.submission.checks.draws import LAMBDAS

Shape = tuple[int, ...]
CONDITIONS = ("clean", *ATTACKED, "fgsm.plain")
LABEL, TRUE, FLOAT, BIT, WHOLE = "uint16", "float64", "float32", "bool", "int64"


def check_arrays(case: Case, layout: Layout, outcomes: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Missing and unknown arrays, other types and sizes, NaN and infinities."""
    needed = expected(layout, case.external)
    for name in sorted(needed.keys() - outcomes.keys()):
        yield f"outcomes.{name}: is missing"
    for name in sorted(outcomes.keys() - needed.keys()):
        yield f"outcomes.{name}: unknown array"
    for name in sorted(needed.keys() & outcomes.keys()):
        kind, shape, found = *needed[name], outcomes[name]
        if (found.dtype.name, found.shape) != (kind, shape):
            yield f"outcomes.{name}: needed {kind} {_size(shape)}, got {found.dtype.name} {_size(found.shape)}"
        elif found.dtype.kind == "f" and not np.isfinite(found).all():
            yield f"outcomes.{name}: needed numbers, got NaN or infinities"


def _size(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "one number"


def expected(layout: Layout, external: bool) -> dict[str, tuple[str, Shape]]:
    """Return type and shape of each array by its name; weights trained elsewhere have no trainings'."""
    test, train = (layout.data.test_images,), (layout.data.train_images,)
    needed: dict[str, tuple[str, Shape]] = {"labels": (LABEL, test), "classes": (WHOLE, ())}
    for condition in CONDITIONS:
        number = TRUE if condition == "clean" else FLOAT
        needed |= {f"{condition}.{name}": (LABEL, test) for name in ("predicted", "rank")}
        needed |= {f"{condition}.{name}": (number, test) for name in ("confidence", "log_probability", "squared_sum")}
    needed |= {"scaled.half": (BIT, test), "scaled.confidence": (TRUE, test)}
    needed |= dict.fromkeys(("saturated", "zero_gradient", "stuck"), (BIT, test))
    curve = (len(layout.battery.eps_curve), *test)
    needed |= {f"curve.{attack}.wrong": (BIT, curve) for attack in WHITE_BOX}
    needed |= _between((layout.battery.pairs, len(LAMBDAS)))
    for role in () if external else ("model", *layout.noises):
        epochs = (layout.budget.epochs,)
        needed |= {f"{role}.given": (LABEL, train), f"{role}.corrupted": (BIT, train)}
        needed |= {f"{role}.train_predicted": (LABEL, train), f"{role}.test_predicted": (LABEL, test)}
        needed |= {f"{role}.train_loss": (TRUE, epochs), f"{role}.test_error": (TRUE, epochs)}
    return needed


def _between(grid: Shape) -> dict[str, tuple[str, Shape]]:
    return {
        "between.pairs": (WHOLE, (grid[0], 2)),
        "between.lambda": (TRUE, grid[1:]),
        "between.miss_mixup": (BIT, grid),
        "between.miss_cutmix": (BIT, grid),
        "between.gradient_norm": (FLOAT, grid),
        "between.cutmix_lambda": (TRUE, grid),
    }
