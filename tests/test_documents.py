"""Documents link to what is there, the index has every page, and the README's first screen has all that it must."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.glob("*.md"), ROOT / "leaderboards" / "README.md"]
SCREEN = 40


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    files = [target.partition("#")[0] for target in targets if "://" not in target]
    assert [file for file in files if file and not (page.parent / file).exists()] == []


def test_the_index_has_every_page():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [path.name for path in DOCS.iterdir() if path.suffix in (".md", ".ipynb") and path.name != "README.md"]
    assert [name for name in pages if f"]({name})" not in index] == []


def test_the_readmes_first_screen_has_a_picture_the_two_commands_what_comes_out_and_claims():
    first = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:SCREEN])
    commands = ("scripts/quickstart", "scripts/test", "mixbench eval --aug cutmix")
    for needed in ("![", *commands, "suite digits, backbone", "docs/claims.md"):
        assert needed in first
    assert first.count("```") == 4
