"""Forged and broken submissions, each refused for its stated reason and, where it was well aimed, for that alone.

A row forges the golden record; `alone` says that nothing else may be told against it, which shows that the forgery
is whole but for the one thing that its check must find.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from forging import Forgery, golden, reasons
from tiny import write_suite

from mixbench.results.checks.content import check_keys
from mixbench.results.measures import BY_NAME
from mixbench.results.npz import MAX_FILE
from mixbench.spec.suite import known_suites, load_suite

SHA = "0123456789abcdef" * 4


class Row(NamedTuple):
    name: str
    forge: Callable[[Forgery], object]
    words: str
    alone: bool = True


def put(*path_and_value):
    """Set a value within the content, by its path."""
    *path, last, value = path_and_value

    def forge(it: Forgery) -> None:
        place = it.content
        for part in path:
            place = place[part]
        place[last] = value

    return forge


def drop(*path):
    def forge(it: Forgery) -> None:
        place = it.content
        for part in path[:-1]:
            place = place[part]
        del place[path[-1]]

    return forge


def reading(name, **parts):
    return lambda it: it.content["readings"][name].update(parts)


def both(*forges):
    def forge(it: Forgery) -> None:
        for each in forges:
            each(it)

    return forge


def array(name, change, *, recompute=True):
    """Change an array and, as a careful forger would, all that follows from it in the record."""

    def forge(it: Forgery) -> None:
        it.outcomes[name] = change(it.outcomes[name].copy())
        if recompute:
            it.recompute()

    return forge


def at(place, value):
    def change(values):
        values[place] = value
        return values

    return change


def aug(spec, versions, link="softmax"):
    return lambda it: it.content.update(augmentation=spec, method_versions=versions, link=link)


def claim(spec, versions, link="softmax"):
    """Claim an augmentation with the trainings that belong to it."""
    return lambda it: (aug(spec, versions, link)(it), it.retrain())


SOURCE = "class Mine:\n    def mix(self, images, targets, rng):\n        return images, targets\n"


def contribute(text=SOURCE, spec="mine.py:Mine(alpha=1.0)", file="mine.py", sha=None, name="mine.py:Mine"):
    """Contribute a method as its author would, with a digest of its text unless another is given."""
    import hashlib

    def forge(it: Forgery) -> None:
        digest = sha or hashlib.sha256(text.encode()).hexdigest()
        claim(spec, {"mine.py:Mine": digest})(it)
        it.content["sources"] = {name: {"file": file, "sha256": digest, "text": text}}

    return forge


def together(spec, versions):
    """Contribute a method in a composition with others."""

    def forge(it: Forgery) -> None:
        contribute()(it)
        claim(spec, {**it.content["method_versions"], **versions})(it)

    return forge


def elsewhere(timm):
    """Say that one training was made with another timm."""

    def forge(it: Forgery) -> None:
        made = {name: it.content["provenance"][name] for name in ("commit", "dirty", "packages", "python")}
        made["packages"] = {**made["packages"], "timm": timm}
        it.content["provenance"]["trainings_made_with"] = {"noise50": made}

    return forge


def unsealed(forge):
    return both(forge, lambda it: setattr(it, "reseal", False))


def sealed_then(change):
    """Seal the record and change its text afterwards."""
    return lambda it: setattr(it, "text", change)


def named(name):
    return lambda it: setattr(it, "name", name)


def empty(it: Forgery) -> None:
    it.outcomes = {}


def flip_a_prediction(it: Forgery) -> None:
    """Make one wrong example right in every array that follows from it, but for the trained model's predictions."""
    where = int(np.flatnonzero(it.outcomes["clean.rank"] > 1)[0])
    it.outcomes["clean.predicted"][where] = it.outcomes["labels"][where]
    it.outcomes["clean.rank"][where] = 1
    it.recompute()


def miss(values):
    values[:, 3] = False
    return values


def deep(levels):
    return lambda it: put("settings", "extra", json.loads("[" * levels + "]" * levels))(it)


