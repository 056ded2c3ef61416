"""The memory of what streams does not grow with the data, measured as the peak of a process of its own."""

import json
import os
import sys
from pathlib import Path

import pytest
from children import last_words, started
from PIL import Image

COUNT, SIDE = 1200, 400
ALLOWED = COUNT * SIDE**2 * 3 // 2
"""Bytes over what a process has that has imported everything: half of the images', the same for any number of them."""

CHILD = """
import sys
import torch
from mixbench.data.feed import transformed
from mixbench.data.load import load
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.transform import Transform
from mixbench.spec.seeding import stream

def peak():
    with open("/proc/self/status") as lines:
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

torch.set_num_threads(1)
before = peak()
train = load(Data.model_validate_json(sys.argv[1])).train
steps = ((places, stream(0, "any", step)) for step, places in enumerate(torch.arange(len(train)).split(2)))
shown = sum(len(images) for images in transformed(train, steps, Transform(crop_padding=0, flip=True)))
print(shown, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not say what a process's peak was")
def test_what_streams_stays_below_half_of_what_it_would_be_in_memory(tmp_path):
    for part, count in (("train", COUNT), ("test", 2)):
        for place in range(count):
            path = tmp_path / "large" / part / "ab"[place % 2] / f"{place:04d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            # Two strips, so that no picture of test is one of train.
            picture = Image.new("L", (SIDE, SIDE), place % 251)
            picture.paste(place // 251 * 16 if part == "train" else 255, (0, 0, SIDE, SIDE // 2))
            picture.save(path)
    data = {
        "name": "large", "loader": "folder", "path": str(tmp_path / "large"), "stream": True, "train_images": COUNT,
        "test_images": 2, "classes": 2, "channels": 3, "height": SIDE, "width": SIDE, "mean": [0.5] * 3,
        "std": [0.2] * 3,
    }  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MIXBENCH_DATA": str(tmp_path / "home")}
    out, err = last_words(started([sys.executable, "-c", CHILD, json.dumps(data)], env=environment))
    assert err == ""
    shown, more = map(int, out.split())
    assert shown == COUNT
    assert more < ALLOWED
