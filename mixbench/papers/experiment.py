"""An experiment: the TOML file that fixes what a paper's table or figure compares, printed and claims."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Interval, Len
from pydantic import Field, ValidationError, model_validator

from mixbench.spec.errors import MixBenchError, explain, unknown
from mixbench.spec.plain import plain, shown
from mixbench.spec.strict import Strict
from mixbench.spec.suite import suites_folder

PAPERS = "papers"
"""The folder of experiments, one folder a paper, beside the suites."""

MAX_BYTES = 100_000
Text = Annotated[str, Len(1, 400)]
Printed = Annotated[str, Field(pattern=r"^(-|-?[0-9]{1,4}(\.[0-9]{1,4})?)$")]
"""A number as a paper prints it, or - where it has none."""


class Setting(Strict):
    """Where the rows are measured: a suite at the paper's budget, and what the paper printed there.

    `budget` lays the paper's values over its suite by dotted key, `change` what the setting is about over any suite;
    where there is no suite both are what the kind of experiment takes. `lacks` says which data no suite has yet; the
    setting is then not run. `rows` leaves out the others, by label.
    `published` has a number a quantity for each row, by its label, as printed; `-` where the paper has none.
    """

    title: Text
    suite: Annotated[str, Len(1, 64)] | None = None
    lacks: Text | None = None
    backbone: Annotated[str, Len(1, 100)] | None = None
    budget: dict[str, Any] = Field(default_factory=dict)
    change: dict[str, Any] = Field(default_factory=dict)
    quantities: list[str] = Field(default_factory=list)
    rows: list[Text] = Field(default_factory=list)
    published: dict[str, list[Printed]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _a_suite_or_its_lack(self) -> Setting:
        if self.suite is not None and self.lacks is not None:
            raise ValueError("needs either suite or lacks")
        return self


class Row(Strict):
    """One method: a spec, or several of which the one with the least of a setting's first quantity is shown.

    Such a choice looks at the test split, so it is called an oracle and no claim may rest on it.
    """

    label: Text
    aug: Annotated[str, Len(1, 200)] | None = None
    best_of: list[Annotated[str, Len(1, 200)]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_or_several(self) -> Row:
        if (self.aug is None) != (len(self.best_of) > 1):
            raise ValueError("needs either aug or two or more of best_of")
        return self

    @property
    def specs(self) -> list[str]:
        """What is run for it."""
        return [self.aug] if self.aug is not None else self.best_of


class Claim(Strict):
    """What the paper says of one row's quantity beside another's, in some settings or all."""

    says: Text
    where: Text
    quantity: str
    row: Text
    than: Text
    direction: Literal["lower", "higher", "not lower", "not higher", "same"] = "lower"
    settings: list[Annotated[int, Ge(0)]] = Field(default_factory=list)


class Experiment(Strict):
    """A paper's table or figure, as its file has it; `paper` and `name` are those of the file's place.

    `here` are suites on which it runs in minutes, `heads` what the quantities are called in the table. `onto` is the
    suite for whose data trained models are fine-tuned, where the kind does that.
    """

    paper: Text
    name: Text
    title: Text
    source: Text
    link: Annotated[str, Field(pattern=r"^https://[\x21-\x7e]{1,200}$")]
    where: Text
    kind: str = "records"
    layout: Literal["blocks", "columns"] = "blocks"
    seeds: Annotated[int, Interval(ge=1, le=100)] = 3
    here: list[Annotated[str, Len(1, 64)]] = Field(default_factory=list)
    onto: Annotated[str, Len(1, 64)] | None = None
    notes: list[Text] = Field(default_factory=list)
    quantities: Annotated[list[str], Len(1, 20)]
    heads: list[Text] = Field(default_factory=list)
    rows: Annotated[list[Row], Len(2, 60)]
    settings: Annotated[list[Setting], Len(1, 40)]
    claims: list[Claim] = Field(default_factory=list)

    @property
    def key(self) -> str:
        """What `mixbench reproduce` calls it."""
        return f"{self.paper}/{self.name}"

    def quantities_of(self, setting: Setting) -> list[str]:
        """Return what a setting shows: its own quantities, else the experiment's."""
        return setting.quantities or self.quantities

    def rows_of(self, setting: Setting) -> list[Row]:
        """Return the rows that a setting has: those that it names, else all."""
        return [row for row in self.rows if not setting.rows or row.label in setting.rows]

    def row(self, label: str) -> Row:
        """Return the row of a label that is known to be there."""
        return next(row for row in self.rows if row.label == label)

    @model_validator(mode="after")
    def _rows_and_numbers_fit(self) -> Experiment:
        if self.heads and len(self.heads) != len(self.quantities):
            raise ValueError(f"heads needs one for each of {len(self.quantities)} quantities")
        labels = [row.label for row in self.rows]
        if len(set(labels)) != len(labels):
            raise ValueError("rows need labels of their own")
        for setting in self.settings:
            wanted = len(self.quantities_of(setting))
            if wanted != len(self.quantities):
                raise ValueError(f"setting {setting.title!r} needs as many quantities as the others")
            if unknown_ones := [label for label in setting.rows if label not in labels]:
                raise ValueError(f"setting {setting.title!r} needs rows that are there, got {unknown_ones[0]!r}")
            for label, numbers in setting.published.items():
                if label not in labels or len(numbers) != wanted:
                    raise ValueError(f"published {label!r} needs a row of this label and {wanted} numbers")
        return self

    @model_validator(mode="after")
    def _claims_are_of_rows(self) -> Experiment:
        single = {row.label for row in self.rows if row.aug is not None}
        for claim in self.claims:
            if not {claim.row, claim.than} <= single:
                raise ValueError(f"claim {claim.says!r} needs two rows of one aug each, not chosen on the test split")
            if any(place >= len(self.settings) for place in claim.settings):
                raise ValueError(f"claim {claim.says!r} needs settings from 0 to {len(self.settings) - 1}")
            if any(claim.quantity not in self.quantities_of(setting) for setting in self.settings_of(claim)):
                raise ValueError(f"claim {claim.says!r} needs a quantity of its settings, got {claim.quantity!r}")
            shown = [{row.label for row in self.rows_of(setting)} for setting in self.settings_of(claim)]
            if not all({claim.row, claim.than} <= labels for labels in shown):
                raise ValueError(f"claim {claim.says!r} needs settings that have its rows")
        return self

    def settings_of(self, claim: Claim) -> list[Setting]:
        """Return the settings that a claim is about."""
        return [self.settings[place] for place in claim.settings] if claim.settings else list(self.settings)


