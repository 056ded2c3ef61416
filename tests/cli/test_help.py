"""Help, suggestions and hints: what is printed can be typed, and leads somewhere."""

import ast
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

import mixbench as package
from mixbench.cli.app import COMMANDS, app
from mixbench.cli.suite import app as suite_app

ROOT = Path(package.__file__).parent
HINT = re.compile(r"(?:(?<=['`])|(?<=: )|^)mixbench ([a-z][a-z-]+)\b([^'\"`;|\n…]*)", re.MULTILINE)


def options(name: str) -> set[str]:
    """The options of a command, of any of its own commands where it has some."""
    apps = [suite_app["new"], suite_app["show"]] if name == "suite" else [app[name]]
    return {"--help", *(word for each in apps for found in each.assemble_argument_collection() for word in found.names)}


def hints() -> dict[str, str]:
    """Every command that a text of the package names, by where it stands."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for match in HINT.finditer(node.value):
                    found[f"{path.relative_to(ROOT)}:{node.lineno}: {match[0]}"] = match[0]
    return found


def test_every_command_that_is_named_is_there_with_its_options():
    named = hints()
    assert len(named) > 30
    for where, hint in named.items():
        command, words = HINT.match(hint).groups()
        assert command in COMMANDS, where
        assert set(re.findall(r"--[a-z][a-z-]*", words)) <= options(command), where


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_parses(name, mixbench):
    example = COMMANDS[name].example.split(">>")[0]
    program, *words = shlex.split(example)
    assert (program, words[0]) == ("mixbench", name)
    app.parse_args(words, exit_on_error=False, print_error=False)
    said = mixbench(name, "--help")
    assert said.code == 0
    assert "Example: mixbench " in said.out


def test_maintainers_commands_stand_apart_and_after_the_others(mixbench):
    told = mixbench("--help").out
    assert told.index(" eval ") < told.index(" sweep ") < told.index(" leaderboard ") < told.index("For maintainers")
    assert all(told.index("For maintainers") < told.index(f" {name} ") for name in ("boards", "rows", "docs"))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["chart"], "'plot'"),
        (["draw"], "'show'"),
        (["report"], "'leaderboard'"),
        (["evla"], "'eval'"),
        (["augs"], "'list augs'"),
        (["model"], "'list models'"),
        (["cutmix"], "'eval --aug cutmix'"),
        (["gc"], "'runs'"),
        (["suite", "shwo"], "'mixbench suite show NAME'"),
    ],
)
def test_an_unknown_command_names_what_was_meant(words, meant, mixbench):
    said = mixbench(*words)
    assert (said.code, said.out) == (2, "")
    assert meant in said.err
    assert "boards" not in said.err


def test_surplus_words_come_with_the_command_s_own_example(mixbench):
    assert COMMANDS["list"].example in mixbench("list", "models", "resnet*", "more").err
    assert COMMANDS["eval"].example in mixbench("eval", "cutmix").err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_commands_and_options(shell, mixbench, tmp_path):
    said = mixbench("completion", shell)
    assert said.code == 0
    assert all(word in said.out for word in ("leaderboard", "check-aug", "quiet"))
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=said.out, text=True, check=True)


def test_no_other_shell_is_known(mixbench):
    assert "one of bash, zsh, fish" in mixbench("completion", "csh").err


def test_the_citation_is_of_this_version():
    cited = yaml.safe_load((ROOT.parent / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == package.__version__
    assert (cited["cff-version"], cited["type"], cited["license"]) == ("1.2.0", "software", "Apache-2.0")
    assert cited["authors"] == [{"name": "The MixBench authors"}]
