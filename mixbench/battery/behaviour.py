"""What kind of function a model is, found out on a few images before it is measured."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from mixbench.battery.subject import Subject, softmax_link
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import SUITE_SEED, stream
from mixbench.torch_state import evaluation_mode, library_randomness
from mixbench.training.predict import as_logits

IMAGES = 8
"""Images that are looked at."""

SAME = 1e-3
"""Answers that differ by less than this part of all answers' range are the same."""

SUMS = 0.02
"""How near to 1 rows of half-precision probabilities add up."""


UNSTEADY = ("random", "batch_dependent", "learning")
"""What a model cannot be measured twice alike for; the other ways change no number, or only what is told."""


def behaviour(subject: Subject, images: Tensor) -> list[str]:
    """Return a sentence for each way in which a model from pixels (N, C, H, W) is no fixed function of one image.

    Each comes after its name and a colon, as flags do. MixBenchError for a model that changes its input or returns
    probabilities, with which every number would be wrong, or that cannot take the images.
    """
    few = images[torch.linspace(0, len(images) - 1, min(IMAGES, len(images))).long()]
    fork = library_randomness(stream(SUITE_SEED, "behaviour"))
    with evaluation_mode(subject.model), fork, torch.no_grad():
        before = _buffers(subject)
        first = _answer(subject, few)
        if not bool(first.isfinite().all()):
            return []
        _refuse_probabilities(first, subject)
        return [*_changes(subject, few, first), *_moved(before, subject), *_outputs(first, subject)]


def _answer(subject: Subject, few: Tensor) -> Tensor:
    given = few.clone()
    try:
        answer = as_logits(subject.model(given))
    except MixBenchError:
        raise
    except Exception as error:
        raise MixBenchError(_unable(subject, few, error)) from error
    if not torch.equal(given, few):
        raise MixBenchError(
            "model: changes its input in place, so that every later look sees other images; write x = x - mean instead"
            " of x -= mean, or begin forward with x = x.clone()"
        )
    if len(answer) != len(few):
        raise MixBenchError(f"model: needed a row of logits for each of {len(few)} images, got {len(answer)}")
    return answer


def _unable(subject: Subject, few: Tensor, error: Exception) -> str:
    lines = str(error).strip().splitlines()
    kinds = {each.dtype for each in subject.model.parameters() if each.is_floating_point()} - {torch.float32}
    advice = f"; its weights are {next(iter(kinds))}, measure model.float()" if kinds else ""
    said = f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__
    return f"model: needed to take images {tuple(few.shape)} float32, got {said}{advice}"


def _refuse_probabilities(first: Tensor, subject: Subject) -> None:
    if bool((first >= 0).all()) and bool(((first.double().sum(1) - 1).abs() < SUMS).all()):
        raise MixBenchError(
            "model: needed logits, got probabilities (no row has a negative number, each adds up to 1), with which"
            " calibration and attacks would be wrong; leave out the softmax at its end, or return its logarithm"
        )
    if _are_logarithms(first) and subject.log_probabilities is not softmax_link:
        raise MixBenchError("model: needed logits for its own link, got log-probabilities; leave out its last step")


def _are_logarithms(first: Tensor) -> bool:
    return bool((first <= 0).all()) and bool((first.double().logsumexp(1).abs() < SUMS).all())


def _outputs(first: Tensor, subject: Subject) -> Iterator[str]:
    within = bool(((first >= 0) & (first <= 1)).all()) and bool(first.min() < first.max())
    if within and subject.log_probabilities is softmax_link:
        yield (
            "bounded: every output lies in [0, 1], as after a sigmoid, and softmax of such makes all classes nearly"
            " alike, so that calibration is wrong; return what goes into the sigmoid"
        )
    if _are_logarithms(first):
        yield (
            "log_probabilities: the model returns log-probabilities instead of logits; softmax makes the same"
            " probabilities of both, so the numbers stand"
        )


def _changes(subject: Subject, few: Tensor, first: Tensor) -> Iterator[str]:
    """A second look at the same images, then at the first one in other company and at all in another order."""
    if _differ(_answer(subject, few), first, first):
        yield (
            "random: the model answers otherwise each time it is asked about the same images (noise, or dropout left"
            " on), so no number can be had again and attacks follow gradients of other answers; take the randomness"
            " out, or fix its draw"
        )
        return
    alone = _answer(subject, few[:1].expand_as(few))[:1]
    turned = _answer(subject, few.roll(1, 0)).roll(-1, 0)
    if _differ(alone, first[:1], first) or _differ(turned, first, first):
        yield (
            "batch_dependent: the model's answer about an image depends on the other images in its batch (batch norm"
            " in training mode?), so every number depends on the order and size of batches; put it into evaluation mode"
        )


def _differ(some: Tensor, others: Tensor, all_answers: Tensor) -> bool:
    spread = float(all_answers.max() - all_answers.min())
    return not float((some - others).abs().max()) <= SAME * spread


def _buffers(subject: Subject) -> dict[str, Tensor]:
    return {name: buffer.clone() for name, buffer in subject.model.named_buffers()}


def _moved(before: dict[str, Tensor], subject: Subject) -> Iterator[str]:
    moved = [name for name, buffer in subject.model.named_buffers() if not torch.equal(buffer, before[name])]
    if moved:
        yield (
            f"learning: the model changes {moved[0]} while it is asked, so that it is another model afterwards; put it"
            " into evaluation mode"
        )
