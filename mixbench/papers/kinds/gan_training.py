"""Generative adversarial networks on plane densities, plain and with mixup between real and made points.

Zhang et al., mixup, 2018, section 3.7: three hidden layers of ReLU units, Adam, five steps of the discriminator for one
of the generator. Metz et al., Unrolled GANs, 2017, have the densities: eight Gaussians on a circle, 25 on a grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from mixbench.augment.build import composition
from mixbench.augment.methods.mixup import Mixup
from mixbench.report.beside import ERM
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.seeding import stream

if TYPE_CHECKING:
    import torch

Points = Float[np.ndarray, "n 2"]

SAMPLES = 2500
"""Drawn from a trained generator to count by."""
REPORTED = 200
"""Steps of the generator between two reports."""
NEAR = 3.0
"""Standard deviations within which a sample is near a mode."""


@dataclass(frozen=True)
class Density:
    """A mixture of equal round Gaussians: their centres (K, 2) and standard deviation."""

    centres: Points
    deviation: float


def ring() -> Density:
    """Return eight Gaussians on a circle of radius 2."""
    angles = 2 * np.pi * np.arange(8) / 8
    return Density(2 * np.stack([np.cos(angles), np.sin(angles)], axis=1), 0.02)


def grid() -> Density:
    """Return 25 Gaussians on a square grid of distance 1."""
    places = np.arange(5.0) - 2
    return Density(np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2), 0.05)


DENSITIES: dict[str, Callable[[], Density]] = {"ring": ring, "grid": grid}


@dataclass(frozen=True)
class Options:
    """A setting's values: which density, the networks' width, the generator's steps."""

    density: str
    width: int = 64
    iterations: int = 4000
    batch: int = 128

    @classmethod
    def of(cls, values: dict[str, Any]) -> Options:
        """Return a setting's options; MixBenchError for others."""
        try:
            made = cls(**values)
        except TypeError as error:
            raise MixBenchError(f"setting: needed density, width, iterations and batch, got {error}; mend it") from None
        if made.density not in DENSITIES:
            raise unknown("density", made.density, DENSITIES, f"one of {', '.join(DENSITIES)}")
        return made

    def __str__(self) -> str:
        return f"{self.density}, {self.width} units, {self.iterations} steps"


def count(samples: Points, density: Density) -> tuple[float, float]:
    """Return the share of modes that no sample is near, and the share of samples that are near no mode."""
    near = near_modes(samples, density)
    return float(1 - near.any(axis=0).mean()), float(1 - near.any(axis=1).mean())


def near_modes(samples: Points, density: Density) -> Bool[np.ndarray, "n k"]:
    """Return whether each sample lies within NEAR standard deviations of each mode."""
    return np.linalg.norm(samples[:, None] - density.centres, axis=2) <= NEAR * density.deviation


def alpha_of(spec: str) -> float | None:
    """Return mixup's α of a row's spec, None for erm; MixBenchError for any other."""
    first, *more = composition(spec).parts
    if first.name == ERM:
        return None
    if isinstance(first, Mixup) and not more:
        return first.alpha
    raise MixBenchError(f"row {spec}: needed erm or mixup(alpha=…) for a GAN, got another; mend the file")


def samples_of(
    alpha: float | None, options: Options, seed: int, report: Callable[[int], None] = lambda step: None
) -> Points:
    """Train a pair of networks, with mixup where there is an α, and return SAMPLES points (N, 2) of the generator's.

    `report` hears how many of the generator's steps are done, now and then.
    """
    import torch

    from mixbench.torch_state import fixed_arithmetic, library_randomness

    density = DENSITIES[options.density]()
    draws = stream(seed, "gan", options.density)
    with fixed_arithmetic(1), library_randomness(stream(seed, "initial weights")):
        generator, critic = _network(2, options.width, 2), _network(2, options.width, 1)
        first, second = (torch.optim.Adam(each.parameters()) for each in (critic, generator))
        for step in range(options.iterations):
            if step % REPORTED == 0:
                report(step)
            for _ in range(5):
                real, made = _real(density, options.batch, draws), _made(generator, options.batch, draws)
                _step(first, critic_loss(critic, real, made.detach(), alpha, draws))
            # The generator ascends log d, which does not saturate, rather than descend log(1 − d).
            made = critic(_made(generator, options.batch, draws))
            _step(second, torch.nn.functional.binary_cross_entropy_with_logits(made, torch.ones_like(made)))
        with torch.no_grad():
            return _made(generator, SAMPLES, draws).double().numpy()


def critic_loss(
    critic: torch.nn.Module, real: torch.Tensor, made: torch.Tensor, alpha: float | None, draws: np.random.Generator
) -> torch.Tensor:
    """Return what the discriminator descends, ℓ(d(x), 1) + ℓ(d(g(z)), 0), or with mixup ℓ(d(λx + (1 − λ)g(z)), λ)."""
    import torch

    entropy = torch.nn.functional.binary_cross_entropy_with_logits
    if alpha is None:
        told, guessed = critic(real), critic(made)
        return entropy(told, torch.ones_like(told)) + entropy(guessed, torch.zeros_like(guessed))
    share = torch.from_numpy(draws.beta(alpha, alpha, size=(len(real), 1)).astype(np.float32))
    return entropy(critic(share * real + (1 - share) * made), share)


def _network(inputs: int, width: int, outputs: int) -> torch.nn.Module:
    from torch import nn

    layers = [layer for a, b in pairwise([inputs, width, width, width]) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def _real(density: Density, size: int, draws: np.random.Generator) -> torch.Tensor:
    import torch

    centres = density.centres[draws.integers(len(density.centres), size=size)]
    return torch.from_numpy((centres + density.deviation * draws.standard_normal((size, 2))).astype(np.float32))


def _made(generator: torch.nn.Module, size: int, draws: np.random.Generator) -> torch.Tensor:
    import torch

    return generator(torch.from_numpy(draws.standard_normal((size, 2), dtype=np.float32)))


def _step(optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
