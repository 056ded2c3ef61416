"""The gate on real trainings of the boards: the shipped calibrations, and masking planted in a candidate."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from boards import copy_record

from mixbench.cli.check import check
from mixbench.gate.calibrate import calibrations
from mixbench.gate.calibration import SHIPPED, calibration_bytes, file_name, read_calibration
from mixbench.gate.tolerances import tolerance_of
from mixbench.results.flags import flags_of
from mixbench.results.found import BOARD, read_all, read_records
from mixbench.results.measures import BY_NAME, read
from mixbench.results.outcomes import dump, load_outcomes
from mixbench.results.record import seal
from mixbench.spec.suite import load_suite

ROOT = Path(__file__).parents[2]


def records(method: str) -> list[Path]:
    """The files of one row of the board of digits, its first three seeds."""
    return sorted((ROOT / BOARD / "digits" / "records").glob(f"digits-test_resnet-{method}-seed[012]-*.json"))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_a_shipped_calibration_is_that_of_its_suite(path):
    made = read_calibration(path)
    suite = load_suite(made.suite)
    assert (made.suite_digest, made.backbone) == (suite.digest, suite.backbone)
    assert path.name == file_name(made.suite, made.backbone, made.suite_digest)
    assert calibration_bytes(made) == path.read_bytes()
    assert set(made.seeds.values()) == {3}
    for name, noise in made.measures.items():
        assert noise.tolerance >= tolerance_of(name).allowed
        assert noise.other >= noise.same or BY_NAME[name].by_class
        assert set(noise.methods) == (set() if BY_NAME[name].by_class else set(made.seeds))


def test_a_calibration_says_how_much_trainings_of_a_method_differ():
    """Against NumPy's standard deviations of readings over seeds, of two rows of a board."""
    found = read_all([*records("erm"), *records("dropout")])
    made = calibrations(found)[0]
    assert made.trainings == sorted(each.record.trainings["model"][:16] for each in found)
    for name in ("clean.top1_error", "ifgsm.white.top1_error", "calibration.nll"):
        values = np.array([each.record.readings[name].value for each in found]).reshape(2, 3)
        spreads, noise = values.std(axis=1, ddof=1), made.measures[name]
        assert noise.other == pytest.approx(max(np.sqrt((spreads**2).mean()), noise.same), rel=0.01)
        # The two rows of a difference, of the same seeds.
        assert noise.same == pytest.approx((values[1] - values[0]).std(ddof=1) / np.sqrt(2), rel=0.01)
        assert [noise.methods[method][1] for method in ("erm", "dropout(p=0.3)")] == pytest.approx(spreads, rel=0.01)


def masked(path: Path, folder: Path) -> None:
    """A record whose I-FGSM errors are mostly made right, and some of FGSM's, so that it seems to be robust."""
    content, outcomes = json.loads(path.read_text()), load_outcomes(path.with_suffix(".npz"))
    rng = np.random.default_rng(0)
    for attack, share in (("ifgsm", 0.8), ("fgsm", 0.3)):
        right = (outcomes[f"{attack}.white.rank"] > 1) & (rng.random(len(outcomes["labels"])) < share)
        for name in [name for name in outcomes if name.startswith(f"{attack}.white.")]:
            clean = outcomes[name.replace(f"{attack}.white", "clean")]
            outcomes[name] = np.where(right, clean, outcomes[name]).astype(outcomes[name].dtype)
    content.pop("digest")
    content["flags"] = flags_of(outcomes)
    content["readings"] = {name: reading.model_dump() for name, reading in read(outcomes).items()}
    content["outcomes"]["sha256"] = hashlib.sha256(dump(outcomes)).hexdigest()
    folder.mkdir(exist_ok=True)
    (folder / content["outcomes"]["file"]).write_bytes(dump(outcomes))
    (folder / path.name).write_bytes(seal(content))


def test_masking_planted_in_a_candidate_fails_the_gate(tmp_path, capsys):
    base = tmp_path / "base"
    base.mkdir()
    for path in records("mixup"):
        copy_record(path, base)
        masked(path, tmp_path / "masked")
    assert check(base, baseline=base) == 0
    capsys.readouterr()
    assert check(tmp_path / "masked", baseline=base) == 1
    assert capsys.readouterr().out.rstrip().splitlines()[-1] == "regression: new flag gradient_masking"
    assert len(read_records(tmp_path / "masked")) == 3
