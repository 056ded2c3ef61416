"""`mixbench suite`: show a suite as resolved, or write a new one from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from mixbench.cli.output import Flag, check_place, print_json
from mixbench.report.console import console
from mixbench.report.suite import suite_json, suite_text
from mixbench.spec.assignments import parse_settings
from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.new_suite import new_name, read_back, write_suite
from mixbench.spec.places import relative_text
from mixbench.spec.plain import shown
from mixbench.spec.suite import Suite, load_suite
from mixbench.spec.variant import changed, variant

app = App(
    name="suite",
    help="Show a suite with its digest, or write a new one.",
    help_epilogue="Example: `mixbench suite new --from digits --epochs 5 mine.toml`",
    sort_key=4,
    group_commands="Commands",
)


@app.command(help_epilogue="Example: `mixbench suite show cifar10`")
def show(name: str, /, *, json: Flag = False) -> None:
    """Print a suite whole, as resolved, with its digest.

    Parameters
    ----------
    name
        A shipped suite's name, name@version, or a TOML file.
    json
        Print one object instead.
    """
    suite = load_suite(name)
    if json:
        print_json(suite_json(suite))
        return
    screen = console()
    screen.print(suite_text(suite, name, screen.encoding), markup=False, soft_wrap=True)


@app.command(help_epilogue="Example: `mixbench suite new --from digits --data photos/ --test-fraction 0.2 photos.toml`")
def new(
    file: Path,
    /,
    *,
    source: Annotated[str, Parameter(name="--from")],
    model: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    weight_decay: float | None = None,
    optimizer: str | None = None,
    precision: str | None = None,
    eps: float | None = None,
    pretrained: Flag = False,
    weights: Path | None = None,
    data: Path | None = None,
    test_fraction: float | None = None,
    size: int | None = None,
    skip_corrupt: Flag = False,
    given_labels: Path | None = None,
    given_key: str | None = None,
    set: Annotated[list[str] | None, Parameter(negative_iterable=())] = None,
) -> None:
    """Write a new suite's file: another suite with some values changed, or on your own data.

    The levels of label noise belong to the battery and are those of every suite.

    Parameters
    ----------
    file
        The new suite's file; its stem becomes the suite's name.
    source
        The suite to start from: a name, name@version or a TOML file.
    model
        Its timm backbone.
    epochs
        Epochs of a training; warm-up and a stepped schedule's milestones keep their share of it.
    batch_size
        Images in a step.
    learning_rate
        The optimiser's highest learning rate.
    weight_decay
        The optimiser's weight decay.
    optimizer
        sgd or adamw; another one than the old suite's begins with usual values, --set changes them.
    precision
        float32 or bfloat16.
    eps
        ε of the attack readings, in pixels of [0, 1].
    pretrained
        Start from timm's own weights from the hub, with timm's normalisation and a budget for fine-tuning.
    weights
        Start from these .safetensors weights instead, likewise.
    data
        Your own data: a folder of images (train/CLASS/…, test/CLASS/…, or CLASS/… with --test-fraction), an .npz
        file or a folder of .npy arrays. It is read once to write down sizes, means and the checksum.
    test_fraction
        The test split's share, where your data have no split of their own.
    size
        Height and width that your images are brought to.
    skip_corrupt
        Leave out images that cannot be read, and count them.
    given_labels
        A file (.pt, .npy, .csv or .txt) of one label a training image, such as CIFAR-10N's, to train on.
    given_key
        The key of the labels in that file, where it has several, such as worse_label.
    set
        SECTION.KEY=VALUE for every other setting, such as transform.flip=true or 'battery.eps_curve=[0, 0.1]'; may be
        given several times. 'mixbench suite show' shows the keys.
    """
    name = new_name(file)
    check_place("suite", file)
    old = load_suite(source)
    wishes: dict[str, Any] = {
        "backbone": _pinned(model or old.backbone) if pretrained else model,
        "training.epochs": epochs,
        "training.batch_size": batch_size,
        "training.optimizer.name": optimizer,
        "training.optimizer.learning_rate": learning_rate,
        "training.optimizer.weight_decay": weight_decay,
        "training.precision": precision,
        "battery.eps": eps,
        "model.pretrained": _pretrained(pretrained, weights, file.parent),
    }
    changes = changed(
        old, {key: value for key, value in (wishes | parse_settings(set or ())).items() if value is not None}
    )
    if data is not None:
        changes |= _own_data(data, test_fraction, size, skip_corrupt, name, file.parent)
    elif test_fraction is not None or size is not None or skip_corrupt:
        raise MixBenchError("suite new: --test-fraction, --size and --skip-corrupt go with --data; leave them out")
    changes |= _given_labels(given_labels, given_key, file.parent)
    written = variant(old, name, changes)
    if changes.keys() & {"backbone", "data", "model.pretrained", "data.given_labels"}:
        _check_on_sight(read_back(file, written))
    made = write_suite(file, written, old)
    console().print(
        f"suite {shown(file)}: {made.name}@{made.version}, digest {made.digest}", markup=False, soft_wrap=True
    )


def _check_on_sight(suite: Suite) -> None:
    """MixBenchError for a backbone, weights or labels that the first training would refuse; the hub is not asked."""
    # torch and timm are loaded here, since other new suites need none.
    from mixbench.data.given import check_file
    from mixbench.training.fits import check_beginning

    check_file(suite.data)
    check_beginning(suite.backbone, suite.data, suite.model)


def _pinned(backbone: str) -> str:
    """Name a backbone with the tag of timm's weights for it, so that another timm's default changes no digest."""
    # timm is loaded here, since other new suites need none.
    from mixbench.training.pretrained import tagged

    return tagged(backbone)


def _pretrained(hub: bool, weights: Path | None, home: Path) -> Any:
    if weights is None:
        return True if hub else None
    return _fixed(weights, "weights", ".safetensors file", home)


def _given_labels(file: Path | None, key: str | None, home: Path) -> dict[str, Any]:
    if file is None:
        if key is not None:
            raise MixBenchError("suite new: --given-key goes with --given-labels; leave it out")
        return {}
    fixed = _fixed(file, "given labels", "file of labels", home)
    return {"data.given_labels": fixed if key is None else {**fixed, "key": key}}


def _fixed(file: Path, what: str, kind: str, home: Path) -> dict[str, str]:
    try:
        return {"file": relative_text(file, home), "sha256": file_digest(file)}
    except OSError as error:
        raise MixBenchError(f"{what} {shown(file)}: needed a readable {kind}, got {error.strerror}") from None


def _own_data(
    data: Path, test_fraction: float | None, size: int | None, skip_corrupt: bool, name: str, home: Path
) -> dict[str, Any]:
    place = relative_text(data, home)
    # torch is loaded here, since other new suites need none.
    from mixbench.data.survey import survey

    found = survey(data, name=name, test_fraction=test_fraction, size=size, skip_corrupt=skip_corrupt)
    for note in found.notes:
        console().print(note, markup=False, soft_wrap=True)
    return {"data": {**found.section, "path": place}}
