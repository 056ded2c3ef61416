"""How hard the suite emoji is without a network, and how alike its two splits are: the numbers of docs/data.md.

    python benchmarks/emoji.py

Of scikit-learn's RBF-SVM on pixels in [0, 1]: its error on the test split, on the two other hands' pictures that are
not counted apart, and where pictures are split at random, 30 % of each class for the test.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from mixbench.data.load import load
from mixbench.data.shifted import load_shift
from mixbench.data.split import DataSet, Split
from mixbench.spec.suite import load_suite

CLOSE = 0.02
"""A mean absolute difference of pixels."""

SPLITS = 10


def main() -> None:
    """Print a line for each number."""
    suite = load_suite("emoji")
    data = load(suite.data)
    labels = data.test.labels.numpy()
    _say("majority class errs on", 1 - np.bincount(labels).max() / len(labels))
    plain, wide = (_wrong(_fitted(data.train, penalty), data.test) for penalty in (1.0, 10.0))
    _say("SVC() errs on", plain.mean())
    _say("SVC(C=10) errs on", wide.mean())
    at_random = _at_random(data)
    _say(f"split at random, mean of {SPLITS}, it errs on", np.mean(at_random))
    _say("their standard deviation", np.std(at_random, ddof=1))
    for shift in suite.shifts:
        found = load_shift(suite.data, shift, data.test)
        there = _wrong(_fitted(data.train, 10.0), found.split)[~found.apart]
        _say(f"shift.{shift.name}, not apart: it errs on", there.mean())
        _say("of the same emoji by Google on", wide[~found.apart].mean())
    nearest = torch.cdist(_flat(data.test), _flat(data.train), p=1).amin(dim=1) / _flat(data.test).shape[1]
    sys.stdout.write(f"test pictures closer than {CLOSE} to a training picture: {int((nearest < CLOSE).sum())}\n")


def _at_random(data: DataSet) -> list[float]:
    """The SVM's errors on random splits of all pictures."""
    images = torch.cat([_flat(data.train), _flat(data.test)]).numpy()
    labels = torch.cat([data.train.labels, data.test.labels]).numpy()
    errors = []
    for seed in range(SPLITS):
        x, t, y, u = train_test_split(images, labels, test_size=len(data.test), stratify=labels, random_state=seed)
        errors.append(float((SVC(C=10).fit(x, y).predict(t) != u).mean()))
    return errors


def _fitted(train: Split, penalty: float) -> SVC:
    return SVC(C=penalty).fit(_flat(train).numpy(), train.labels.numpy())


def _wrong(fitted: SVC, split: Split) -> np.ndarray:
    return fitted.predict(_flat(split).numpy()) != split.labels.numpy()


def _flat(split: Split) -> torch.Tensor:
    return split.pixels().flatten(1)


def _say(what: str, share: float) -> None:
    sys.stdout.write(f"{what} {100 * share:.1f} %\n")


if __name__ == "__main__":
    main()
