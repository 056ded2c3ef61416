"""A user's own method: from a file, from an installed package, refused in one line where it cannot be."""

import importlib
import sys
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import torch

from mixbench.augment import own
from mixbench.augment.build import augmentation, canonical, composition, sources, versions
from mixbench.augment.protocol import Context
from mixbench.augment.traits import Change, Claim, Stage
from mixbench.cli import main
from mixbench.runs.work import check_models
from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.testing import check_augmentation, check_mean_colour
from mixbench.training.prepare import prepared_model

PLAIN = """
class MyMix:
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def mix(self, images, targets, rng):
        share = rng.beta(self.alpha, self.alpha)
        return share * images + (1 - share) * images.flip(0), share * targets + (1 - share) * targets.flip(0)
"""
FULL = """
from mixbench.augment.protocol import Augmentation, Stage, method

@method
class Dim(Augmentation):
    '''Dims images.'''
    name = "dim"
    paper = "ours"
    stage = Stage.IMAGE
    changes = ("pixels",)
    share: float = 0.5

    def mix(self, images, targets, rng, context=None):
        from torch import from_numpy
        return images * from_numpy(rng.random((len(images), 1, 1, 1))).to(images) * self.share, targets
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(PLAIN)
    (tmp_path / "full.py").write_text(FULL)
    return tmp_path


def test_a_plain_class_conforms_and_has_a_canonical_spec(mine):
    made = augmentation(f"{mine}/mine.py:MyMix(alpha=2)")
    check_augmentation(made)
    check_mean_colour(made)
    assert canonical(made) == "mine.py:MyMix(alpha=2)"
    assert versions(made) == {"mine.py:MyMix": file_digest(mine / "mine.py")}


def test_a_class_of_the_protocol_conforms(mine):
    check_augmentation(augmentation(f"{mine}/full.py:Dim(share=0.25)"))


def test_the_canonical_spec_is_found_again_by_its_source(mine):
    made = composition(f"{mine}/mine.py:MyMix+label_smoothing")
    again = composition(canonical(made), sources(made))
    assert canonical(again) == canonical(made)


def spec_of(made) -> TrainingSpec:
    rest = {"augmentation": canonical(made), "method_versions": versions(made), "sources": sources(made)}
    return TrainingSpec.of(load_suite("digits"), backbone="test_resnet", noise=0.0, seed=0, device="cpu", **rest)


def test_the_training_is_named_by_what_is_in_the_file_not_by_where_it_lies(mine, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "mine.py").write_text(PLAIN)
    here, there = (spec_of(composition(f"{folder}/mine.py:MyMix")) for folder in (mine, other))
    assert here.digest == there.digest
    (other / "mine.py").write_text(PLAIN + "\n# changed\n")
    assert spec_of(composition(f"{other}/mine.py:MyMix")).digest != here.digest


def test_a_file_changed_since_is_refused(mine):
    spec = spec_of(composition(f"{mine}/mine.py:MyMix"))
    (mine / "mine.py").write_text(PLAIN + "\n# changed\n")
    with pytest.raises(MixBenchError, match="changed since"):
        prepared_model(spec)


def test_an_installed_package_offers_methods(mine, monkeypatch):
    monkeypatch.syspath_prepend(mine)
    entry = EntryPoint("theirs", "mine:MyMix", own.ENTRY_POINTS)
    monkeypatch.setattr(own, "entry_points", lambda group, name: [entry] if name == "theirs" else [])
    made = augmentation("theirs(alpha=4)")
    assert canonical(made) == "theirs(alpha=4)"
    assert made.mix(torch.ones(2, 1, 2, 2), torch.eye(2), np.random.default_rng(0))[0].shape == (2, 1, 2, 2)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nowhere.py:MyMix", "needed a Python file"),
        ("mine.py:MyMx", "Did you mean 'MyMix'"),
        ("mine.py:MyMix(beta=1)", "does not take"),
        ("broken.py:MyMix", "cannot be run: SyntaxError"),
        ("raises.py:Bad", "its mix failed: ValueError: no luck"),
    ],
)
def test_refusals_are_one_line(mine, spec, message):
    (mine / "broken.py").write_text("def")
    (mine / "raises.py").write_text(
        "class Bad:\n    def mix(self, images, targets, rng):\n        raise ValueError('no\\nluck')\n"
    )
    with pytest.raises(MixBenchError, match=message) as caught:
        augmentation(f"{mine}/{spec}").mix(torch.ones(2, 1, 2, 2), torch.eye(2), np.random.default_rng(0))
    assert "\n" not in str(caught.value)


WRONG = """
import sys
class Exits:
    def mix(self, images, targets, rng): sys.exit(0)
