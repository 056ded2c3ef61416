"""The battery on values without bounds: attacks by hand, what is in between, and no pastes."""

import numpy as np
import pytest
import torch
from torch import nn

from mixbench.battery.attack import ATTACKS, attacking, perturb_unbounded
from mixbench.battery.battery import examine
from mixbench.battery.subject import Subject
from mixbench.battery.views import AttackError
from mixbench.data.split import Split
from mixbench.results.arrays import expected
from mixbench.results.measures import OUTCOMES_VERSION
from mixbench.spec.kinds import IMAGES, TABULAR
from mixbench.spec.sections.battery import Battery

EPS = 0.3
SETTINGS = Battery(eps=EPS, eps_curve=[0.0, 0.1, EPS, 0.6], pairs=20)


@pytest.fixture(scope="module")
def net() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 3)).eval()


@pytest.fixture(scope="module")
def split() -> Split:
    generator = torch.Generator().manual_seed(1)
    return Split(3 * torch.randn(40, 6, 1, 1, generator=generator), torch.arange(40) % 3, white=1)


def by_hand(net: nn.Module, split: Split, eps: float, steps: int) -> torch.Tensor:
    """Ascend the margin in float64: step, project on the ball, repeat."""
    exact = nn.Sequential(*(module for module in net)).double()
    start = attacked = split.images.double()
    for _ in range(steps):
        attacked = attacked.detach().requires_grad_()
        logits = exact(attacked)
        true = logits.gather(1, split.labels[:, None])
        others = logits.scatter(1, split.labels[:, None], -torch.inf).logsumexp(1)
        gradient = torch.autograd.grad((others - true.squeeze(1)).sum(), attacked)[0]
        attacked = (attacked + eps / steps * gradient.sign()).clamp(start - eps, start + eps)
    net.float()
    return attacked.detach().float()


@pytest.mark.parametrize(("name", "steps"), [("fgsm", 1), ("ifgsm", 10)])
def test_attacks_are_those_by_hand_and_leave_0_to_1(net, split, name, steps):
    with attacking(net):
        found = perturb_unbounded(net, split.images, split.labels, ATTACKS[name], EPS)
    torch.testing.assert_close(found, by_hand(net, split, EPS, steps), rtol=0, atol=1e-5)
    assert found.min() < -1
    assert found.max() > 2


def test_apgd_stays_in_the_ball_and_is_no_weaker(net, split):
    with attacking(net):
        strong, weak = (
            perturb_unbounded(net, split.images, split.labels, ATTACKS[name], EPS) for name in ("apgd", "ifgsm")
        )
    assert float((strong - split.images).abs().max()) <= EPS + 1e-5
    errors = [int((net(each).argmax(1) != split.labels).sum()) for each in (strong, weak)]
    assert errors[0] >= errors[1]


def test_the_battery_shares_its_first_look_and_gives_what_attacks_alone_give(net, split):
    outcomes = examine(Subject(net, kind=TABULAR), split, SETTINGS, "some", train=split)
    for name in ("fgsm", "ifgsm"):
        attacked = by_hand(net, split, EPS, {"fgsm": 1, "ifgsm": 10}[name])
        np.testing.assert_array_equal(outcomes[f"{name}.white.predicted"], net(attacked).argmax(1))


def test_pastes_are_absent_and_everything_else_is_there(net, split):
    outcomes = examine(Subject(net, kind=TABULAR), split, SETTINGS, "some", train=split)
    whole = examine(Subject(net, kind=IMAGES), _pixels(split), SETTINGS, "some", train=_pixels(split))
    assert whole.keys() - outcomes.keys() == {"between.miss_cutmix", "between.cutmix_lambda"}
    with_pastes, without = (expected((), (), OUTCOMES_VERSION, (), kind.mixers) for kind in (IMAGES, TABULAR))
    lost = {row.name for row in with_pastes} - {row.name for row in without}
    assert lost == {"between.miss_cutmix", "between.cutmix_lambda"}


def test_images_are_held_to_their_bounds_still(net, split):
    with pytest.raises(AttackError, match=r"needed pixels in \[0, 1\]"):
        examine(Subject(net), split, SETTINGS, "some")


def test_values_that_are_no_numbers_are_refused(net, split):
    bad = Split(split.images.clone().fill_(float("nan")), split.labels, white=1)
    with pytest.raises(Exception, match=r"NaN|finite"):
        examine(Subject(net, kind=TABULAR), bad, SETTINGS, "some")


def _pixels(split: Split) -> Split:
    return Split(split.images.sigmoid(), split.labels, white=1)