SCHEMA = [
    Row("no schema version", drop("schema_version"), "schema_version: is missing"),
    Row("schema of tomorrow", put("schema_version", 2), "schema_version: input should be 1"),
    Row("unknown key", put("verified", True), "verified: unknown key"),
    Row("unknown key within", put("provenance", "owner", "me"), "provenance.owner: unknown key"),
    Row("a number as text", put("seed", "0"), "seed: input should be a valid integer"),
    Row("a truth as a number", put("seed", True), "seed: input should be a valid integer"),
    Row("a reading without n", drop("readings", "clean.top1_error", "n"), "readings.clean.top1_error.n: is missing"),
    Row("readings as a list", put("readings", []), "readings: input should be a valid dictionary"),
    Row("digest of another form", unsealed(put("digest", "abc")), "digest: string should match", False),
    Row("path in the outcomes' name", put("outcomes", "file", "../golden.npz"), "outcomes.file: string should match"),
    Row("outcomes' name too long", put("outcomes", "file", "a" * 220 + ".npz"), "outcomes.file: string should match"),
    Row("NaN", sealed_then(lambda text: text.replace('"seed": 0', '"seed": NaN')), "NaN, which is not JSON"),
    Row("an infinity", sealed_then(lambda text: text.replace('"low": 0.8584338798741677', '"low": 1e999')),
        "needed numbers, got one too large", False),
    Row("a long number", sealed_then(lambda text: text.replace('"seed": 0', '"seed": ' + "9" * 400)), "at most 100"),
    Row("not JSON", sealed_then(lambda text: text[:-1]), "needed a readable JSON file"),
    Row("a list", sealed_then(lambda text: f"[{text}]"), "needed a JSON object, got list"),
    Row("deep", deep(40), "more than 20 values within one another"),
    Row("deep enough to end a parser", sealed_then(lambda text: "[" * 100_000), "brackets, at most 20000"),
    Row("huge", sealed_then(lambda text: text + " " * 4_000_000), "at most 4000000 bytes"),
    Row("a key twice", sealed_then(lambda text: text.replace('"seed": 0', '"seed": 7, "seed": 0')),
        "seed: is there twice"),
]  # fmt: skip

TEXT = [
    Row("a control character", put("provenance", "device", "cpu: x\x1b[2Jy"), "provenance.device: needed printable"),
    Row("right to left", put("provenance", "device", "cpu: a\u202eb"), "provenance.device: needed printable ASCII"),
    Row("zero width", both(put("model", "stem", "small\u200b")), "model.stem: needed printable ASCII"),
    Row("half a character", put("model", "stem", "\ud800"), "model.stem: needed printable ASCII"),
    Row("another alphabet's letter", put("model", "stem", "smаll"), "model.stem: needed printable ASCII"),
    Row("a hidden key", put("model", "stem\u2066", "small"), "needed printable ASCII"),
    Row("a novel", put("model", "stem", "x" * 1001), "model.stem: 1001 characters, at most 1000"),
    Row("a blank in the name", named("my record.json"), "file name: needed letters"),
    Row("another ending", named("record.txt"), "file name: needed letters"),
    Row("a hidden file", named(".record.json"), "file name: needed letters"),
    Row("a long name", named("a" * 220 + ".json"), "file name: needed letters"),
]

EDITED = [
    Row("a digit edited", unsealed(both(put("digest", SHA), put("mixbench_version", "0.1.1"))), "digest: needed"),
    Row("another's digest", unsealed(put("digest", SHA)), "the record was edited"),
]

