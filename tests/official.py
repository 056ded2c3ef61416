"""Small files in the true formats of published data sets, and a suite's data section for them."""

import hashlib
import pickle

import numpy as np

from mixbench.spec.sections.data import Data

CIFAR10_TRAIN = [f"data_batch_{number}" for number in range(1, 6)]


def section(name="sample", **changes):
    """A data section whose counts no loader looks at."""
    facts = {
        "train_images": 6, "test_images": 4, "classes": 10, "channels": 1, "height": 28, "width": 28,
        "mean": [0.5], "std": [0.5],
    }  # fmt: skip
    return Data(name=name, **(facts | changes))


def digest(content, kind="md5"):
    """A checksum as a suite writes it."""
    return f"{kind}:{hashlib.new(kind, content).hexdigest()}"


def batch(labels, key="labels", seed=0, protocol=2, changes=()):
    """One of CIFAR's batches: the pickle, and its images (N, 3, 32, 32)."""
    images = np.random.default_rng(seed).integers(0, 256, (len(labels), 3072), np.uint8)
    names = [f"image_{place}.png" for place in range(len(labels))]
    content = {"batch_label": "batch 1 of 5", key: labels, "data": images, "filenames": names} | dict(changes)
    return pickle.dumps(content, protocol=protocol), images.reshape(-1, 3, 32, 32)
