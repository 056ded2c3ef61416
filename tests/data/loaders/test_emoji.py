"""Emoji from small packages in the true layout, and the real ones where npm put them."""

import hashlib
import re
import shlex
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from emoji_packages import EMOJI, HANDS, SAME, colour, picture, write_packages
from official import section

from mixbench.data.emoji_families import base, split
from mixbench.data.files import places
from mixbench.data.load import load
from mixbench.data.loaders.emoji import CLASSES, LOADERS
from mixbench.data.loaders.emoji import HANDS as KNOWN
from mixbench.data.survey import examine
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite

CODES = [code for code, group in EMOJI if group in CLASSES and code not in SAME]
LOADER = {loader.name: loader for loader in LOADERS}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Neither the machine's packages nor this clone's."""
    for name in ("home", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path / "home"))
    monkeypatch.delenv("NODE_PATH", raising=False)
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def data(**changes):
    facts = {"test_fraction": 0.4, "classes": 9, "channels": 3, "mean": [0.5] * 3, "std": [0.5] * 3}
    return section("emoji", **(facts | changes))


def loaded(loader="emoji", **changes):
    return LOADER[loader].load(data(**changes))


def refused(loader="emoji", **changes):
    with pytest.raises(MixBenchError) as caught:
        loaded(loader, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def colours(found):
    """Which emoji of Google's hand each image is, by its colour."""
    known = {colour(code)[:2]: code for code in CODES}
    return [known[tuple(image[:2, 0, 0].tolist())] for image in found.images]


@pytest.mark.parametrize(("hand", "loader"), list(enumerate(LOADER)))
def test_every_hand_has_the_same_emoji_halved_on_grey(home, hand, loader):
    write_packages(home / "node_modules")
    google, found = loaded(), loaded(loader)
    for part, ours in zip(google[:2], found[:2], strict=True):
        assert ours.images.shape == (len(part), 3, 32, 32)
        assert ours.labels.tolist() == part.labels.tolist()
        assert (ours.images[:, :, 16:] == 128).all()
        for code, image in zip(colours(part), ours.images, strict=True):
            assert (image[:, :16] == image.new_tensor(colour(code, hand))[:, None, None]).all(), code
    assert sorted(colours(google.train) + colours(google.test)) == sorted(CODES)
    assert found.classes == list(CLASSES.values())


def test_no_base_and_no_pixels_are_in_both_splits_and_every_class_is_in_either(home):
    write_packages(home / "node_modules")
    train, test = (colours(part) for part in loaded()[:2])
    assert {"1F468-200D-1F692", "1F469-200D-1F692", "1F9D1-200D-1F692"} <= set(max(train, test, key=lambda part: (
        "1F468-200D-1F692" in part)))  # fmt: skip
    assert ("1F3C3" in train) == ("1F3C3-200D-2642-FE0F" in train)
    groups = dict(EMOJI)
    assert {groups[code] for code in train} == {groups[code] for code in test} == set(CLASSES)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1F469-1F3FD-200D-1F692", "1F9D1-1F692"),
        ("1F468-200D-1F692", "1F9D1-1F692"),
        ("1F692", "1F692"),
        ("1F3C3-200D-2640-FE0F-200D-27A1-FE0F", "1F3C3"),
        ("2640-FE0F", "2640-FE0F"),
        ("1F3FB", "1F3FB"),
        ("1F467", "1F9D2"),
        ("00A9-FE0F", "00A9"),
    ],
)
def test_what_an_emojis_base_is(code, expected):
    assert base(code) == expected


def test_equal_pixels_bind_families_and_the_first_of_them_stays():
    """1F601 looks like 1F602, which is of one base with 1F602-FE0F; so all three are one family."""
    codes = ["1F600", "1F601", "1F602", "1F602-FE0F", "1F603", "1F604"]
    pixels = np.array([0, 1, 1, 2, 3, 4], np.uint8)[:, None, None, None]
    for fraction in np.linspace(0.1, 0.9, 9):
        train, test = split(codes, np.zeros(6, np.int64), pixels, fraction)
        assert sorted([*train, *test]) == [0, 1, 3, 4, 5]
        assert (1 in train) == (3 in train)


@pytest.mark.parametrize("place", ["home/node_modules", "cache/node_modules", "here/node_modules", "node_modules"])
def test_packages_are_found_where_a_package_manager_puts_them(home, place):
    write_packages(home.parent / place)
    assert len(loaded().train) > 0


def test_packages_are_found_on_nodes_own_path_and_a_suites_path_goes_alone(home, monkeypatch):
    write_packages(home.parent / "lib")
    monkeypatch.setenv("NODE_PATH", f"{home.parent / 'none'}:{home.parent / 'lib'}")
    assert len(loaded().train) > 0
    assert "got none" in refused(path=str(home.parent / "mine"))
    write_packages(home.parent / "mine" / "node_modules")
    assert len(loaded(path=str(home.parent / "mine")).train) > 0


def test_what_is_missing_comes_by_the_one_command_that_is_named(home):
    write_packages(home.parent / "node_modules", HANDS[:1], version="15.1.0")
    said = refused()
    assert "needed the npm package emoji-datasource-google in version 16.0.0, got 15.1.0 in " in said
    command = shlex.split(said.partition("bring it by: ")[2])
    assert command == ["npm", "install", "--prefix", str(home), *(f"{hand}@16.0.0" for hand in HANDS)]
    write_packages(Path(command[3]) / "node_modules", [word.removesuffix("@16.0.0") for word in command[4:]])
    assert all(len(loaded(name).train) for name in LOADER)