def papers_folder() -> Path:
    """Return the folder of the shipped experiments."""
    return suites_folder() / PAPERS


def experiment_names() -> list[str]:
    """Return the shipped experiments' names, PAPER/EXPERIMENT, sorted."""
    return sorted(f"{path.parent.name}/{path.stem}" for path in papers_folder().glob("*/*.toml"))


def load_experiment(name: str) -> Experiment:
    """Read a shipped experiment by its name, or any by its .toml file; MixBenchError where it cannot be used."""
    return read_experiment(Path(name) if name.endswith(".toml") else _shipped(name))


def _shipped(name: str) -> Path:
    known = experiment_names()
    if name not in known:
        raise unknown("experiment", plain(name), known, "'mixbench reproduce --list' shows them")
    return papers_folder() / f"{name}.toml"


def read_experiment(path: Path) -> Experiment:
    """Read an experiment's file; MixBenchError where it cannot be used."""
    written = _tables(path)
    try:
        return Experiment.model_validate(written)
    except ValidationError as error:
        known = {key for part in (Experiment, Setting, Row, Claim) for key in part.model_fields}
        raise MixBenchError(f"experiment {shown(path)}: {explain(error, known)}; mend the file") from None


def _tables(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise MixBenchError(f"experiment {shown(path)}: at most {MAX_BYTES} bytes, got {len(content)}")
        return {"paper": path.absolute().parent.name, "name": path.stem, **tomllib.loads(content.decode("utf-8"))}
    except (OSError, ValueError, RecursionError) as error:
        raise MixBenchError(
            f"experiment {shown(path)}: needed a readable TOML file, got {plain(str(error))}; mend it"
        ) from None
