"""The sections of a suite: which data, which base transform, which budget, which settings of the battery."""

from __future__ import annotations

from copy import deepcopy
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Interval, Le, Len, Lt
from pydantic import Field, model_validator

from mixbench.spec.kinds import KINDS, Kind
from mixbench.spec.kinds import Name as KindName
from mixbench.spec.plain import plain
from mixbench.spec.shifts import SHIFTS
from mixbench.spec.strict import Strict

NAME = "[a-z0-9][a-z0-9._-]{0,63}"
"""What a suite or a data set may be called."""

Positive = Annotated[float, Gt(0)]
Share = Annotated[float, Interval(ge=0, le=1)]
Count = Annotated[int, Ge(1)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
FileDigest = Annotated[str, Field(pattern="^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")]


Name = Annotated[str, Field(pattern=f"^{NAME}$")]
ClassName = Annotated[str, Len(1, 100)]


class GivenLabels(Strict):
    """Label noise from the world: a file of one given label a training image, in the order of the data set.

    `key` names the labels within the file, as in CIFAR-10N's; `file` is a place and not in any digest.
    """

    file: str
    sha256: Sha256
    key: str | None = None


class Data(Strict):
    """Which images, and what must be found: content and split by `sha256`, or the files as they are distributed.

    `name` names the streams of label noise and pairs, and the loader where none is given. `path` is where a user's own
    data lie and not in any digest. `test_fraction` is the test split's share where a data set has no split of its own.
    `keep_train` and `keep_test` say how many images of a split are kept, the first ones.
    `class_names`, by label, are for people and in no digest.
    `stored` is the height and width that training images are kept at, where the base transform cuts a smaller one out.
    With `whole` it cuts that out of the picture as its file has it; everyone else sees `stored`, cut at the centre.
    `stream` says that images are decoded as they are used, or that all are held in memory; by default memory decides.
    `kind` is one of KINDS; a feature of a table is a channel of one pixel, with its training mean and deviation.
    """

    name: Name
    kind: KindName = "images"
    loader: str | None = None
    path: str | None = None
    sha256: Sha256 | None = None
    files: Annotated[dict[str, FileDigest], Len(0, 64)] = Field(default_factory=dict)
    test_fraction: Annotated[float, Gt(0), Lt(1)] | None = None
    keep_train: Count | None = None
    keep_test: Count | None = None
    skip_corrupt: bool = False
    given_labels: GivenLabels | None = None
    train_images: Count
    test_images: Count
    classes: Annotated[int, Ge(2)]
    class_names: list[ClassName] | None = None
    channels: Count
    height: Count
    width: Count
    stored: Annotated[list[Count], Len(2, 2)] | None = None
    whole: bool = False
    stream: bool | None = None
    mean: list[float]
    std: list[Positive]

    @property
    def values(self) -> Kind:
        """What its values are."""
        return KINDS[self.kind]

    @property
    def seen(self) -> Data:
        """The section as a model sees it: what is standardised on loading has mean 0 and deviation 1."""
        if not self.values.standardised:
            return self
        return self.model_copy(update={"mean": [0.0] * self.channels, "std": [1.0] * self.channels})

    @property
    def names(self) -> list[str]:
        """What the classes are called: by their names, else by their numbers."""
        return self.class_names or [str(label) for label in range(self.classes)]

    @model_validator(mode="after")
    def _one_name_a_class(self) -> Data:
        if self.class_names is not None and len(set(self.class_names)) != self.classes:
            raise ValueError(f"class_names needs a name of its own for each of {self.classes} classes")
        if any(plain(name) != name for name in self.class_names or ()):
            raise ValueError("class_names needs names that can be read, without hidden characters")
        return self

    @model_validator(mode="after")
    def _one_value_a_channel(self) -> Data:
        for name in ("mean", "std"):
            if len(getattr(self, name)) != self.channels:
                raise ValueError(f"{name} needs one value for each of {self.channels} channels")
        return self

    @model_validator(mode="after")
    def _no_plane_no_size(self) -> Data:
        if not self.values.plane and (self.height, self.width, self.stored) != (1, 1, None):
            raise ValueError(f"kind {self.kind!r} needs height = 1 and width = 1, a channel for each feature")
        return self

    @model_validator(mode="after")
    def _whole_streams(self) -> Data:
        if self.whole and self.stream is False:
            raise ValueError("whole needs stream to be true or left out, since pictures of any size are not held")
        return self

    @model_validator(mode="after")
    def _stored_covers(self) -> Data:
        if self.stored and (self.stored[0] < self.height or self.stored[1] < self.width):
            raise ValueError(f"stored needs at least height and width, {[self.height, self.width]}")
        return self


class Shift(Strict):
    """The test images once more under a shift: as many, in the same order, with the same labels, drawn otherwise.

    `name` is one of SHIFTS. What is not said here is as in [data]; `path` is a place and in no digest. Images of the
    labels `apart` are counted apart, and so are those that differ from the test image by less than `alike`, the mean
    absolute difference of pixels in [0, 1].
    """

    name: Name
    loader: str | None = None
    path: str | None = None
    sha256: Sha256 | None = None
    files: Annotated[dict[str, FileDigest], Len(0, 64)] = Field(default_factory=dict)
    apart: list[Annotated[int, Ge(0)]] = Field(default_factory=list)
    alike: Share = 0.0

    @model_validator(mode="after")
    def _is_in_the_table(self) -> Shift:
        if self.name not in SHIFTS:
            raise ValueError(f"name needs one of {', '.join(SHIFTS)}")
        return self

    def data(self, data: Data) -> Data:
        """Return the section of data by which the shifted images are loaded."""
        loader, path = self.loader or data.loader or data.name, self.path or data.path
        return data.model_copy(update={"loader": loader, "path": path, "sha256": self.sha256, "files": self.files})


class RandomResizedCrop(Strict):
    """A box of a share of the image's area in `scale` and an aspect in `ratio`, resized to the suite's size."""

    scale: Annotated[list[Positive], Len(2, 2)]
    ratio: Annotated[list[Positive], Len(2, 2)]

    @model_validator(mode="after")
    def _from_low_to_high(self) -> RandomResizedCrop:
        for name in ("scale", "ratio"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} needs its lower end first")
        if self.scale[1] > 1:
            raise ValueError("scale needs shares of the area, at most 1")
        return self


class Transform(Strict):
    """The base transform of every training image; crop_padding in pixels."""

    crop_padding: Annotated[int, Ge(0)]
    flip: bool
    random_resized_crop: RandomResizedCrop | None = None

    @property
    def is_none(self) -> bool:
        """Whether it leaves every image as it is."""
        return not (self.crop_padding or self.flip or self.random_resized_crop)


class Sgd(Strict):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"]
    learning_rate: Positive
    momentum: Share
    nesterov: bool
    weight_decay: Annotated[float, Ge(0)]


class AdamW(Strict):
    """AdamW with PyTorch's β."""

    name: Literal["adamw"]
    learning_rate: Positive
    weight_decay: Annotated[float, Ge(0)]


class Decay(Strict):
    """Warm up from warmup_start × the learning rate, then fall to 0 in a straight line or half a cosine."""

    name: Literal["linear", "cosine"]
    warmup_epochs: Annotated[float, Ge(0)]
    warmup_start: Share


class Steps(Strict):
    """Warm up, then multiply the learning rate by `factor` after each of `milestones` (in epochs)."""

    name: Literal["steps"]
    warmup_epochs: Annotated[float, Ge(0)]
    warmup_start: Share
    milestones: list[Count]
    factor: Share


class PretrainedFile(Strict):
    """Initial weights from a .safetensors file; `file` is a place and not in any digest."""

    file: str
    sha256: Sha256


class Model(Strict):
    """How a backbone is made and what it starts from.

    `stem` for small images: small (nothing halved), or strided (the first convolution halves, no pooling; cheaper).
    `pretrained`: random weights, timm's own from the hub, or those in a file; then timm's own stem and normalisation.
    """

    stem: Literal["small", "strided"] = "small"
    pretrained: bool | PretrainedFile = False


class Budget(Strict):
    """How a model is trained. `threads` are those of one training on a CPU, where they decide its bits."""

    epochs: Count
    batch_size: Annotated[int, Ge(2)]
    precision: Literal["float32", "bfloat16"]
    threads: Count
    optimizer: Sgd | AdamW = Field(discriminator="name")
    schedule: Decay | Steps = Field(discriminator="name")

    @model_validator(mode="after")
    def _warm_before_the_end(self) -> Budget:
        if self.schedule.warmup_epochs >= self.epochs:
            raise ValueError(f"schedule.warmup_epochs needs to be less than epochs, {self.epochs}")
        return self


class Battery(Strict):
    """The settings of the battery: every ε in the data's unit, which is pixels of [0, 1] for images; pairs of training
    images in between."""

    eps: Annotated[float, Gt(0), Le(1)]
    eps_curve: Annotated[list[Share], Len(1, 64)]
    pairs: Count


class Execution(Strict):
    """How trainings are carried out, for whoever runs them; no suite's digest has it.

    One that lasts longer than `checkpoint_minutes` is kept that often, and goes on from there when it was killed.
    `micro_batch` is how many images of a batch go through the model at once, where not all of it fits; their gradients
    are added up. That is another precision of the same training, and in its digest.
    """

    checkpoint_minutes: Positive = 5.0
    micro_batch: Count | None = None


class Expected(Strict):
    """What to expect, for people and for the plan's cost; not part of the digest."""

    training_seconds: Positive
    examination_seconds: Positive


SECTIONS: tuple[type[Strict], ...] = (
    Data, GivenLabels, Shift, Transform, RandomResizedCrop, Sgd, AdamW, Decay, Steps, Budget, Model, PretrainedFile,
    Battery, Execution, Expected,
)  # fmt: skip
"""Every part of a suite, for did-you-mean on its keys."""

_PLACES = (
    ("data", "path"), ("data", "given_labels", "file"), ("shifts", "path"), ("model", "pretrained", "file"),
)  # fmt: skip


def places_in(written: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Return the entries of a suite as written that say where a file lies, each as its table and its key."""
    found = []
    for *path, key in _PLACES:
        tables: list[Any] = [written]
        for part in path:
            inner = [table.get(part) for table in tables if isinstance(table, dict)]
            tables = [each for value in inner for each in (value if isinstance(value, list) else [value])]
        found.extend((table, key) for table in tables if isinstance(table, dict) and key in table)
    return found


def without_places(written: dict[str, Any]) -> dict[str, Any]:
    """Return a suite's tables without what only says where a file lies or data are held, which no digest and no record
    has."""
    bare = deepcopy(written)
    for table, key in places_in(bare):
        del table[key]
    if isinstance(bare.get("data"), dict):
        bare["data"].pop("stream", None)
    return bare


def measured(written: dict[str, Any]) -> dict[str, Any]:
    """Return a suite's tables without what changes no number: where things lie and what classes are called."""
    bare = without_places(written)
    if isinstance(bare.get("data"), dict):
        bare["data"].pop("class_names", None)
    return bare
