"""Toy GANs: counts by hand, losses by their formula, points by their law."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from paper import GANS

from mixbench.cli import main
from mixbench.papers.kinds.gan_job import GanJob
from mixbench.papers.kinds.gan_training import (
    DENSITIES,
    Density,
    Options,
    _real,
    alpha_of,
    count,
    critic_loss,
    grid,
    samples_of,
)
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError

LINE = Density(np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]]), 1.0)


def test_modes_and_samples_are_counted_within_three_deviations() -> None:
    samples = np.array([[0.0, 2.9], [0.5, 0.0], [13.1, 0.0], [20.0, -3.0], [100.0, 0.0]])

    missed, far = count(samples, LINE)

    assert (missed, far) == (0.5, 2 / 5)


def test_the_plain_loss_is_that_of_goodfellow_and_the_mixed_one_that_of_the_paper() -> None:
    rng = np.random.default_rng(3)
    real, made = torch.randn(64, 2), torch.randn(64, 2)
    critic = torch.nn.Linear(2, 1)

    def probability(points: torch.Tensor) -> np.ndarray:
        weight, bias = critic.weight.detach().double().numpy(), critic.bias.detach().double().numpy()
        return 1 / (1 + np.exp(-(points.double().numpy() @ weight.T + bias)))

    plain = -np.log(probability(real)).mean() - np.log(1 - probability(made)).mean()
    share = np.random.default_rng(3).beta(0.2, 0.2, size=(64, 1))
    d = probability(torch.from_numpy(share).float() * real + (1 - torch.from_numpy(share).float()) * made)
    mixed = -(share * np.log(d) + (1 - share) * np.log(1 - d)).mean()

    assert critic_loss(critic, real, made, None, rng).item() == pytest.approx(plain, abs=1e-5)
    assert critic_loss(critic, real, made, 0.2, rng).item() == pytest.approx(mixed, abs=1e-5)


def test_real_points_follow_the_density() -> None:
    density = grid()
    points = _real(density, 20_000, np.random.default_rng(0)).double().numpy()
    nearest = np.linalg.norm(points[:, None] - density.centres, axis=2).argmin(axis=1)
    around = points - density.centres[nearest]

    # Counts of 25 equal modes: 800 ± 28 each; deviations to a hundredth.
    assert np.abs(np.bincount(nearest, minlength=25) - 800).max() < 5 * 28
    assert around.std(axis=0) == pytest.approx([density.deviation] * 2, rel=0.03)
    assert count(points, density)[1] == pytest.approx(np.exp(-4.5), abs=0.003)


def test_the_same_seed_gives_the_same_points_and_another_others() -> None:
    few = Options("ring", width=8, iterations=3, batch=16)
    first, again, other = (samples_of(0.2, few, seed) for seed in (0, 0, 1))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_rows_are_erm_or_mixup() -> None:
    assert alpha_of("erm") is None
    assert alpha_of("mixup(alpha=0.4)") == 0.4
    with pytest.raises(MixBenchError, match="needed erm or mixup"):
        alpha_of("cutmix")


@pytest.mark.parametrize(("values", "words"), [({"density": "rings"}, "Did you mean 'ring'"), ({}, "needed density")])
def test_other_options_are_refused(values: dict[str, str], words: str) -> None:
    with pytest.raises(MixBenchError, match=words):
        Options.of(values)
    assert set(DENSITIES) == {"ring", "grid"}


def test_samples_are_made_by_workers_with_the_same_bits_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gans.toml").write_text(GANS, encoding="utf-8")
    words = ["reproduce", "gans.toml", "--seeds", "2", "--workers", "2", "--json"]

    assert main(words) == 0
    made, store = json.loads(capsys.readouterr().out), Store(tmp_path / "runs")
    options = Options("ring", width=8, iterations=3, batch=16)
    for spec in ("erm", "mixup(alpha=0.2)"):
        for seed in (0, 1):
            kept = GanJob.of(spec, alpha_of(spec), options, seed).samples(store)
            assert np.array_equal(kept, samples_of(alpha_of(spec), options, seed))
    means = [
        np.mean([count(samples_of(0.2, options, seed), DENSITIES["ring"]())[at] for seed in (0, 1)]) for at in (0, 1)
    ]
    assert [cell["mean"] for cell in made["settings"][0]["rows"][1]["cells"]] == pytest.approx(means)

    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("manifest")}
    assert main(["runs", "--prune", "--yes"]) == 0
    assert "dropped: 0, " in capsys.readouterr().out
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out) == made
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("manifest")} == written
    assert len(written) == 4