SETTING = [
    Row("a battery of tomorrow", put("battery_version", 2), "battery_version: needed 1 to 1, got 2"),
    Row("a battery of never", put("battery_version", 0), "battery_version: needed 1 to 1, got 0"),
    Row("an unknown suite", put("suite_digest", SHA), f"suite_digest: {SHA[:12]} is of no known suite; of 'tiny'"),
    Row("another suite's name", put("suite", "digits"), "suite: needed 'tiny', whose digest the record carries"),
    Row("a suite's name that is a path", put("suite", "../../etc"), "suite: needed a name of lower-case", False),
    Row("an easier attack", put("settings", "eps", 0.01), "settings.eps: needed 0.1, as the suite has it"),
    Row("other data", put("settings", "data", "sha256", SHA), "settings.data.sha256: needed"),
    Row("a setting unsaid", drop("settings", "training", "precision"), "settings.training.precision: is missing"),
    Row("a default backbone that is none", put("settings", "backbone", "the best"), "settings.backbone: needed"),
    Row("no default backbone", drop("settings", "backbone"), "settings.backbone: needed"),
    Row("a setting more", put("settings", "tta", 10), "settings.tta: unknown key"),
    Row("a truth for a number", put("settings", "training", "threads", True), "settings.training.threads: needed 1"),
    Row("a backbone that is a path", both(put("backbone", "../x"), put("model", "create_model", "model_name", "../x"),
        Forgery.retrain), "backbone: needed the name of a timm model"),
    Row("another backbone made", put("model", "create_model", "model_name", "resnet18"),
        "model.create_model.model_name: needed 'test_resnet'"),
    Row("other classes", put("model", "create_model", "num_classes", 2), "model.create_model.num_classes: needed 10"),
    Row("nothing made", put("model", {}), "model.create_model.model_name: needed 'test_resnet', got None", False),
    Row("a reserved seed", both(put("seed", -1), Forgery.retrain), "seed: needed 0 or more, got -1"),
    Row("a seed that eval would not take", both(put("seed", 10**18), Forgery.retrain),
        "seed: needed at most 18 digits, got 19"),
    Row("no seed", put("seed", None), "seed: needed 0 or more, got none"),
    Row("a training unsaid", both(drop("trainings", "noise50"), drop("provenance", "seconds", "noise50")),
        "trainings.noise50: is missing"),
    Row("a training more", both(put("trainings", "ensemble", SHA), put("provenance", "seconds", "ensemble", 1.0)),
        "trainings.ensemble: unknown key"),
    Row("one training twice", lambda it: it.content["trainings"].update(noise20=it.content["trainings"]["noise50"]),
        "got one digest twice", False),
    Row("another training", put("trainings", "model", SHA), "trainings.model: 012345678"),
    Row("another seed's trainings", put("seed", 1), "trainings.model:", False),
    Row("another surrogate", put("trainings", "surrogate", SHA), "trainings.surrogate: 012345678"),
]  # fmt: skip

SPECS = [
    Row("an unknown method", claim("cutmixx(alpha=1.0)", {"cutmixx": 1}), "unknown method 'cutmixx'"),
    Row("malformed", claim("cutmix(", {"cutmix": 1}), "needed a parameter such as alpha=1.0"),
    Row("not canonical by its blanks", claim("cutmix(alpha=1.0, probability=1.0)", {"cutmix": 1}),
        "augmentation: needed the canonical cutmix(alpha=1.0,probability=1.0)"),
    Row("not canonical by what it leaves out", claim("cutmix(alpha=1.0)", {"cutmix": 1}),
        "augmentation: needed the canonical cutmix(alpha=1.0,probability=1.0)"),
    Row("not canonical by its order", claim("label_smoothing(epsilon=0.1)+cutmix(alpha=1.0,probability=1.0)",
        {"cutmix": 1, "label_smoothing": 1}), "augmentation: needed the canonical"),
    Row("out of range", claim("cutmix(alpha=-1.0,probability=1.0)", {"cutmix": 1}), "alpha"),
    Row("what does not combine", claim("cutmix(alpha=1.0,probability=1.0)+mosaic", {"cutmix": 1, "mosaic": 1}),
        "does not combine"),
    Row("a method's version of tomorrow", claim("cutmix(alpha=1.0,probability=1.0)", {"cutmix": 9}),
        "method_versions.cutmix: needed 1 or an earlier one"),
    Row("a version as a lie", claim("cutmix(alpha=1.0,probability=1.0)", {"cutmix": "1, timm 1.0.31"}),
        "method_versions.cutmix: needed 1"),
    Row("a library of another version", claim("stochastic_depth(rate=0.2)", {"stochastic_depth": "1, timm 0.0.1"}),
        "method_versions.stochastic_depth: needed timm '1.0.31', as provenance.packages has it, got '0.0.1'"),
    Row("a training by another library",
        both(claim("dropblock(rate=0.1)", {"dropblock": "1, timm 1.0.31"}), elsewhere("1.0.9")),
        "needed timm '1.0.9', as provenance.trainings_made_with.noise50.packages has it, got '1.0.31'"),
    Row("a version unsaid", claim("cutmix(alpha=1.0,probability=1.0)", {}), "method_versions: needed those of cutmix"),
    Row("a version more", claim("cutmix(alpha=1.0,probability=1.0)", {"cutmix": 1, "mixup": 1}),
        "method_versions: needed those of cutmix, got cutmix, mixup"),
    Row("another link", put("link", "sigmoid"), "link: needed 'softmax'"),
    Row("weights from elsewhere", both(put("augmentation", "external"), put("seed", None),
        put("method_versions", {})), "augmentation: weights that were trained elsewhere", False),
]  # fmt: skip