class ExitsFirst:
    def __init__(self): sys.exit(0)
class Cuts:
    def mix(self, images, targets, rng): return images[:5], targets
class Alone:
    def mix(self, images, targets, rng): return images
"""


@pytest.mark.parametrize(
    ("name", "why"),
    [("Exits", "its mix failed: SystemExit: 0"), ("ExitsFirst", "SystemExit: 0"),
     ("Cuts", r"its mix failed: TypeError: needed images and targets of shapes .*\(8, 1, 4, 4\)"),
     ("Alone", "its mix failed: TypeError: needed images and targets")],
)  # fmt: skip
def test_a_method_that_leaves_or_gives_something_else_is_refused_in_one_line(tmp_path, name, why):
    (tmp_path / "wrong.py").write_text(WRONG)
    with pytest.raises(MixBenchError, match=why):
        augmentation(f"{tmp_path}/wrong.py:{name}").mix(torch.rand(8, 1, 4, 4), torch.eye(8), np.random.default_rng(0))


def test_a_file_that_leaves_is_refused_and_what_it_prints_is_no_output(tmp_path, capsys):
    (tmp_path / "leaves.py").write_text("import sys\nprint('hello')\nsys.exit(0)\n")
    with pytest.raises(MixBenchError, match=r"cannot be run: SystemExit: 0 \(leaves.py, line 3\)"):
        augmentation(f"{tmp_path}/leaves.py:Any")
    assert capsys.readouterr() == ("", "hello\n")


STEERED = """
class Plain:
    {line}
    def mix(self, images, targets, rng): return images, targets
"""
PROTOCOL = """
from mixbench.augment.protocol import Augmentation, method
@method
class Plain(Augmentation):
    name = "plain"
    {line}
    def mix(self, images, targets, rng, context=None): return images, targets