def test_another_hand_alone_is_named_alone(home):
    write_packages(home / "node_modules", HANDS[:2])
    assert refused("emoji-openmoji").endswith(f"npm install --prefix {home} openmoji@16.0.0")


@pytest.mark.parametrize(
    ("side", "said"), [(63, "63 × 63 pixels instead of 64 × 64"), (0, "none of PNG"), (-1, "No such file")]
)
def test_a_damaged_picture_is_named(home, side, said):
    path = write_packages(home / "node_modules") / "emoji-datasource-google/img/google/64/1f415.png"
    path.unlink()
    if side > 0:
        picture(path, (1, 2, 3), side=side)
    elif side == 0:
        path.write_bytes(b"nothing")
    with pytest.raises(MixBenchError, match=re.escape(str(path))) as caught:
        load(data(loader="emoji"))
    assert said in str(caught.value)


@pytest.mark.parametrize("drawing", ["<svg", "no drawing", '<svg xmlns="http://www.w3.org/2000/svg"><image/></svg>'])
def test_a_damaged_drawing_is_named_on_one_line(home, drawing):
    path = write_packages(home / "node_modules") / "openmoji/color/svg/1F415.svg"
    path.write_text(drawing)
    assert f"needed {path} as published" in refused("emoji-openmoji")


@pytest.mark.parametrize("listed", ["{", "[]", "[1]", '[{"unified": "../..", "category": "Flags", "sort_order": 1}]'])
def test_a_damaged_list_is_named(home, listed):
    path = write_packages(home / "node_modules") / "emoji-datasource-google/emoji.json"
    path.write_text(listed)
    assert f"needed {path} as published" in refused()


def test_a_declared_checksum_is_that_of_the_pictures_one_after_another(home):
    folder = write_packages(home / "node_modules") / "emoji-datasource-google/img/google/64"
    total = hashlib.sha256()
    for code, group in EMOJI:
        if group in CLASSES:
            total.update((folder / f"{code.lower()}.png").read_bytes())
    files = {"emoji-datasource-google": f"sha256:{total.hexdigest()}"}
    assert len(loaded(files=files).train) > 0
    picture(folder / "1f600.png", (9, 9, 9))
    assert "the file is damaged or another one" in refused(files=files)
    assert "unknown file" in refused(files={"openmoji": f"md5:{'0' * 32}"})


def test_a_split_needs_its_share():
    assert "needed a test_fraction" in refused(test_fraction=None)


def real(hand):
    try:
        return LOADER[hand].load(data(test_fraction=0.3))
    except MixBenchError as error:
        pytest.skip(f"needs {error}")


def people(text: str) -> str:
    """An emoji without tone, gender, direction, joiner and selector, from its characters."""
    text = re.sub("[\U0001f468\U0001f469]", "\U0001f9d1", re.sub("[\U0001f466\U0001f467]", "\U0001f9d2", text))
    return re.sub("[\u200d\ufe0f\u2640\u2642\u27a1\U0001f3fb-\U0001f3ff]", "", text) or text


def test_the_real_split_shares_no_pixels_and_no_base():
    found = real("emoji")
    splits = [{image.numpy().tobytes() for image in part.images} for part in found[:2]]
    assert [len(part) for part in splits] == [len(part) for part in found[:2]] == [1325, 567]
    assert not splits[0] & splits[1]
    bases = _bases_by_pixels()
    sides = [{base for image in part for base in bases[image]} for part in splits]
    assert not sides[0] & sides[1]
    assert sum(map(len, splits)) == len(bases)
    counts = [Counter(part.labels.tolist()) for part in found[:2]]
    assert all(abs(counts[1][label] / (counts[0][label] + counts[1][label]) - 0.3) < 0.02 for label in range(9))


def _bases_by_pixels() -> dict[bytes, set[str]]:
    """The bases of every real picture, read once more by Pillow's own compositing, to within a level."""
    from mixbench.data.loaders import emoji as loader

    known = loader._emoji(data(), loader._folder(data(), loader.GOOGLE))
    pixels = loader._pictures(data(), loader.GOOGLE, known)
    found: dict[bytes, set[str]] = {}
    for each, image in zip(known, pixels, strict=True):
        character = "".join(chr(int(point, 16)) for point in each.code.split("-"))
        found.setdefault(image.tobytes(), set()).add(people(character))
    return found


@pytest.mark.parametrize("hand", KNOWN, ids=lambda hand: hand.name)
def test_the_real_data_are_what_the_suite_declares(hand):
    real(hand.name)
    suite = load_suite("emoji")
    shifts = {shift.loader: shift for shift in suite.shifts}
    section_of = suite.data if hand.name == "emoji" else shifts[hand.name].data(suite.data)
    assert section_of.files == {hand.package.name: hand.checksum}
    if section_of.sha256:
        load(section_of)
    if hand.name == "emoji":
        draft = {"name": "emoji", "test_fraction": 0.3}
        found = examine(draft).section
        assert found == suite.data.model_dump(mode="json", exclude_unset=True)