SOURCES = [
    Row("no source", both(contribute(), put("sources", {})), "sources: needed the file of mine.py:Mine"),
    Row("an edited source", both(contribute(), put("sources", "mine.py:Mine", "text", SOURCE + "#")),
        "it was edited"),
    Row("another's source", both(contribute(), put("sources", "mine.py:Mine", "sha256", SHA)),
        "method_versions.mine.py:Mine: needed the source's sha256", False),
    Row("another file", contribute(file="other.py"), "sources.mine.py:Mine.file: needed 'mine.py'"),
    Row("a source that is a path", contribute(file="../mine.py"), "sources.mine.py:Mine.file: string should match"),
    Row("a source too long", contribute(text="#" * 100_001), "string should have at most 100000 characters"),
    Row("a source more", both(contribute(), lambda it: it.content["sources"].update(
        {"evil.py:Evil": it.content["sources"]["mine.py:Mine"]})),
        "sources.evil.py:Evil: belongs to no method", False),
    Row("a source for a built-in method", put("sources", {"cutmix": {"file": "cutmix.py", "sha256": SHA, "text": ""}}),
        "sources.cutmix: belongs to no method", False),
    Row("a source that reads otherwise than it runs", contribute(text="# \u202e }\n" + SOURCE),
        "U+202E hide what the source says"),
    Row("a source with zero width", contribute(text="x\u200b = 1\n"), "U+200B hide what the source says"),
    Row("a source that moves the cursor", contribute(text="# \x1b[1A\n"), "U+001B hide what the source says"),
    Row("a source with a name of nothing", contribute(text="\u3164 = 1\n"), "U+3164 hide what the source says"),
    Row("a source that carries bytes unseen", contribute(text="x = '\ufe0f\U000e0101'\n"),
        "U+FE0F, U+E0101 hide what the source says"),
    Row("a source far to the right", contribute(text="x = 1" + " " * 1000 + "; import os\n"),
        "text: a line of 1016 characters, at most 1000"),
    Row("a method from a folder", claim("a/mine.py:Mine", {"a/mine.py:Mine": SHA}), "unknown method 'a/mine.py:Mine'"),
    Row("a method out of range beside one's own", contribute(spec="mine.py:Mine(alpha=1.0)+cutmix(alpha=-1.0)"),
        "alpha", False),
    Row("two mixers beside one's own", together(
        "cutmix(alpha=1.0,probability=1.0)+mosaic(margin=0.2)+mine.py:Mine(alpha=1.0)", {"cutmix": 1, "mosaic": 1}),
        "does not combine"),
    Row("one's own method twice", together("mine.py:Mine(alpha=1.0)+mine.py:Mine(alpha=2.0)", {}),
        "'mine.py:Mine' is given 2 times"),
    Row("nothing beside one's own", together("erm+mine.py:Mine(alpha=1.0)", {"erm": 1}), "erm adds nothing"),
]  # fmt: skip