"""


@pytest.mark.parametrize("source", [STEERED, PROTOCOL])
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("changes = ('pixels', 'target')", "changes: needed some of pixels, .*'target'.* Did you mean 'targets'"),
        ("changes = 'pixels'", "Plain: changes: needed a tuple or set of words, got 'pixels'"),
        ("changes = 3", "Plain: changes: needed a tuple or set of words, got 3"),
        ("claims = {'partnr'}", "Plain: claims: needed some of partner, .* Did you mean 'partner'"),
        ("stage = 'mixx'", "Plain: stage: needed one of image, .* Did you mean 'mix'"),
        ("stage = 1.5", "Plain: stage: needed one of image, .*got 1.5"),
    ],
)  # fmt: skip
def test_misspelt_words_that_steer_checks_are_refused(tmp_path, source, line, why):
    (tmp_path / "steered.py").write_text(source.format(line=line))
    with pytest.raises(MixBenchError, match=why) as caught:
        augmentation(f"{tmp_path}/steered.py:Plain")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", [STEERED, PROTOCOL])
def test_plain_words_become_members(tmp_path, source):
    line = "stage, changes, claims = 'erase', ['pixels'], {'drop_path'}"
    (tmp_path / "steered.py").write_text(source.format(line=line))
    made = augmentation(f"{tmp_path}/steered.py:Plain")
    assert (made.stage, made.changes, made.claims) == (Stage.ERASE, (Change.PIXELS,), {Claim.DROP_PATH})
    assert type(made.changes[0]) is Change


def refused(folder, source, spec="own.py:W", hook="mix"):
    """Load a method from a file named as ours is, run its hook on a small batch, and return the refusal."""
    (folder / "own.py").write_text(source)
    with pytest.raises(MixBenchError) as caught:
        getattr(augmentation(f"{folder}/{spec}"), hook)(*batch(hook))
    return str(caught.value)


def batch(hook):
    images, targets = torch.rand(8, 1, 4, 4), torch.eye(8)
    return (images, targets, np.random.default_rng(0)) if hook == "mix" else (torch.nn.Module(),)


def test_a_fault_is_told_by_the_users_line(tmp_path):
    inside = (
        "import torch\nclass W:\n    def mix(self, images, targets, rng):\n        return torch.cat(images, 5), 0\n"
    )
    assert "(own.py, line 4)" in refused(tmp_path, inside)
    called = "class W:\n    x = 1\n    def mix(self, images, targets):\n        return images, targets\n"
    assert "(own.py, line 3)" in refused(tmp_path, called)
    model = "class W:\n    def prepare(self, model):\n        model.nothing\n"
    assert "(own.py, line 3)" in refused(tmp_path, model, hook="prepare")


@pytest.mark.parametrize(
    ("hook", "needed", "got"),
    [
        ("mix", "mix(images, targets, rng)", "images, targets"),
        ("mix", "mix(images, targets, rng)", "images, targets, rng, context, more"),
        ("mix", "mix(images, targets, rng)", "images, targets, *, rng"),
        ("prepare", "prepare(model)", ""),
        ("criterion", "criterion(logits, targets)", "logits"),
        ("learner", "learner(model, classes)", "model"),
        ("loss", "loss(model, criterion, images, targets, rng, context)", "model, criterion, images, targets"),
    ],
)
def test_a_hook_of_other_parameters_is_refused_as_it_is_loaded(tmp_path, hook, needed, got):
    (tmp_path / "own.py").write_text(
        f"class W:\n    def {hook}({', '.join(filter(None, ('self', got)))}):\n        pass\n"
    )
    with pytest.raises(MixBenchError) as caught:
        augmentation(f"{tmp_path}/own.py:W")
    said = got.replace("*, ", "")
    assert f"needed {needed}, got {hook}({said}) (own.py, line 2); mend its parameters" in str(caught.value)
    assert "TypeError" not in str(caught.value)


UNCALLED = [
    ("forward(self, images): pass", "needed one of the hooks mix, prepare, criterion, loss, got none"),
    ("learner(self, model, classes): pass", "needed one of the hooks mix, prepare, criterion, loss, got none"),
    ("loss(self, *args): pass", r"hook loss, which is called only where claims have 'loss', .* claims = \('loss',\)"),
    ("criterion(self, *args): pass", "hook criterion, which is called only where claims have 'criterion'"),
    ("mix(self, *args): pass\n    link = 'probit'", "hook link, which is called only where claims have 'criterion'"),
    ("mix(self, *args): pass\n    claims = ('loss',)", "claims 'loss' and has no such hook"),
]


@pytest.mark.parametrize("base", ["", "(Augmentation)"])
@pytest.mark.parametrize(("hook", "why"), UNCALLED)
def test_a_class_that_would_train_as_if_it_were_not_there_is_refused(tmp_path, base, hook, why):
    head = "from mixbench.augment.protocol import Augmentation\n"
    (tmp_path / "own.py").write_text(f"{head}class W{base}:\n    def {hook}\n")
    with pytest.raises(MixBenchError, match=why):
        augmentation(f"{tmp_path}/own.py:W")


def test_a_choice_needs_a_mix_of_each(tmp_path):
    (tmp_path / "own.py").write_text("class W:\n    def prepare(self, model): pass\n")
    with pytest.raises(MixBenchError, match=r"draws between mixers.* this has no mix; use '\+'"):
        augmentation(f"{tmp_path}/own.py:W|cutmix")
    assert "cutmix" in str(augmentation(f"{tmp_path}/own.py:W+cutmix"))


@pytest.mark.parametrize("taken", ["*args", "images, targets, rng", "a, b, c, d", "a, b, c, d=None, e=1", "a, *b, **c"])
def test_a_mix_may_call_its_parameters_otherwise(tmp_path, taken):
    (tmp_path / "own.py").write_text(f"class W:\n    def mix(self, {taken}):\n        pass\n")
    assert augmentation(f"{tmp_path}/own.py:W")


BESIDE = {
    "imports": ("from factor import FACTOR", "FACTOR", "imports factor.py"),
    "imports in a hook": ("", "__import__('importlib').import_module('factor').FACTOR", "reads factor"),
    "reads": ("F = float((Path(__file__).parent / 'factor.txt').read_text())", "F", "reads factor.txt"),
    "reads in a hook": ("", "np.load(Path(__file__).parent / 'factor.npy').item()", "reads factor.npy"),
}


@pytest.mark.parametrize(("case", "warm"), [*((case, False) for case in BESIDE), ("imports", True)])
def test_what_a_file_takes_from_beside_it_is_refused(tmp_path, monkeypatch, case, warm):
    first, factor, why = BESIDE[case]
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "factor", raising=False)
    (tmp_path / "factor.py").write_text("FACTOR = 1.0\n")
    (tmp_path / "factor.txt").write_text("1.0")
    np.save(tmp_path / "factor.npy", 1.0)
    if warm:
        importlib.import_module("factor")
    source = f"""
