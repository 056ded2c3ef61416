"""What a row is called: short for known methods, untouched for strangers' files, which are never run."""

import pytest

from mixbench.augment.table import METHODS
from mixbench.board.describe import FAMILIES, describe, family_of


@pytest.mark.parametrize(
    ("spec", "label", "family"),
    [
        ("erm", "erm", "baseline"),
        ("cutmix(alpha=1.0,probability=1.0)", "cutmix", "mixing"),
        ("cutmix(alpha=0.5,probability=1.0)", "cutmix(alpha=0.5)", "mixing"),
        ("dropout(p=0.3)", "dropout", "model"),
        ("label_smoothing(epsilon=0.1)", "label_smoothing", "targets"),
        ("bi_tempered(t1=0.8,t2=1.2)", "bi_tempered", "loss"),
        ("cutout(size=0.5,holes=1)", "cutout", "pixels"),
        ("cutmix(alpha=1.0,probability=1.0)+dropout(p=0.3)", "cutmix+dropout", "combination"),
    ],
)
def test_known_methods_are_short_and_have_a_family(spec, label, family):
    assert describe(spec) == (label, family, False)


def test_every_method_has_a_family():
    assert {family_of(method) for method in METHODS} <= set(FAMILIES)


@pytest.mark.parametrize("spec", ["evil.py:Evil(alpha=1.0)", "cutmix+evil.py:Evil", "no_such_method", "((", "сutmix"])
def test_what_is_not_in_the_table_is_contributed_and_never_run(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = tmp_path / "ran"
    (tmp_path / "evil.py").write_text(f"open({str(ran)!r}, 'w')\nclass Evil:\n    pass\n")
    label, family, contributed = describe(spec)
    assert (family, contributed) == ("contributed", True)
    assert label.isascii()
    assert not ran.exists()
