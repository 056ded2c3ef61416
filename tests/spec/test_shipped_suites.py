"""Shipped suites: none changes without a new version, old ones load, and each says what it costs and expects."""

import re

import pytest

from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import known_suites, load_suite, suite_names, suites_folder

DIGESTS = {
    "breast-cancer@1": "55e957067ad16e124766932ee9bbab9ca02118ef1aff58beae15e01cafbba151",
    "cifar10@1": "5fdbf9240dc8a46954f4e6b8e1aa53c5aac494b4c6fe505932391a8e79281c77",
    "cifar10-fast@1": "c6d3df1afe754acbfd7c6a7610eaf18ddf06aaaf5bc211c94f0a00bf9bf97117",
    "cifar100@1": "b0bd9fef1a8f1ba20b465053d646b296b2ac42c9f2d4fa85023baf4ad902f4ca",
    "digits@1": "50fd98dcac04aa3a9944755d0094b40c1c7e334cddaa67ff2c5e99d86d40269b",
    "emoji@1": "9e141c9ec406022fba72f79e408ca415f5da65d0bb7e8fbfea95146afad1c917",
    "fashion-mnist@1": "4de6d75a4ea1f5ef8833a179504f14dcf3b2ce317d823a445bb1da84ea854e98",
    "fashion-mnist-small@1": "cad7faada164b5116f5f64abc3a711daac3c13469c7ad83eb325c87fb5529425",
    "imagenet@1": "74352498bf7dcb5f61e6e83aa9998e3cb343f0d87f41affa2986d840baeb3d9c",
    "imagenet@2": "b489c6afe620ec0641346f31b4ee9fe5d33916b79e9ee3ea1f4e3293bb653698",
    "japanese-vowels@1": "779875f61ba37053220fbd04d37ebaf2c8fee6bb31074d12df18f17d01d8b2c1",
    "speech-commands@1": "a5a0dcd8ea3bdf834d0108c49942716bf39787eb42d94986598685b8647b7dbd",
    "iris@1": "2e3b26ab73009a51cc3c0a351d077a0ab275efe557a7b40eb2c4f2a448428733",
    "svhn@1": "4c0b405f76740a0a3d70b126209ccf260f872084414b5efc657e6d6410180dfc",
    "tiny-imagenet@1": "17e3b3a6270ed2705b4bd25f013226441901097c9798c0d972406a03ae17cd62",
    "toy@1": "ebae70e04875ee878733885a7f56839d5fbd9206a34f0ae35eee9e185f523e4d",
    "toy-rings@1": "2e5eb97ee444f728d4b3db5f52bbab18dc991e24cb0bc2b4840753e2c4ef6b2d",
    "wine@1": "21ed4020c3a351a044ba6b63aaa26c23ed383ffab2ef3dfb53f9c8b7bd99823d",
}
"""A published version's digest never changes: a changed suite gets the next version, its old file moves to past/."""


def test_every_published_version_still_loads_with_its_digest():
    shipped = {f"{suite.name}@{suite.version}": digest for digest, suite in known_suites().items()}
    assert shipped == DIGESTS
    for name, digest in DIGESTS.items():
        assert load_suite(name).digest == digest


@pytest.mark.parametrize("name", suite_names())
def test_a_suites_file_says_its_command_and_what_to_expect(name):
    head = (suites_folder() / f"{name}.toml").read_text().partition("\nname = ")[0]
    assert head.startswith(f"# {name}: ")
    assert re.search(rf"^# mixbench eval .*(--suite {name} )?--aug", head, re.MULTILINE)
    assert re.search("Measured by|Published|Expected numbers", head)
    assert re.search("^# Data: .*docs/data.md", head, re.MULTILINE | re.DOTALL)


def test_an_unknown_version_is_refused_with_the_known():
    with pytest.raises(MixBenchError, match=r"unknown suite 'digits@7': shipped are .*digits@1"):
        load_suite("digits@7")


def test_an_old_version_loads_beside_the_new(tmp_path, monkeypatch):
    text = (suites_folder() / "digits.toml").read_text()
    (tmp_path / "past").mkdir()
    (tmp_path / "past" / "digits@1.toml").write_text(text)
    (tmp_path / "digits.toml").write_text(
        text.replace("version = 1", "version = 2").replace("pairs = 500", "pairs = 5")
    )
    monkeypatch.setattr("mixbench.spec.suite.suites_folder", lambda: tmp_path)
    known_suites.cache_clear()
    try:
        assert load_suite("digits@1").digest == DIGESTS["digits@1"]
        assert (load_suite("digits").version, load_suite("digits@2").battery.pairs) == (2, 5)
        assert {suite.version for suite in known_suites().values()} == {1, 2}
    finally:
        known_suites.cache_clear()