ORIGIN = [
    Row("changed code", put("provenance", "dirty", True), "provenance.dirty: measured with changed code"),
    Row("a training by changed code", put("provenance", "trainings_made_with", {"model": {
        "commit": "a" * 40, "dirty": True, "packages": {"torch": "2.14.1"}, "python": "3.11.7"}}),
        "provenance.trainings_made_with.model.dirty: measured with changed code"),
    Row("a training by nobody knows what", put("provenance", "trainings_made_with", {"model": {"x": 1}}),
        "provenance.trainings_made_with.model: needed"),
    Row("a commit that is none", put("provenance", "commit", "main"), "provenance.commit: needed 40 hexadecimal"),
    Row("no word on changes", put("provenance", "dirty", None), "provenance.dirty: needed true or false"),
    Row("no packages", put("provenance", "packages", {}), "provenance.packages: needed 1 to 100"),
    Row("a package that is a sentence", put("provenance", "packages", "torch", "the newest one"),
        "provenance.packages.torch: needed a name and a version"),
    Row("no Python", put("provenance", "python", ""), "provenance.python: needed a version"),
    Row("from the future", put("provenance", "created", "2027-01-01T00:00:00+00:00"), "or in the future"),
    Row("from before", put("provenance", "created", "1999-01-01T00:00:00+00:00"), "is before MixBench"),
    Row("of no zone", put("provenance", "created", "2026-11-22T00:00:00"), "needed a time with its zone"),
    Row("of no time", put("provenance", "created", "yesterday"), "provenance.created: needed a time such as"),
    Row("on no device", put("provenance", "device", "quantum"), "provenance.device: needed 'cpu:", False),
    Row("other threads", put("provenance", "threads", 64), "provenance.threads: needed 1, as the suite has it"),
    Row("seconds unsaid", drop("provenance", "seconds", "model"), "provenance.seconds: needed those of"),
    Row("time gained", put("provenance", "seconds", "model", -1.0), "provenance.seconds.model: needed 0 or more"),
    Row("no version", put("mixbench_version", "; rm -rf /"), "mixbench_version: needed a version"),
]  # fmt: skip

NUMBERS = [
    Row("a better value", reading("clean.top1_error", value=0.88), "readings.clean.top1_error.value: 0.88 in the"),
    Row("a value better by little", reading("fgsm.white.top1_error", value=0.9055555555555556 - 1e-8),
        "readings.fgsm.white.top1_error.value"),
    Row("a narrower interval", reading("clean.top1_error", low=0.89), "readings.clean.top1_error.low: 0.89 in"),
    Row("more examples", reading("calibration.nll", n=10_000), "readings.calibration.nll.n: needed 360, got 10000",
        False),
    Row("more training examples", reading("noise20.train_error_real", n=10_000), "needed 1437, got 10271", False),
    Row("no interval", reading("clean.top1_error", low=None, high=None), "needed an interval, got null", False),
    Row("half an interval", reading("clean.top1_error", high=None), "needed an interval, got null", False),
    Row("an oracle's interval", reading("noise20.test_error_best", low=0.8, high=0.9), "needed no interval", False),
    Row("an interval upside down", reading("clean.top1_error", low=0.95, high=0.85), "is above its high", False),
    Row("an interval elsewhere", reading("clean.top1_error", low=0.1, high=0.2), "does not hold the value", False),
    Row("a measure left out", drop("readings", "calibration.ece"), "readings.calibration.ece: is missing", False),
    Row("a measure of one's own", put("readings", "awesome", {"value": 0.0, "n": 1, "low": 0.0, "high": 0.0}),
        "readings.awesome: unknown measure", False),
    Row("an error below 0", reading("clean.top1_error", value=-0.1), "value: needed 0 to 1, got -0.1", False),
    Row("a Brier score above 2", reading("calibration.brier", value=2.5), "value: needed 0 to 2, got 2.5", False),
    Row("top 5 above top 1", reading("clean.top5_error", value=0.95), "cannot be above clean.top1_error", False),
    Row("best above last", reading("noise50.test_error_best", value=0.99), "cannot be above noise50.test_error", False),
    Row("a curve's point", lambda it: it.content["curves"]["fgsm.white"]["top1_error"].__setitem__(0, 0.5),
        "curves.fgsm.white.top1_error.0: 0.5 in the record"),
    Row("a curve's axis", lambda it: it.content["curves"]["fgsm.white"]["eps"].__setitem__(0, 0.2),
        "curves.fgsm.white.eps.0: 0.2 in the record"),
    Row("an epoch more", lambda it: it.content["curves"]["model.test_error"]["epoch"].append(3),
        "curves.model.test_error.epoch: needed 2 values"),
    Row("a curve left out", drop("curves", "between.miss_mixup"), "curves.between.miss_mixup: is missing"),
    Row("a curve of one's own", put("curves", "clean", {"x": [0.0]}), "curves.clean: is not in the outcomes"),
    Row("less noise than said", put("label_noise", "noise80", "share_wrong", 0.1), "label_noise.noise80.share_wrong"),
    Row("no noise", put("label_noise", {}), "label_noise.noise20: is missing", False),
    Row("a flag of one's own", put("flags", ["award: best paper"]), "flags: needed the 0 that the outcomes raise"),
]  # fmt: skip


