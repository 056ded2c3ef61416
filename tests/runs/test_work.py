"""The check before a plan's trainings."""

import pytest
from tiny import suite_path

from mixbench.runs.plan import plan_spec
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite


def test_every_method_that_does_not_fit_is_named_at_once(tmp_path):
    plan = plan_spec(load_suite(suite_path()), "test_vit", ["cutout", "dropblock", "shakedrop"], [0], "cpu")
    with pytest.raises(MixBenchError, match=r"'dropblock'.* and augmentation 'shakedrop'") as found:
        plan.jobs[0].do(Store(tmp_path))
    assert "cutout" not in str(found.value)
