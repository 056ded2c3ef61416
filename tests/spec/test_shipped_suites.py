"""Shipped suites: none changes without a new version, old ones load, and each says what it costs and expects."""

import re

import pytest

from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import known_suites, load_suite, suite_names, suites_folder

DIGESTS = {
    "abalone@1": "e7ada143ff98c74c084ae4cfff7360c67a0c30e8c760953e0b08aec41ad252ef",
    "arcene@1": "29639c08541752e6ac875106e52a7cde0481bb92bd6eb1676c678ae9f8badf92",
    "arrhythmia@1": "8d4270fe1bf1333614ca985dd08e419c9441284cad1c024ef53f4a9db4e04261",
    "dna@1": "9f9a69337644a5f5e700d095ba94fe8411871783e00e2cda77dc17459b582bf0",
    "htru2@1": "d09d9e4cd9d2084def878c432006f9bfa73f21aff1a0eea93c513f34d2183f8f",
    "ionosphere@1": "b1953c8dbf9fe5e5053817140854ddc0d55b13a2008af12742228c9e5e21b7a2",
    "letter@1": "970c83483fea92efdd6e6a7febeb16b9a3020bf5e3077e67aa52affde305e180",
    "phishing@1": "90b88f9cdb9cbdbc43fc7722057410516e68f12b17855af11f85b2865fafeaa6",
    "satellite@1": "e546208c8aadb7674f03a817e4a0c7f851a6463c73af9d1c0d9c0c1dba5f3875",
    "shuttle@1": "1df9f47b77b5605563f69cb1a32b18f1ebd2c7338767d7737b0c722b7a39ead3",
    "sonar@1": "7d5d04be9cf4db0cfbdfc7998259dbac63c12ba4bd293ccfdaaabcda884e5ad6",
    "vehicle@1": "64abb888ee0b48e612c572fdd693cc278689704289589da56ce17f5f227ed005",
    "vowel@1": "0a5dbe3f11d44aa9c40e0b59c4850b6c02871681fd037a51f9584b24ae379d6c",
    "breast-cancer@1": "55e957067ad16e124766932ee9bbab9ca02118ef1aff58beae15e01cafbba151",
    "cifar10@1": "5fdbf9240dc8a46954f4e6b8e1aa53c5aac494b4c6fe505932391a8e79281c77",
    "cifar10-fast@1": "c6d3df1afe754acbfd7c6a7610eaf18ddf06aaaf5bc211c94f0a00bf9bf97117",
    "cifar100@1": "b0bd9fef1a8f1ba20b465053d646b296b2ac42c9f2d4fa85023baf4ad902f4ca",
    "clutter@1": "0a2b969b5a24c18bd618ae0d269968143854717784f5ef321ee6439bb5fba5ea",
    "digits@1": "50fd98dcac04aa3a9944755d0094b40c1c7e334cddaa67ff2c5e99d86d40269b",
    "digits-28@1": "850bc58eb115861119dbe0dc9e06d1e2344f75b8c82f3a0391ba357f5fb0c649",
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