def masked(it: Forgery) -> None:
    """Zero gradients, as outcomes say, under a record that hides the flag."""
    it.outcomes["zero_gradient"][:] = True
    it.recompute()
    assert it.content["flags"]
    it.content["flags"] = []


OUTCOMES = [
    Row("a flag left out", masked, "flags: the outcomes raise 'zero_gradient'", False),
    Row("no outcomes", empty, "outcomes.file: golden.npz is missing beside the record"),
    Row("other outcomes", both(lambda it: setattr(it, "rehash", False), put("outcomes", "sha256", SHA)),
        "outcomes.sha256: needed 0123"),
    Row("outcomes that are none", lambda it: setattr(it, "packed", lambda packed: b"PK"),
        "outcomes golden.npz: needed an .npz of plain arrays"),
    Row("outcomes cut short", lambda it: setattr(it, "packed", lambda packed: packed[:-100]),
        "outcomes golden.npz: needed an .npz of plain arrays"),
    Row("an array left out", lambda it: it.outcomes.pop("clean.rank"), "outcomes.clean.rank: is missing"),
    Row("an array more", lambda it: it.outcomes.update(extra=np.zeros(3)), "outcomes.extra: unknown array"),
    Row("half the test split", array("clean.rank", lambda v: v[:180], recompute=False),
        "outcomes.clean.rank: needed uint16 360, got uint16 180"),
    Row("another type", array("clean.rank", lambda v: v.astype(np.int64)), "needed uint16 360, got int64 360"),
    Row("bytes the other way round", lambda it: it.outcomes.update({"labels": it.outcomes["labels"].astype(">u2")}),
        "which is no plain array"),
    Row("NaN among confidences", array("clean.confidence", at(0, np.nan), recompute=False), "got NaN or infinities"),
    Row("infinite loss", array("model.train_loss", at(0, np.inf)), "outcomes.model.train_loss: needed numbers"),
    Row("fewer classes", array("classes", lambda v: np.array(7)), "outcomes.classes: needed 10, got 7"),
    Row("a label of no class", array("noise20.test_predicted", at(0, 17)), "needed 0 to 9, got 0 to 17"),
    Row("a rank of 0", array("ifgsm.black.rank", at(0, 0)), "outcomes.ifgsm.black.rank: needed 1 to 10", False),
    Row("a rank that contradicts the prediction", array("fgsm.black.rank", lambda v: np.where(v > 3, np.uint16(1), v)),
        "outcomes.fgsm.black.rank: not 1 exactly where", False),
    Row("other predictions than the trained model's", lambda it: [flip_a_prediction(it) for _ in range(9)],
        "outcomes.clean.predicted: not the trained model's predictions", False),
    Row("confidence above 1", array("clean.confidence", lambda v: v * 9), "clean.confidence: needed 0 to 1", False),
    Row("confidence below chance", array("fgsm.white.confidence", lambda v: v / 2), "less than by chance", False),
    Row("surer of the truth than sure", array("clean.log_probability", lambda v: v / 2),
        "the true label likelier than the likeliest", False),
    Row("a loss without reason", array("clean.log_probability", lambda v: v * 0 + math.log(0.11)),
        "not the confidence's where the prediction is right", False),
    Row("too likely for its rank", lambda it: array("ifgsm.white.log_probability",
        lambda v: np.where(it.outcomes["ifgsm.white.rank"] == 10, np.float32(math.log(0.11)), v))(it),
        "too high for the true label's rank", True),
    Row("squares of nothing", array("clean.squared_sum", lambda v: v * 0.5), "not a sum of squares"),
    Row("calibrated by hand", array("scaled.confidence", lambda v: v * 0 + 1.5), "scaled.confidence: needed 0 to 1",
        False),
    Row("other halves", array("scaled.half", np.flip), "not the halves that the data set draws"),
    Row("a curve against its reading", array("curve.ifgsm.white.wrong", np.logical_not),
        "outcomes.curve.ifgsm.white.wrong: at ε 0.1 not the errors of ifgsm.white"),
    Row("certain of what was not predicted", array("saturated", np.logical_not), "outcomes.saturated: certain"),
    Row("other pairs", array("between.pairs", np.flip), "outcomes.between.pairs: not the pairs"),
    Row("other λ", array("between.lambda", lambda v: v / 2), "outcomes.between.lambda: not the battery's"),
    Row("other boxes", array("between.cutmix_lambda", np.ones_like), "outcomes.between.cutmix_lambda: not the battery"),
    Row("a negative norm", array("between.gradient_norm", np.negative), "gradient_norm: needed 0 to inf", False),
    Row("a model on wrong labels", array("model.corrupted", at(0, True)), "outcomes.model.corrupted: needed none"),
    Row("less noise", array("noise80.corrupted", lambda v: v & (np.arange(len(v)) % 2 > 0)),
        "outcomes.noise80.corrupted: not the labels that the data set redraws"),
    Row("kinder labels", lambda it: array("noise50.given", lambda v: it.outcomes["model.given"].copy())(it),
        "outcomes.noise50.given: not the labels that the data set draws"),
    Row("an error that is no share", array("noise20.test_error", at(0, 0.87654321)),
        "outcomes.noise20.test_error: needed shares of 360 test images"),
    Row("an error above 1", array("noise20.test_error", at(0, 2.0)), "noise20.test_error: needed 0 to 1", False),
    Row("a last epoch of one's own", array("noise20.test_error", at(-1, 0.1)),
        "outcomes.noise20.test_error: 0.1 after the last epoch"),
]  # fmt: skip

