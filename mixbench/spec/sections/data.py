"""Which data a suite is on, and their test split's shifts."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Len, Lt
from pydantic import Field, model_validator

from mixbench.spec.kinds import KINDS, Kind
from mixbench.spec.kinds import Name as KindName
from mixbench.spec.plain import plain
from mixbench.spec.sections.fields import Count, FileDigest, Name, Positive, Sha256, Share
from mixbench.spec.shifts import SHIFTS
from mixbench.spec.strict import Strict

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
    `kind` is one of KINDS; a feature of a table is a channel of one pixel, with its training mean and deviation, which
    are left empty where there are too many to write down: `sha256` fixes the rows that they are taken from.
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
        if self.values.standardised and self.sha256 and not self.mean and not self.std:
            return self
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
