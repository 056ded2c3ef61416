"""A batch divided: each process's share of it, or as many images at once as fit, their gradients added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mixbench.augment.compose import Composition
from mixbench.augment.traits import Claim
from mixbench.spec.errors import MixBenchError
from mixbench.spec.training import TrainingSpec
from mixbench.training.several import Alone


def refuse_parts(spec: TrainingSpec, augmentation: Composition) -> None:
    """MixBenchError where a batch is to be divided and a method's loss is of the batch as a whole."""
    owner = next((part.name for part in augmentation.parts if Claim.LOSS in part.claims), None)
    if owner and (spec.processes > 1 or spec.micro_batch):
        how = f"{spec.processes} processes" if spec.processes > 1 else f"micro_batch = {spec.micro_batch}"
        raise MixBenchError(
            f"augmentation {owner!r}: its loss is of a whole batch at once, which {how} would divide; train it by one"
            " process and without micro_batch"
        )


def parts_of(count: int, micro_batch: int | None, several: Alone) -> list[slice]:
    """Return this process's parts of a batch of `count` images, as many as every other's and none above micro_batch.

    All parts together are the batch, each image once; where there are fewer images than parts some are empty.
    """
    share = -(-count // several.count)
    pieces = -(-share // micro_batch) if micro_batch else 1
    edges = [count * place // (several.count * pieces) for place in range(several.count * pieces + 1)]
    mine = range(several.rank * pieces, (several.rank + 1) * pieces)
    return [slice(edges[place], edges[place + 1]) for place in mine]


def backward(
    loss_of: Callable[[Tensor, Tensor], Tensor],
    images: Tensor,
    targets: Tensor,
    parts: Sequence[slice],
    several: Alone,
    optimiser: torch.optim.Optimizer,
) -> Tensor:
    """Make the gradients of a batch's mean loss, added up over its parts, here and everywhere.

    Returns that loss, detached and still on the device.
    """
    if several.count == len(parts) == 1:
        loss = loss_of(images, targets)
        # After the loss, which may have made gradients of its own.
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        return loss.detach()
    optimiser.zero_grad(set_to_none=True)
    found = images.new_zeros(())
    for part in parts:
        loss = _weighted(loss_of, images[part], targets[part], len(images))
        loss.backward()
        found = found + loss.detach()
    return _add_up(optimiser, found, several)


def _weighted(loss_of: Callable[[Tensor, Tensor], Tensor], images: Tensor, targets: Tensor, count: int) -> Tensor:
    """A part's share of the batch's mean; the mean of no image is none, but batch norm must be asked everywhere."""
    if len(images):
        return loss_of(images, targets) * (len(images) / count)
    return loss_of(images, targets).nan_to_num() * 0


def _add_up(optimiser: torch.optim.Optimizer, loss: Tensor, several: Alone) -> Tensor:
    """All in one message."""
    if several.count == 1:
        return loss
    parameters = [each for group in optimiser.param_groups for each in group["params"]]
    gradients = [each.grad for each in parameters if each.grad is not None]
    total = several.total(torch.cat([*(each.reshape(-1).float() for each in gradients), loss.reshape(1).float()]))
    pieces = total.split([*(each.numel() for each in gradients), 1])
    for gradient, piece in zip(gradients, pieces, strict=False):
        gradient.copy_(piece.view_as(gradient))
    return total[-1].clone()
