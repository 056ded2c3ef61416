"""The true labels of data sets that anybody can have, so that no board takes its first record's word for them."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np


class Truth(NamedTuple):
    """The digests of a data set's labels, by `labels_digest`."""

    test: str
    train: str


TRUTH: dict[str, Truth] = {
    # digits
    "c8ce53ca10b8fe56a46759775f42443395bdb8c0bd9d90c74f8b53f281100ece": Truth(
        "4493b2052e7b4258621d51f10f17a672594c5e3f2beaa1cf97c818dc583aafe7",
        "c1281028e5251b910fbb998bc625b6d6473e39ec5817e7c6d69de2f5f8bf38ab",
    ),
    # fashion-mnist
    "6296f20102f6047de0cd4157fa14ac56a736b31cd341f55bf268ddca2fcdc8e2": Truth(
        "d51d859896c55775b9e9e219b77ff03bcec1b6ac322f313544dc3f9e7bc94fae",
        "e3245b63f7c40d1c8b652835f19744d970c1613b40ddac6bcfc87b9c46e16a0b",
    ),
    # fashion-mnist-small
    "89ddf06296642bbbbe708ade073c0688c69cee697f5b9d05ea8a9282518b8062": Truth(
        "1391f08dce1f46df15b47daeaf99650808c2a3899fbcdee7c3a3597093712826",
        "7cdfc83ade375471612026ea824d242762134f6ac5599344697806a4410c050a",
    ),
    # emoji
    "787a1fe79b9894d3076122b5609cef9d65045d13a7d1827369b3fdd013394c51": Truth(
        "d8d982599b207bc4572e10e79558c0e9ef6c018a2258f88c819ccf539338cd7e",
        "3b98155f1f2741c2f104a74e1a10608561c7e8093b410c4561f65d5885d6c29c",
    ),
}
"""By a suite's `data.sha256`, which fixes images, labels and split; any other data set's labels are held against
those of the records beside."""


APART: dict[tuple[str, str, float], str] = {
    ("787a1fe79b9894d3076122b5609cef9d65045d13a7d1827369b3fdd013394c51", "twitter", 0.04): (
        "88108df09112bbfd2a9eb796cf914dd333251fdf9305579b68cad9ff099e8d38"
    ),
    ("787a1fe79b9894d3076122b5609cef9d65045d13a7d1827369b3fdd013394c51", "openmoji", 0.04): (
        "304c05fcef2370049fa24b126bb9bea52c2fcfbec48db5dcd126b2305157c877"
    ),
}
"""The digests of which images a shift counts apart, by `labels_digest`; the key is the suite's `data.sha256` with the
shift's name and `alike`."""


def labels_digest(labels: np.ndarray) -> str:
    """Return the SHA-256 of labels in the split's order, each as eight bytes, little-endian ('<i8')."""
    return hashlib.sha256(labels.astype("<i8").tobytes()).hexdigest()
