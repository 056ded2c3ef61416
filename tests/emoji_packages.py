"""Small packages of npm in the true layout of the emoji's three hands, with pictures of one colour each."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

VERSION = "16.0.0"
HANDS = ("emoji-datasource-google", "emoji-datasource-twitter", "openmoji")

EMOJI = [
    ("1F600", "Smileys & Emotion"), ("1F601", "Smileys & Emotion"), ("1F602", "Smileys & Emotion"),
    ("1F9D1-200D-1F692", "People & Body"), ("1F468-200D-1F692", "People & Body"), ("1F469-200D-1F692", "People & Body"),
    ("1F3C3", "People & Body"), ("1F3C3-200D-2642-FE0F", "People & Body"),
    ("1F415", "Animals & Nature"), ("1F408", "Animals & Nature"), ("1F34E", "Food & Drink"), ("1F34C", "Food & Drink"),
    ("1F692", "Travel & Places"), ("2708-FE0F", "Travel & Places"), ("26BD", "Activities"), ("1F3C0", "Activities"),
    ("1F526", "Objects"), ("1F528", "Objects"), ("2642-FE0F", "Symbols"), ("00A9-FE0F", "Symbols"),
    ("1F1E9-1F1EA", "Flags"), ("1F1EB-1F1F7", "Flags"), ("1F1E7-1F1FB", "Flags"), ("1F3FB", "Component"),
]  # fmt: skip
"""Code points and Unicode's group, in its order."""

SAME = {"1F1E7-1F1FB": "1F1EB-1F1F7"}
"""Who has whose picture."""


def colour(code: str, hand: int = 0) -> tuple[int, int, int]:
    """A colour of its own for each emoji of each hand."""
    place = [name for name, _ in EMOJI].index(SAME.get(code, code))
    return 10 * place, 7 * place, 40 + 60 * hand


def write_packages(modules: Path, hands=HANDS, version: str = VERSION) -> Path:
    """Write some hands' packages into a node_modules folder, and return that."""
    for hand in hands:
        folder = modules / hand
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"name": hand, "version": version}))
        (_openmoji if hand == "openmoji" else _datasource)(folder, HANDS.index(hand))
    return modules


def _datasource(folder: Path, hand: int) -> None:
    pictures = folder / "img" / folder.name.rpartition("-")[2] / "64"
    pictures.mkdir(parents=True)
    rows = []
    for order, (code, group) in enumerate(EMOJI):
        picture(pictures / f"{code.lower()}.png", colour(code, hand))
        tone = {"unified": f"{code}-1F3FD", "image": f"{code.lower()}-1f3fd.png"}
        tones = {"skin_variations": {"1F3FD": tone}} if group == "People & Body" else {}
        image = f"{code.lower()}.png"
        rows.append({"unified": code, "image": image, "category": group, "sort_order": 2 * order, **tones})
        if tones:
            picture(pictures / tone["image"], (200, 200, 0))
    # The true file is sorted by code points, not by Unicode's order.
    (folder / "emoji.json").write_text(json.dumps(sorted(rows, key=lambda row: row["unified"])))


def _openmoji(folder: Path, hand: int) -> None:
    drawings = folder / "color" / "svg"
    drawings.mkdir(parents=True)
    for code, _ in EMOJI:
        red, green, blue = colour(code, hand)
        (drawings / f"{code.removesuffix('-FE0F')}.svg").write_text(
            '<svg id="emoji" viewBox="0 0 72 72" xmlns="http://www.w3.org/2000/svg">'
            f'<rect x="0" y="0" width="72" height="36" fill="#{red:02x}{green:02x}{blue:02x}"/></svg>'
        )


def picture(path: Path, rgb: tuple[int, int, int], opacity: int = 255, side: int = 64) -> None:
    """Write a picture whose upper half is of one colour and whose lower half is see-through."""
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[: side // 2] = (*rgb, opacity)
    Image.fromarray(pixels, "RGBA").save(path)
