"""What `mixbench eval --aug cutmix` on digits tells, by the script that is usually written.

The same budget and the same measures: a surrogate, the model and three trainings on wrong labels, each by a DataLoader;
FGSM and I-FGSM by torchattacks at the suite's ε and those of its curve, from the model and from the surrogate; ECE; and
both mixers in between pairs, with gradient norms. It uses all cores as PyTorch does by itself.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
import torchattacks
from by_hand_training import Images, plain_net, train
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from mixbench.spec.suite import load_suite

SUITE = load_suite("digits")
EPOCHS, BATCH, RATE = SUITE.training.epochs, SUITE.training.batch_size, SUITE.training.optimizer.learning_rate
MEAN, STD = SUITE.data.mean[0], SUITE.data.std[0]


class Normalised(nn.Module):
    """Takes pixels in [0, 1]."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        return self.net((images - MEAN) / STD)


def trained(images: Tensor, labels: Tensor, test_set: Images, cutmix: bool) -> nn.Module:
    """Train a model on given labels."""
    mix = v2.CutMix(num_classes=10) if cutmix else lambda images, labels: (images, labels)
    net = plain_net("test_resnet", SUITE.data)
    train(net, Images(images, labels, 16, [MEAN], [STD]), test_set, EPOCHS, BATCH, RATE, mix)
    return Normalised(net).eval()


def wrong(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of images predicted wrongly."""
    with torch.no_grad():
        return float((model(images).argmax(1) != labels).float().mean())


def attacked(model: nn.Module, images: Tensor, labels: Tensor, eps: float) -> dict[str, Tensor]:
    """Return the adversarial versions of both attacks."""
    fgsm = torchattacks.FGSM(model, eps=eps)
    ifgsm = torchattacks.BIM(model, eps=eps, alpha=eps / 10, steps=10)
    return {"FGSM": fgsm(images, labels), "I-FGSM": ifgsm(images, labels)}


def calibration_error(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the ECE of 15 bins."""
    with torch.no_grad():
        confidence, predicted = model(images).softmax(1).max(1)
    right, bins = (predicted == labels).float(), (confidence * 15).ceil().clamp(1, 15)
    parts = [bins == each for each in range(1, 16)]
    return sum(abs(float((right[part] - confidence[part]).sum())) for part in parts) / len(labels)


def between(model: nn.Module, images: Tensor, labels: Tensor) -> dict[str, float]:
    """Return misses of both mixers and the gradient norm, over pairs and λ."""
    first, second = (torch.randperm(len(images))[: SUITE.battery.pairs] for _ in range(2))
    a, b, of_a, of_b = images[first], images[second], labels[first], labels[second]
    misses, pasted, norms = [], [], []
    for share in np.linspace(0, 1, 11):
        blend = (share * a + (1 - share) * b).requires_grad_()
        logits = model(blend)
        loss = share * nn.functional.cross_entropy(logits, of_a) + (1 - share) * nn.functional.cross_entropy(
            logits, of_b
        )
        norms.append(float(torch.autograd.grad(loss, blend)[0].flatten(1).norm(dim=1).mean()))
        misses.append(float(((logits.argmax(1) != of_a) & (logits.argmax(1) != of_b)).float().mean()))
        side, paste = int(8 * (1 - share) ** 0.5), a.clone()
        paste[..., :side, :side] = b[..., :side, :side]
        with torch.no_grad():
            predicted = model(paste).argmax(1)
        pasted.append(float(((predicted != of_a) & (predicted != of_b)).float().mean()))
    return {"mixup": float(np.mean(misses)), "cutmix": float(np.mean(pasted)), "norm": float(np.mean(norms))}


def main() -> None:
    """Train, attack and print."""
    digits = load_digits()
    split = train_test_split(
        digits.images.astype(np.uint8), digits.target, test_size=0.2, stratify=digits.target, random_state=0
    )
    images, test_images = (torch.from_numpy(each)[:, None] for each in split[:2])
    labels, test_labels = (torch.from_numpy(each) for each in split[2:])
    test_set = Images(test_images, test_labels, 16, [MEAN], [STD])
    surrogate, model = (trained(images, labels, test_set, cutmix) for cutmix in (False, True))
    pixels = test_images.float() / 16
    found = {"clean": wrong(model, pixels, test_labels), "ECE": calibration_error(model, pixels, test_labels)}
    for eps in (0.05, 0.1, 0.2):
        for name, examples in attacked(model, pixels, test_labels, eps).items():
            found[f"{name}, {eps}"] = wrong(model, examples, test_labels)
    for name, examples in attacked(surrogate, pixels, test_labels, 0.1).items():
        found[f"{name}, black box"] = wrong(model, examples, test_labels)
    found |= between(model, images.float() / 16, labels)
    for noise in (0.2, 0.5, 0.8):
        redrawn = torch.rand(len(labels)) < noise
        given = torch.where(redrawn, torch.randint(10, labels.shape), labels)
        noisy = trained(images, given, test_set, True)
        found[f"noise {noise}"] = wrong(noisy, pixels, test_labels)
        loader = DataLoader(Images(images, given, 16, [MEAN], [STD]), 512)
        with torch.no_grad():
            fitted = torch.cat([noisy.net(part).argmax(1) for part, _ in loader])
        found[f"memorised {noise}"] = float((fitted == given)[redrawn].float().mean())
    sys.stdout.write("".join(f"{name}: {value:.4f}\n" for name, value in found.items()))


if __name__ == "__main__":
    main()
