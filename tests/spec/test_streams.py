"""Named streams of randomness: equal keys give equal draws, and no purpose moves another."""

import json
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixbench.spec.seeding import SUITE_SEED, SURROGATE_SEED, stream

KEYS = st.tuples(
    st.integers(-2, 2**63),
    st.text(min_size=1, max_size=10),
    st.lists(st.integers(0, 999) | st.text(max_size=5), max_size=3).map(tuple),
)


def draws(seed, purpose, *position, n=8):
    return stream(seed, purpose, *position).integers(2**63, size=n).tolist()


@given(KEYS, KEYS)
def test_keys_and_draws_are_equal_together(first, second):
    same = draws(first[0], first[1], *first[2]) == draws(second[0], second[1], *second[2])
    assert same == (first == second)


@given(KEYS)
def test_a_key_repeats(key):
    assert draws(key[0], key[1], *key[2]) == draws(key[0], key[1], *key[2])


def test_drawing_more_for_one_purpose_moves_no_other():
    before = draws(0, "order", 1)
    greedy, patient = stream(0, "mix", 1, 1), stream(0, "order", 1)
    greedy.random(100_000)
    assert patient.integers(2**63, size=8).tolist() == before


def test_a_position_is_not_glued_to_its_purpose():
    assert len({tuple(key) for key in (draws(0, "a", 11), draws(0, "a", 1, 1), draws(0, "a1", 1), draws(0, "a"))}) == 4


def test_no_global_generator_is_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    stream(0, "order").random(10)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("seed", [0, 1, SURROGATE_SEED, SUITE_SEED])
def test_the_key_is_the_digest_of_seed_purpose_and_position(seed):
    key = sha256(json.dumps([seed, "mix", 3, 7], separators=(",", ":")).encode()).hexdigest()
    expected = np.random.Generator(np.random.PCG64(int(key, 16)))
    assert stream(seed, "mix", 3, 7).random(5).tolist() == expected.random(5).tolist()


def test_the_first_draws_stay_what_they_were():
    assert draws(0, "order", 0, n=2) == [2096255895828171016, 1838208392123595488]
    assert draws(SUITE_SEED, "label noise", "digits", 0.5, n=2) == [6806364796665974064, 6939919060302715260]


def test_reserved_seeds_are_below_what_users_can_ask_for():
    assert SURROGATE_SEED < 0 > SUITE_SEED != SURROGATE_SEED