TABLE = [*SCHEMA, *TEXT, *EDITED, *SETTING, *SPECS, *SOURCES, *ORIGIN, *NUMBERS, *OUTCOMES]


def test_the_golden_record_is_a_good_submission(tmp_path):
    assert reasons(golden().write(tmp_path)) == []


def test_a_contributed_method_is_a_good_submission_and_is_never_run(tmp_path):
    it = golden()
    fired = tmp_path / "fired"
    contribute(text=f"import pathlib\npathlib.Path({str(fired)!r}).touch()\n{SOURCE}")(it)
    assert reasons(it.write(tmp_path)) == []
    it.content["augmentation"] = "mine.py:Mine(alpha=1.0)+label_smoothing(epsilon=0.1)"
    it.content["method_versions"]["label_smoothing"] = 1
    it.retrain()
    assert reasons(it.write(tmp_path)) == []
    assert not fired.exists()


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_a_forgery_is_refused_for_its_reason(tmp_path, row):
    it = golden()
    row.forge(it)
    found = reasons(it.write(tmp_path))
    assert [reason for reason in found if row.words in reason], found
    assert all(reason.isprintable() for reason in found)
    if row.alone:
        assert len(found) == 1, found


def test_there_are_more_than_60_forgeries_under_names_of_their_own():
    assert len(TABLE) > 120
    assert len({row.name for row in TABLE}) == len(TABLE)


def test_every_reason_is_given_and_not_only_the_first(tmp_path):
    it = golden()
    for row in (*SETTING[3:6], *ORIGIN[:2], *NUMBERS[:3], *OUTCOMES[-3:]):
        row.forge(it)
    put("verified", True)(it)
    found = reasons(it.write(tmp_path))
    for words in ("verified: unknown key", "suite: needed", "settings.eps", "provenance.dirty", "test_error"):
        assert [reason for reason in found if words in reason], words
    assert len(found) > 5


def test_reasons_are_counted_where_they_are_too_many(tmp_path):
    it = golden()
    it.content["settings"] |= {f"key{number}": 1 for number in range(500)}
    found = reasons(it.write(tmp_path))
    assert len(found) == 201
    assert found[-1] == "and 300 more reasons"


