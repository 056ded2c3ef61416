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
    plan = plan_of(suite_path(), "erm")
    found = _provenance(plan, plan.records[0], {role: {**about, "made_with": code} for role, code in codes.items()})
    assert found["trainings_made_with"] == {"noise20": other}


def test_the_cpu_model_is_named_with_the_numbers_that_virtual_machines_keep():
    said = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\nstepping\t: 1\n\nprocessor\t: 1\n"
    assert provenance._linux_says(said) == "AMD EPYC (25, 17, 1)"
    assert provenance._linux_says("processor : 0\nBogoMIPS : 50\n") == ""


def test_a_cpu_s_name_is_short_printable_ascii(monkeypatch):
    monkeypatch.setattr(provenance, "_cpu_says", lambda: "Intel(R)  Xeon(R)\u202e CPU @ 2.20GHz" + "x" * 200)
    name = provenance.cpu_model.__wrapped__()
    assert name.startswith("Intel Xeon CPU @ 2.20GHz")
    assert len(name) <= 80
    monkeypatch.setattr(provenance, "_cpu_says", lambda: " ")
    assert provenance.cpu_model.__wrapped__() is None
