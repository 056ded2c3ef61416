"""Class names in a record are the suite's; records from before suites had them lack them."""

from copy import deepcopy

from mixbench.spec.suite import load_suite
from mixbench.submission.checks import setting


def test_class_names_may_lack_and_may_not_differ():
    suite = load_suite("cifar10")
    said = deepcopy(suite.settings)
    assert list(setting._check_settings(suite, said, suite.backbone)) == []
    del said["data"]["class_names"]
    assert list(setting._check_settings(suite, said, suite.backbone)) == []
    said["data"]["class_names"] = ["x"] * 10
    (reason,) = setting._check_settings(suite, said, suite.backbone)
    assert reason.startswith("settings.data.class_names: needed ['airplane', ")
    said = deepcopy(load_suite("digits").settings)
    said["data"]["class_names"] = list("0123456789")
    assert list(setting._check_settings(load_suite("digits"), said, "test_resnet")) == [
        "settings.data.class_names: unknown key"
    ]
