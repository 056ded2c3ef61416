"""What a record says of the code that made it: a changed checkout is dirty, a stray file beside the code is not."""

import subprocess

import pytest
from tiny import plan_of, suite_path

from mixbench.runs import provenance
from mixbench.runs.assemble import _provenance


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    code = tmp_path / "mixbench" / "runs" / "provenance.py"
    code.parent.mkdir(parents=True)
    code.write_text("1\n")
    monkeypatch.setattr(provenance, "__file__", str(code))
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    yield tmp_path
    provenance.made_with.cache_clear()


def made_with():
    provenance.made_with.cache_clear()
    return provenance.made_with()


def test_a_checkout_is_dirty_where_its_code_was_changed_and_only_then(checkout):
    clean = made_with()
    assert (len(clean["commit"]), clean["dirty"]) == (40, False)
    (checkout / "notes.txt").write_text("stray")
    assert made_with() == clean
    (checkout / "mixbench" / "new.py").write_text("2\n")
    assert made_with() == {**clean, "dirty": True}


def test_outside_a_checkout_nothing_is_claimed(checkout):
    (checkout / ".git").rename(checkout / "git")
    assert (made_with()["commit"], made_with()["dirty"]) == (None, None)


def test_only_trainings_made_with_other_code_are_named():
    here, other = {"commit": None, "python": "3.12"}, {"commit": None, "python": "3.11"}
    about = {"device": "cpu: x", "seconds": 1.0}
    codes = {"model": here, "noise20": other, "examination": here}
    found = _provenance(
        plan_of(suite_path(), "erm"), {role: {**about, "made_with": code} for role, code in codes.items()}
    )
    assert found["trainings_made_with"] == {"noise20": other}
