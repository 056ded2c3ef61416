"""What a battery measured of one model agrees with itself, array by array."""

import numpy as np
import pytest
from tiny import finished_record

from mixbench.results.attacks import ATTACKED, WHITE_BOX
from mixbench.results.noises import NOISES
from mixbench.results.outcomes import load_outcomes

CONDITIONS = ("clean", *ATTACKED, "fgsm.plain")
FLOAT32 = 1e-5
CLASSES = 10


@pytest.fixture(scope="module")
def o():
    return load_outcomes(finished_record().with_suffix(".npz"))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_probabilities_are_those_of_one_distribution(o, condition):
    rank, sure, log_true, squares = (
        o[f"{condition}.{name}"].astype(float) for name in ("rank", "confidence", "log_probability", "squared_sum")
    )
    true, right = np.exp(log_true), o[f"{condition}.predicted"] == o["labels"]
    assert np.array_equal(right, rank == 1)
    assert np.allclose(true[right], sure[right], atol=FLOAT32)
    assert (sure >= 1 / CLASSES - FLOAT32).all()
    # As many as the rank says are as likely as the true label, and all sum to 1.
    assert (true * (rank - 1) + np.where(right, 0, true) <= 1 + FLOAT32).all()
    assert (true[~right] <= (1 - sure[~right]) / (rank[~right] - 1) + FLOAT32).all()
    known = sure**2 + np.where(right, 0, true**2)
    rest = 1 - sure - np.where(right, 0, true)
    assert (squares >= known + rest**2 / (CLASSES - np.where(right, 1, 2)) - FLOAT32).all()
    assert (squares <= sure + FLOAT32).all()


@pytest.mark.parametrize("half", [False, True])
def test_one_temperature_moves_all_confidences_of_a_half_the_same_way(o, half):
    here = o["scaled.half"] == half
    change = o["scaled.confidence"][here] - o["clean.confidence"][here]
    assert (change >= -FLOAT32).all() or (change <= FLOAT32).all()


@pytest.mark.parametrize("attack", WHITE_BOX)
def test_a_curve_meets_the_attack_at_its_radius(o, attack):
    # The tiny suite's curve has one point, its ε.
    assert np.array_equal(o[f"curve.{attack}.wrong"], o[f"{attack}.rank"][None] > 1)


def alike(o, one, other, where):
    names = ("log_probability", "squared_sum")
    same = [o[f"{one}.{name}"] == o[f"{other}.{name}"].astype(np.float32) for name in names]
    return (same[0] & same[1] & where).sum() / where.sum()


def test_attacks_move_what_can_be_moved_each_its_own_way(o):
    movable = (o["clean.confidence"] < 0.999) & ~o["stuck"]
    assert movable.sum() > 100
    for attack in (*ATTACKED, "fgsm.plain"):
        assert alike(o, attack, "clean", movable & ~o["zero_gradient"]) < 0.1
    for attack in WHITE_BOX:
        assert alike(o, attack, attack.replace(".white", ".black"), movable) < 0.1
        change = np.exp(o[f"{attack}.log_probability"]) - np.exp(o["clean.log_probability"])
        assert (np.abs(change[o["stuck"]]) < 1e-3).all()


def test_saturated_is_where_the_true_label_is_certain(o):
    certain = o["clean.log_probability"] > -1e-8
    assert (o["saturated"][certain]).all()
    assert (o["clean.log_probability"][o["saturated"]] > -1e-6).all()


def test_blends_at_their_ends_are_the_training_images_themselves(o):
    pairs, given = o["between.pairs"], o["model.given"][o["between.pairs"]]
    for place, side in ((0, 1), (-1, 0)):
        missed = (o["model.train_predicted"][pairs[:, side], None] != given).all(axis=1)
        for name in ("miss_mixup", "miss_cutmix"):
            assert np.array_equal(o[f"between.{name}"][:, place], missed)


@pytest.mark.parametrize("role", ["model", *(name for name in NOISES if name != "noise_given")])
def test_the_last_epoch_is_the_model_that_is_kept(o, role):
    errors, labels = o[f"{role}.test_error"], o["labels"]
    assert errors[-1] == pytest.approx((o[f"{role}.test_predicted"] != labels).mean(), abs=1e-12)
    assert np.allclose(errors * len(labels), np.rint(errors * len(labels)), atol=1e-6)
    if role == "model":
        assert np.array_equal(o["model.test_predicted"], o["clean.predicted"])