def test_a_link_and_a_folder_are_no_submission(tmp_path):
    it = golden()
    path = it.write(tmp_path)
    (tmp_path / "link.json").symlink_to(path)
    assert reasons(tmp_path / "link.json") == ["file: a symbolic link; put the file itself there"]
    (tmp_path / "folder.json").mkdir()
    assert reasons(tmp_path / "folder.json") == ["needed a readable JSON file, got a folder"]
    (tmp_path / "golden.npz").rename(tmp_path / "elsewhere.npz")
    (tmp_path / "golden.npz").symlink_to(tmp_path / "elsewhere.npz")
    assert reasons(path) == ["outcomes.file: golden.npz is a symbolic link; put the file itself there"]


def test_an_unknown_suite_s_many_examples_are_not_computed_from(tmp_path, monkeypatch):
    monkeypatch.setattr("mixbench.results.submission.check_recomputed", lambda *_: pytest.fail("recomputed"))
    it = golden()
    it.content["suite_digest"] = SHA
    it.content["settings"]["data"]["test_images"] = most = max(suite.data.test_images for suite in shipped()) + 1
    for name, values in it.outcomes.items():
        if values.shape[-1:] == (360,):
            it.outcomes[name] = np.resize(values, (*values.shape[:-1], most))
    found = reasons(it.write(tmp_path))
    assert "settings: no suite's that the outcomes could be held against" in found


def shipped():
    return known_suites().values()


def test_outcomes_of_any_size_are_not_read(tmp_path):
    path = golden().write(tmp_path)
    with (tmp_path / "golden.npz").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    assert reasons(path) == [f"outcomes.file: golden.npz has {MAX_FILE + 1} bytes, at most {MAX_FILE}"]


@pytest.mark.parametrize("wrong", [False, True])
def test_a_suites_own_noisy_labels_are_held_against_the_true_ones(tmp_path, wrong):
    """A suite with a file of given labels has one training more; its corrupted labels are those that are wrong."""
    section = f'[data.given_labels]\nfile = "labels.npy"\nsha256 = "{SHA}"\n\n[transform]'
    suite = load_suite(write_suite(tmp_path, ("[transform]", section)))
    it = golden()
    it.outcomes |= {name.replace("noise20", "noise_given"): each for name, each in it.outcomes.items()}
    it.outcomes["noise_given.corrupted"] = it.outcomes["noise_given.given"] != it.outcomes["model.given"]
    it.outcomes["noise_given.corrupted"][0] ^= wrong
    it.recompute()
    it.content |= {"suite_digest": suite.digest, "settings": suite.settings}
    it.content["trainings"]["noise_given"] = SHA
    it.content["provenance"]["seconds"]["noise_given"] = 1.0
    it.retrain(suite)
    needed = ["outcomes.noise_given.corrupted: not the given labels that are wrong"] if wrong else []
    assert reasons(it.write(tmp_path), suite=suite) == needed


@pytest.mark.parametrize("said", ["0.1.0", "0.1.1.dev3+g1234567", "0.0.1"])
def test_a_measure_that_the_records_version_had_not_is_not_missed(tmp_path, monkeypatch, said):
    """Of a version that never was, every first measure is asked for: none is left out by claiming one."""
    late, always = "calibration.brier", "calibration.nll"
    monkeypatch.setitem(BY_NAME, late, replace(BY_NAME[late], since="0.2"))
    it = golden()
    it.content["mixbench_version"] = said
    assert reasons(it.write(tmp_path)) == []
    del it.content["readings"][late]
    assert reasons(it.write(tmp_path)) == []
    it.content["mixbench_version"] = "0.2.0"
    assert f"readings.{late}: is missing" in reasons(it.write(tmp_path))
    it.content["mixbench_version"] = said
    del it.content["readings"][always]
    assert f"readings.{always}: is missing" in reasons(it.write(tmp_path))


def test_many_keys_that_are_there_twice_are_told_in_time(tmp_path):
    """Counting each among all others would take minutes."""
    keys = ", ".join(f'"k{number}": 0' for number in range(100_000))
    path = tmp_path / "twice.json"
    path.write_text(f"{{{keys}, {keys}}}")
    started = time.process_time()
    found = list(check_keys(path))
    assert time.process_time() - started < 20
    assert (len(found), found[-1]) == (100_000, "k99999: is there twice")
