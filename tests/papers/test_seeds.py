"""How many seeds `mixbench reproduce` takes where nobody says."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from mixbench.compare.versus.call import Places
from mixbench.papers.bench import Bench
from mixbench.papers.experiment import load_experiment
from mixbench.papers.reproduce import seeds_for
from mixbench.papers.settings import places_of
from mixbench.runs.engines import engine_named
from mixbench.spec.errors import MixBenchError

BOARD = Path(__file__).parents[2] / "leaderboards"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The shipped board of digits, and an empty runs folder."""
    runs = tmp_path_factory.mktemp("runs")
    return Bench(
        Places(BOARD, runs),
        engine_named("local").venue(runs),
        "cpu",
        lambda plan, jobs: nullcontext(lambda job, message: None),
        1,
    )


def fewest(*methods: str) -> int:
    """How many records of the least measured method at its defaults the board has."""
    return min(len([*(BOARD / "digits" / "records").glob(f"*-test_resnet-{each}-seed*.json")]) for each in methods)


def chosen(name: str, wanted: int | None, bench: Bench) -> int:
    experiment = load_experiment(name)
    return len(seeds_for(experiment, places_of(experiment, "digits"), wanted, bench))


def test_all_that_records_have_of_every_row_is_taken(bench: Bench) -> None:
    most = fewest("erm", "mixup", "cutmix", "cutout")

    assert chosen("cutmix/between", None, bench) == most > load_experiment("cutmix/between").seeds


def test_where_records_lack_a_row_the_experiment_decides(bench: Bench) -> None:
    assert chosen("mixup/table5", None, bench) == load_experiment("mixup/table5").seeds


def test_who_says_a_number_gets_it(bench: Bench) -> None:
    assert chosen("cutmix/between", 2, bench) == 2
    with pytest.raises(MixBenchError, match="from 1 to 100, got 0"):
        chosen("cutmix/between", 0, bench)
