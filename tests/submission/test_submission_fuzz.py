"""Random damage to a good submission: nothing crashes the checks, and nothing that was changed is accepted."""

import contextlib
import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forging import golden, reasons
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixbench.results.npz import read_npz

FREE = {
    "mixbench_version",
    "settings.backbone",
    "provenance.commit",
    "provenance.python",
    "provenance.device",
    "provenance.created",
}
"""What a record says and nothing here can know; all else follows from its suite, augmentation, seed and outcomes."""

FREE_BELOW = ("provenance.packages.", "provenance.seconds.", "provenance.trainings_made_with", "model.")
SCALAR = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["a" * 64, "erm"])
)
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
QUICK = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def good() -> tuple[bytes, bytes]:
    """The bytes of a good record and of its outcomes."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = golden().write(Path(folder))
        return path.read_bytes(), path.with_suffix(".npz").read_bytes()


def places(tree: Any, above: tuple = ()) -> list[tuple]:
    """Every place in a tree of tables and lists."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [place for key, value in items for place in ((*above, key), *places(value, (*above, key)))]


def flat(tree: Any, above: str = "") -> dict[str, Any]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if items is None or not tree:
        return {above: tree}
    return {
        name: leaf
        for key, value in items
        for name, leaf in flat(value, f"{above}.{key}" if above else str(key)).items()
    }


def changed(before: Any, after: Any) -> set[str]:
    """The places in which two contents differ, but for what is free to say."""
    one, two = flat(before), flat(after)
    names = {name for name in one.keys() | two.keys() if not alike(one.get(name, ...), two.get(name, ...))}
    return {name for name in names if name not in FREE and not name.startswith(FREE_BELOW)}


def alike(one: Any, two: Any) -> bool:
    """Equal to nine digits, which is how far numbers are compared."""
    if isinstance(one, float) and isinstance(two, (int, float)) and not isinstance(two, bool):
        return bool(np.isclose(one, two, rtol=1e-9, atol=1e-12))
    return one == two and isinstance(one, bool) == isinstance(two, bool)


@given(st.data())
@QUICK
def test_any_other_value_anywhere_is_refused_however_well_it_is_sealed(tmp_path, data):
    it = golden()
    before = copy.deepcopy(it.content)
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from(places(it.content)))
        table = it.content
        for key in above:
            table = table[key]
        action = data.draw(st.sampled_from(["put", "drop", "add"]))
        if action == "put" or isinstance(table, list):
            table[last] = data.draw(JSON)
        elif action == "drop":
            del table[last]
        else:
            table[data.draw(st.text(max_size=10))] = data.draw(JSON)
    it.name, it.rehash = "fuzzed.json", False
    (tmp_path / "tiny-golden.npz").write_bytes(good()[1])
    it.outcomes, found = {}, []
    # What cannot be sealed, such as NaN, is written as it is.
    try:
        path = it.write(tmp_path)
    except ValueError:
        it.reseal = False
        path = it.write(tmp_path)
    found = reasons(path)
    assert all(reason.isprintable() for reason in found)
    if not found:
        assert not changed(before, it.content)


@given(place=st.integers(0), bit=st.integers(0, 7))
@QUICK
def test_a_flipped_bit_of_a_record_is_refused_or_changes_nothing(tmp_path, place, bit):
    record, outcomes = good()
    damaged = bytearray(record)
    damaged[place % len(damaged)] ^= 1 << bit
    (tmp_path / "tiny-golden.npz").write_bytes(outcomes)
    (tmp_path / "tiny-golden.json").write_bytes(damaged)
    if not reasons(tmp_path / "tiny-golden.json"):
        assert json.loads(damaged) == json.loads(record)


@given(place=st.integers(0), bit=st.integers(0, 7), rehash=st.booleans())
@QUICK
def test_a_flipped_bit_of_the_outcomes_is_refused_or_changes_nothing(tmp_path, place, bit, rehash):
    """With `rehash` the forger names the digest of the damaged file; then only what is in it can tell."""
    damaged = bytearray(good()[1])
    damaged[place % len(damaged)] ^= 1 << bit
    it = golden()
    it.packed, it.rehash = (lambda packed: bytes(damaged)), rehash
    found = reasons(it.write(tmp_path))
    if not rehash:
        assert found
    elif not found:
        before, after = read_npz(good()[1]), read_npz(bytes(damaged))
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[name], after[name]) for name in before)


@given(st.data())
@QUICK
def test_an_array_changed_by_one_value_is_refused_unless_no_number_follows_from_it(tmp_path, data):
    """One example's outcome changed, the file packed and named anew, the record's numbers left as they were."""
    it = golden()
    name = data.draw(st.sampled_from(sorted(it.outcomes)))
    values = it.outcomes[name].reshape(-1)
    place = data.draw(st.integers(0, len(values) - 1))
    if values.dtype == bool:
        values[place] ^= True
    elif values.dtype.kind in "ui":
        values[place] = data.draw(st.sampled_from([each for each in (0, 1, 5, 9, 60_000) if each != values[place]]))
    else:
        values[place] = data.draw(st.sampled_from([-1e30, -1.0, 2.0, 1e30, np.nan, np.inf]))
    found = reasons(it.write(tmp_path))
    if not found:
        # A wrong prediction may be another wrong one, a rank another of the same kind: then no number says otherwise.
        said = copy.deepcopy(it.content)
        it.recompute()
        # Measures that came after the golden record are none of it.
        it.content["readings"] = {name: it.content["readings"].get(name) for name in said["readings"]}
        assert not changed(said, it.content)


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"\xff\xfe{}", b"null", b'"x"', b"[[[", b"{}", b'{"a":' * 90])
def test_what_is_no_record_has_a_reason(tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    assert reasons(path)


def test_the_fuzz_would_notice_a_change():
    content = golden().content
    other = copy.deepcopy(content)
    other["readings"]["clean.top1_error"]["value"] += 1e-6
    other["provenance"]["seconds"]["model"] = 3.0
    assert changed(content, other) == {"readings.clean.top1_error.value"}
    with contextlib.suppress(KeyError):
        del other["flags"]
    assert "flags" in changed(content, other)
