"""What the public calls say to arguments of another kind: one line, with what to give."""

import subprocess
import sys

import numpy as np
import pytest
import torch

import mixbench
from mixbench.results.attacks import check_groups

PIXELS, TARGETS = torch.rand(4, 1, 8, 8), torch.eye(4)
CALLS = {
    "augmentation of a number": (lambda: mixbench.augmentation(3), "augmentation: needed a spec .*got int"),
    "mix of an array": (
        lambda: mixbench.augmentation("mixup").mix(np.zeros((4, 1, 8, 8)), TARGETS, 0), "images: .*as_tensor",
    ),
    "mix of bytes": (
        lambda: mixbench.augmentation("mixup").mix(PIXELS.byte(), TARGETS, 0), "images: .*got torch.uint8",
    ),
    "mix of labels": (
        lambda: mixbench.augmentation("mixup").mix(PIXELS, torch.arange(4), 0), "targets: .*got torch.int64.*one_hot",
    ),
    "run into a number": (lambda: mixbench.run("erm", runs=3), "runs: needed a path, got int"),
    "board of a number": (lambda: mixbench.leaderboard(3), "leaderboard: needed a path, got int"),
    "board that is not there": (lambda: mixbench.leaderboard("nodir"), "leaderboard nodir: .*got none there"),
}  # fmt: skip


@pytest.mark.parametrize("case", CALLS)
def test_another_kind_of_argument_is_answered_in_one_line(case):
    call, message = CALLS[case]
    with pytest.raises(mixbench.MixBenchError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


UNTYPED = """
import mixbench
for call, arguments in (("load_record", [3]), ("load_model", [3]), ("load_data", [3, "train"]), ("run", ["erm", 3])):
    try:
        getattr(mixbench, call)(*arguments)
    except mixbench.MixBenchError as error:
        print(error)
"""


def test_a_number_for_a_path_is_answered_where_no_type_checker_runs():
    said = subprocess.run([sys.executable, "-c", UNTYPED], capture_output=True, text=True, check=True).stdout
    record, suite = "record: needed a path, got int", "suite: needed a name or a file's path, got int"
    assert [line.partition(";")[0] for line in said.splitlines()] == [record, record, suite, suite]


def test_one_group_may_be_named_alone():
    assert check_groups("apgd") == check_groups(["apgd"]) == ("apgd",)
