"""Forgeries of a record's file, text, digest and setting."""

from forgeries import SHA, Row, both, deep, drop, named, put, sealed_then, unsealed
from forging import Forgery

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
