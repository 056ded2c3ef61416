"""A model's body: all of its weights but the classifier's, for a training that begins with another's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mixbench.spec.errors import MixBenchError
from mixbench.training.backbone import Classifier
from mixbench.training.tensors import Shape


def begin_with(tensors: Mapping[str, Tensor] | None, model: Classifier) -> None:
    """Put the body of a finished training's tensors into a model, in place; its head stays as it was made.

    MixBenchError without tensors, and where the two bodies are not of one shape.
    """
    own = model.net.state_dict()
    found, needed = (_body(each, head_of(model.net)) for each in (tensors or {}, own))
    if (got := _shapes(found)) != (wanted := _shapes(needed)):
        name = next(iter(sorted(wanted.items() ^ got.items())))[0]
        raise MixBenchError(
            f"pretraining: needed {name} of shape {wanted.get(name, 'none at all')}, got {got.get(name, 'none')};"
            " train on data of the same shape, with the same backbone and stem"
        )
    model.net.load_state_dict({**own, **found})


def head_of(net: Any) -> str:
    """Return what the names of a model's classifier begin with; MixBenchError for a model that has none."""
    head = net.get_classifier() if hasattr(net, "get_classifier") else None
    found = next((name for name, module in net.named_modules() if name and module is head), None)
    if found is None:
        raise MixBenchError(f"pretraining: needed a model with a classifier to leave out, got {type(net).__name__}")
    return f"{found}."


def _body(tensors: Mapping[str, Tensor], head: str) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in tensors.items() if not name.startswith(head)}


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
