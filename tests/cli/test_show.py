"""`mixbench show` writes one picture, or one line that says why not."""

import pytest
from cyclopts import App
from PIL import Image

from mixbench.cli.show import show
from mixbench.spec.errors import MixBenchError


def run(*words):
    app = App()
    app.default(show)
    app(words, exit_on_error=False, print_error=False, result_action="return_value")


def test_writes_a_picture_and_says_where(tmp_path, capsys):
    out = tmp_path / "new" / "cutmix.png"
    run("--aug", "cutmix", "--out", str(out), "--seed", "3")
    with Image.open(out) as image:
        assert (image.format, image.width) == ("PNG", 2400)
    assert capsys.readouterr().out.split() == ["picture", str(out)]
    assert list(out.parent.iterdir()) == [out]


def test_the_seed_decides_the_picture(tmp_path):
    for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        run("--aug", "mixup", "--out", str(tmp_path / f"{name}.png"), "--seed", seed)
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<?xml"), ("PDF", b"%PDF-")])
def test_the_ending_decides_the_kind(tmp_path, ending, start):
    out = tmp_path / f"cutmix.{ending}"
    run("--aug", "cutmix", "--out", str(out))
    assert out.read_bytes().startswith(start)


def test_several_methods_share_a_sheet(tmp_path):
    run("--aug", "erm", "--aug", "cutmix", "--aug", "mixup", "--out", str(tmp_path / "all.PNG"))
    run("--aug", "erm", "--aug", "cutmix", "--out", str(tmp_path / "two.png"))
    with Image.open(tmp_path / "all.PNG") as three, Image.open(tmp_path / "two.png") as two:
        assert three.width == two.width == 2400
        assert three.height > two.height


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--aug", "erm", "--out", "{}/a.jpg"], "needed a file that ends in .png, .svg or .pdf, got .jpg"),
        (["--aug", "erm", "--out", "{}/a"], "needed a file that ends in .png, .svg or .pdf, got no ending"),
        (["--aug", "erm", "--out", "{}/file/a.png"], "needed to write there"),
        (["--aug", "erm", "--out", "{}/folder.png"], "needed to write there"),
        (["--aug", "cutmx", "--out", "{}/a.png"], "Did you mean 'cutmix'"),
        (["--aug", "erm", "--suite", "digts", "--out", "{}/a.png"], "unknown suite"),
        (["--aug", "erm", "--seed", "-1", "--out", "{}/a.png"], "needed 0 or more, got -1"),
    ],
)
def test_refuses_in_one_line_and_leaves_nothing(tmp_path, words, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(MixBenchError, match=message) as refusal:
        run(*(word.format(tmp_path) for word in words))
    assert "\n" not in str(refusal.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder.png"]
