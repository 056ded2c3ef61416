"""Every file that a command is to write is tried before its work."""

import pytest

from mixbench.cli import check, leaderboard, main, show


@pytest.fixture
def no_work(monkeypatch):
    """Any work fails the test."""
    for module, name in ((show, "showcase"), (leaderboard, "read_board"), (check, "gate")):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("worked"))


COMMANDS = {
    "show": ["show", "--aug", "erm", "--out"],
    "leaderboard csv": ["leaderboard", "--format", "csv", "--out"],
    "leaderboard html": ["leaderboard", "--format", "html", "--out"],
    "check": ["check", "a", "--baseline", "b", "--junit"],
}


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_place_that_cannot_be_written_is_refused_at_once(name, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "out.png"
    assert main([*COMMANDS[name], str(place)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"mixbench: {COMMANDS[name][-1]} {place}")
    assert "needed to write there, got Not a directory; give another place" in line
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.usefixtures("no_work")
def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "out.png").mkdir()
    assert main(["show", "--aug", "erm", "--out", str(tmp_path / "out.png")]) == 2
    assert "got Is a directory" in capsys.readouterr().err
