"""`mixbench eval`: one augmentation's whole robustness picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.cli.output import print_json
from mixbench.cli.seeds import parse_seed
from mixbench.report.console import console
from mixbench.report.plan import plan_json, plan_table
from mixbench.report.progress import live_progress
from mixbench.report.table import robustness_table
from mixbench.results.record import Record, load_record
from mixbench.runs.assemble import raw, records_in
from mixbench.runs.cost import costs
from mixbench.runs.engine import missing, workers_for
from mixbench.runs.plan import Plan, plan_spec, plan_weights
from mixbench.runs.request import fulfil, unfinished_jobs
from mixbench.runs.store import Store, runs_folder
from mixbench.runs.timeleft import expected_seconds
from mixbench.spec.device import resolve
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import DEFAULT_SUITE, load_suite


def evaluate(
    *,
    aug: str | None = None,
    weights: Path | None = None,
    suite: str = DEFAULT_SUITE,
    model: str | None = None,
    seed: Annotated[list[str] | None, Parameter(negative_iterable=(), allow_leading_hyphen=True)] = None,
    device: str = "auto",
    runs: Path | None = None,
    plan: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Train what is missing, run the battery, write one record a seed and show it beside ERM's.

    Parameters
    ----------
    aug
        The augmentation's spec, such as cutmix or 'mixup(alpha=8)+label_smoothing'.
    weights
        Instead of --aug: a .safetensors file of weights trained elsewhere, for the backbone given by --model.
    suite
        A suite's name or TOML file.
    model
        A timm backbone instead of the suite's own.
    seed
        A training seed, 0 or more, 0 where none is given; may be given several times.
    device
        auto takes CUDA where there is one, else the CPU.
    runs
        The folder of records and trainings; else MIXBENCH_RUNS, else runs/ here.
    plan
        Show the jobs, what is cached and the expected cost; run nothing.
    json
        Print the records as a JSON array on stdout; progress stays on stderr.
    """
    made = _plan(aug, weights, suite, model, [parse_seed(word) for word in seed or ()], device)
    folder = runs_folder(runs)
    if plan:
        return _show_plan(made, folder, json)
    tasks = unfinished_jobs(made, folder)
    with live_progress(tasks, expected_seconds(tasks, made.suite, made.backbone, Store(folder))) as listen:
        paths = fulfil(made, folder, listen, tasks)
    return print_json([raw(path) for path in paths]) if json else _show(paths, folder)


def _plan(aug: str | None, weights: Path | None, suite: str, model: str | None, seeds: list[int], device: str) -> Plan:
    loaded = load_suite(suite)
    if (aug is None) == (weights is None):
        raise MixBenchError(
            "eval: needed either --aug SPEC or --weights FILE, got both or none; see mixbench eval --help"
        )
    if weights is None:
        return plan_spec(
            loaded, model or loaded.backbone, [aug or ""], list(dict.fromkeys(seeds or [0])), resolve(device)
        )
    if model is None or seeds:
        raise MixBenchError("eval --weights: needed --model TIMM and no --seed, since the weights are trained already")
    return plan_weights(loaded, model, weights, resolve(device))


def _show_plan(plan: Plan, runs: Path, as_json: bool) -> None:
    store = Store(runs)
    found = costs(plan, store)
    if as_json:
        return print_json(plan_json(found))
    return console().print(plan_table(found, workers_for(missing(plan.jobs, store))))


def _show(paths: list[Path], runs: Path) -> None:
    records = [load_record(path) for path in paths]
    screen = console()
    screen.print(robustness_table(records, _erm_beside(records[0], runs)))
    for flag in dict.fromkeys(flag for record in records for flag in record.flags):
        screen.print(f"[yellow]flag[/yellow] {flag}")
    for path in paths:
        screen.print(f"record {path}, per-example outcomes beside it", soft_wrap=True)


def _erm_beside(record: Record, runs: Path) -> list[Record]:
    """ERM's records of the same suite, backbone, battery and surrogate; none beside ERM itself."""
    if record.augmentation == "erm":
        return []
    same = {
        other.seed: other
        for other in records_in(runs)
        if other.augmentation == "erm"
        and (other.suite_digest, other.backbone, other.battery_version, other.trainings.get("surrogate"))
        == (record.suite_digest, record.backbone, record.battery_version, record.trainings["surrogate"])
    }
    return list(same.values())
