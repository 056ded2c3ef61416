"""The document of own methods: every example keeps the rules and takes a step that trains what it should."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation, composition
from mixbench.testing import check_augmentation, check_on_fake_cuda, example_batch
from mixbench.training.backbone import build
from mixbench.training.fits import SMALL_COLOUR, try_step

DOCUMENT = Path(__file__).parents[2] / "docs" / "own-methods.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
NAMES = [re.search(r"class (\w+)", example)[1] for example in EXAMPLES]


@pytest.fixture(params=range(len(EXAMPLES)), ids=NAMES)
def spec(request, tmp_path):
    (tmp_path / "mine.py").write_text(EXAMPLES[request.param])
    return f"{tmp_path}/mine.py:{NAMES[request.param]}"


def test_has_an_example_of_every_hook():
    for hook in ("mix", "prepare", "criterion", "loss", "learner"):
        assert any(f"def {hook}(" in example for example in EXAMPLES)


def test_keeps_the_rules_and_takes_a_step(spec):
    check_augmentation(spec)
    check_on_fake_cuda(spec)
    torch.manual_seed(0)
    plain = float(try_step(build("test_resnet", SMALL_COLOUR), "erm", SMALL_COLOUR))
    torch.manual_seed(0)
    model = build("test_resnet", SMALL_COLOUR)
    loss = float(try_step(model, f"{spec}+label_smoothing(epsilon=0)", SMALL_COLOUR))
    images, targets, context = example_batch(8, 3, (8, 8), 0)
    mixed, _ = augmentation(spec).mix(images, targets, np.random.default_rng(0), context)
    # A batch of two may be paired with itself.
    assert loss != plain or not torch.equal(mixed, images)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters() if p.requires_grad)
    assert repr(augmentation(spec)).startswith(f"mine.py:{spec.rpartition(':')[2]}")
    assert composition(spec).parts
