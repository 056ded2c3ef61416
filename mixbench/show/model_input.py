"""What a training step shows the model: the images of its last forward pass, methods inside the loss included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mixbench.augment.compose import Composition
from mixbench.spec.seeding import stream
from mixbench.spec.suite import Suite
from mixbench.torch_state import library_randomness

if TYPE_CHECKING:
    from mixbench.augment.protocol import Context, Images


def model_input(augmentation: Composition, suite: Suite, context: Context, seed: int) -> Images:
    """Take one step of a suite's untrained backbone; return (N, C, H, W) of what it saw last, for a context's images.

    Where a step has several views of each image, the last view counts. MixBenchError where the backbone does not fit.
    """
    from mixbench.training.backbone import build

    train, seen = context.data.train, []
    with library_randomness(stream(seed, "model input")):
        model = build(suite.backbone, suite.data)
        augmentation.prepare(model)
        context = replace(context, learned=augmentation.learners(model, context.data.classes))
        model.register_forward_pre_hook(lambda model, inputs: seen.append(inputs[0].detach()))
        images, targets = train.pixels(context.indices), train.one_hot(context.indices, context.data.classes)
        images, targets = augmentation.mix(images, targets, stream(seed, "mix"), context)
        augmentation.loss(model.train(), augmentation.criterion, images, targets, stream(seed, "loss"), context)
    return seen[-1][-len(images) :]