import numpy as np
from pathlib import Path
{first}
class W:
    def mix(self, images, targets, rng):
        return images * {factor}, targets
"""
    said = refused(tmp_path, source)
    assert "beside it, which its digest and its records lack" in said
    assert why.split()[1] in said
    assert said.count("augmentation ") == 1
    assert "mend the file" not in said


def test_libraries_and_what_lies_elsewhere_may_be_read(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "file").mkdir()
    (tmp_path / "elsewhere" / "factor.txt").write_text("0.5")
    (tmp_path / "file" / "own.py").write_text(f"""
import colorsys, pathlib, scipy.stats, mixbench.augment.protocol
class W:
    def mix(self, images, targets, rng):
        import wave
        return images * float(pathlib.Path({str(tmp_path / "elsewhere" / "factor.txt")!r}).read_text()), targets
""")
    made = augmentation(f"{tmp_path}/file/own.py:W")
    assert made.mix(*batch("mix"))[0].max() <= 0.5


LEARNED = """
import torch
class Tint{base}:
    stage, claims = "loss", ("loss",)
    def learner(self, model, classes):
        return torch.nn.Linear(1, classes)
    def loss(self, model, criterion, images, targets, rng, context):
        return context.learned[self.name].weight.sum()
"""


@pytest.mark.parametrize("base", ["", "(__import__('mixbench').augment.protocol.Augmentation)"])
def test_a_learned_part_goes_by_a_name_that_does_not_change_with_the_files(tmp_path, base):
    for file in ("one.py", "other.py"):
        (tmp_path / file).write_text(LEARNED.format(base=base))
        made = composition(f"{tmp_path}/{file}:Tint")
        learned = made.learners(torch.nn.Module(), 3)
        assert list(learned) == ["Tint"]
        context = Context(0, 1, torch.arange(2), None, learned)
        assert made.loss(None, None, torch.rand(2, 1, 4, 4), torch.eye(2), np.random.default_rng(0), context).ndim == 0


WRONG_MIX = """
class W:
    def mix(self, images, targets, rng):
        import torch
        images.mul_(.5)
        return images, targets + targets[torch.randperm(len(images))]
"""


def test_a_wrong_method_is_refused_before_training_by_rule_and_line(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG_MIX)
    with pytest.raises(MixBenchError, match=r"wrong.py:W \(wrong.py, line 3\): breaks the rule 'input untouched'"):
        check_models([spec_of(composition(f"{tmp_path}/wrong.py:W+label_smoothing"))], None)


def test_check_aug(mine, capsys):
    (mine / "wrong.py").write_text(WRONG_MIX)
    assert main(["check-aug", f"{mine}/mine.py:MyMix(alpha=2)"]) == 0
    assert "mine.py:MyMix(alpha=2): keeps every rule" in capsys.readouterr().out
    assert main(["check-aug", f"{mine}/wrong.py:W"]) == 2
    assert "'input untouched'" in capsys.readouterr().err
    assert main(["check", f"{mine}/wrong.py:W"]) == 2
    assert f"mixbench check-aug '{mine}/wrong.py:W'" in capsys.readouterr().err
