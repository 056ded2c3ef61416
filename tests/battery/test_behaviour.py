"""What kind of function a model is: what is refused, what is flagged, and that a sound one is left alone."""

import pytest
import torch
from torch import nn

import mixbench
from mixbench.battery.behaviour import behaviour
from mixbench.battery.subject import Subject


class Wrapped(nn.Module):
    def __init__(self, model, forward):
        super().__init__()
        self.model, self.how = model, forward
        self.norm = nn.BatchNorm2d(1)

    def forward(self, images):
        return self.how(self, images)


def flags(model, forward, images):
    return [each.partition(":")[0] for each in behaviour(Subject(Wrapped(model, forward)), images)]


def in_place(self, images):
    images -= 0.5
    return self.model(images)


REFUSED = {
    "probabilities": (lambda self, images: self.model(images).softmax(1), r"got probabilities .*leave out the softmax"),
    "half-precision probabilities": (
        lambda self, images: self.model(images).softmax(1).bfloat16().float().clamp(max=1), "got probabilities",
    ),
    "an input changed in place": (in_place, r"changes its input in place.*x\.clone"),
    "an input it cannot take": (lambda self, images: self.model(images[:, :, :3]), "needed to take images"),
    "too few rows": (lambda self, images: self.model(images)[:1], "a row of logits for each of 8"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_numbers_that_would_be_wrong_are_refused_in_one_line(trained, test_set, case):
    forward, message = REFUSED[case]
    with pytest.raises(mixbench.MixBenchError, match=message) as caught:
        mixbench.evaluate(Wrapped(trained, forward), *test_set, eps=0.1)
    assert "\n" not in str(caught.value)


def batch_norm(self, images):
    normed = nn.functional.batch_norm(images, self.norm.running_mean, self.norm.running_var, training=True)
    return self.model(normed)


FLAGGED = {
    "noise": (lambda self, images: self.model(images + 0.3 * torch.randn_like(images)), ["random"]),
    "dropout left on": (lambda self, images: self.model(nn.functional.dropout(images, 0.3, training=True)), ["random"]),
    "batch norm in training mode": (batch_norm, ["batch_dependent", "learning"]),
    "the batch's mean": (lambda self, images: self.model(images - images.mean(0)), ["batch_dependent"]),
    "the place in the batch": (
        lambda self, images: self.model(images) * torch.arange(1, len(images) + 1)[:, None], ["batch_dependent"],
    ),
    "log-probabilities": (lambda self, images: self.model(images).log_softmax(1), ["log_probabilities"]),
    "sigmoids": (lambda self, images: self.model(images).sigmoid(), ["bounded"]),
}  # fmt: skip


@pytest.mark.parametrize("case", FLAGGED)
def test_what_is_no_fixed_function_of_one_image_is_flagged(trained, test_set, case):
    forward, expected = FLAGGED[case]
    assert flags(trained, forward, test_set[0]) == expected


@pytest.mark.parametrize("count", [2, 3, 8, 360])
def test_a_sound_model_has_no_flag_and_moves_no_generator(trained, test_set, count):
    state = torch.get_rng_state()
    assert behaviour(Subject(trained), test_set[0][:count]) == []
    assert torch.equal(torch.get_rng_state(), state)


def test_flags_stand_in_the_evaluation_beside_those_of_the_attacks(trained, test_set):
    model = Wrapped(trained, lambda self, images: self.model(images + 0.3 * torch.randn_like(images)))
    assert "random" in [flag.partition(":")[0] for flag in mixbench.evaluate(model, *test_set, eps=0.1).flags]


def test_log_probabilities_change_no_number(trained, test_set):
    some = mixbench.evaluate(trained, *test_set, eps=0.1).readings
    others = mixbench.evaluate(lambda images: trained(images).log_softmax(1), *test_set, eps=0.1).readings
    assert {name: each.value for name, each in some.items()} == pytest.approx(
        {name: each.value for name, each in others.items()}, abs=0.003
    )


def test_log_probabilities_are_refused_where_the_link_is_another(trained, test_set):
    model = Wrapped(trained, lambda self, images: self.model(images).log_softmax(1))
    with pytest.raises(mixbench.MixBenchError, match="got log-probabilities"):
        behaviour(Subject(model, lambda logits: logits.sigmoid().log()), test_set[0])
