"""The commands, each loaded when it is called."""

from importlib.metadata import version
from typing import NamedTuple

from cyclopts import App, Group

MEASURE = Group("Measure", sort_key=1)
JUDGE = Group("Compare, check and publish", sort_key=2)
MAINTAIN = Group("For maintainers", sort_key=3)
MORE = Group("Other", sort_key=4)


class Command(NamedTuple):
    """A command: where it is, what it does, an example that can be typed, and words that people try for it."""

    home: str
    group: Group
    summary: str
    example: str
    meant: str = ""

    @property
    def usual(self) -> bool:
        """Whether users, not maintainers or shells, call it."""
        return self.group in (MEASURE, JUDGE)


app = App(
    name="mixbench",
    help="What does this augmentation really do to my model's robustness?",
    help_epilogue="Example: `mixbench eval --aug cutmix`",
    version=version("mixbench"),
    group_commands=MORE,
    # Ctrl-C is answered in mixbench.cli.main, with its own line and exit code.
    suppress_keyboard_interrupt=False,
)
COMMANDS = {
    "eval": Command(
        "eval:evaluate", MEASURE, "Measure an augmentation's whole robustness picture.",
        "mixbench eval --aug 'mixup(alpha=8)+label_smoothing' --seed 0:3",
        "evaluate run train measure bench benchmark test start",
    ),
    "sweep": Command(
        "sweep:sweep", MEASURE, "Measure a grid of augmentations and seeds.",
        "mixbench sweep --aug erm --aug 'mixup(alpha={0.2,1,8})' --seed 0:3",
        "grid search tune all",
    ),
    "show": Command(
        "show:show", MEASURE, "Draw what an augmentation does to images and targets.",
        "mixbench show --aug cutmix --out cutmix.png",
        "draw picture image gallery view preview",
    ),
    "list": Command(
        "listing:listing", MEASURE, "Show augs, suites, measures or models.",
        "mixbench list models 'resnet*'",
        "ls augmentations methods metrics backbones",
    ),
    "suite": Command(
        "suite:app", MEASURE, "Show a suite with its digest, or write a new one.",
        "mixbench suite new --from digits --epochs 5 mine.toml",
        "new config init create data dataset",
    ),
    "check-aug": Command(
        "check_aug:check_aug", MEASURE, "Check a method of your own against the rules of a mix.",
        "mixbench check-aug mymix.py:MyMix",
        "lint conform",
    ),
    "classes": Command(
        "classes:classes", MEASURE, "Show which classes a record's model errs on.",
        "mixbench classes runs/RECORD.json --confusion",
        "class confusion matrix confusions",
    ),
    "runs": Command(
        "runs:runs", MEASURE, "Show what lies in a runs folder, and drop what nothing needs.",
        "mixbench runs --prune",
        "gc prune clean clear cache rm remove delete du store storage disk",
    ),
    "leaderboard": Command(
        "leaderboard:leaderboard", JUDGE, "Rank records: a table, Markdown, CSV, JSON or a page.",
        "mixbench leaderboard --board runs --suite digits --measure all",
        "report rank ranking table results summary board html page",
    ),
    "compare": Command(
        "compare:compare", JUDGE, "Say which of two methods is better, in which measures.",
        "mixbench compare mixup erm --board leaderboards",
        "versus vs better test significance difference",
    ),
    "reproduce": Command(
        "reproduce:reproduce", JUDGE, "Run a paper's table or figure and judge its claims.",
        "mixbench reproduce mixup/table2 --on digits",
        "paper papers replicate claims verify experiment experiments",
    ),
    "power": Command(
        "power:power", JUDGE, "Say what so many seeds would tell, and in how many minutes.",
        "mixbench power --suite digits --measure clean.top1_error",
        "seeds plan resolution detect",
    ),
    "plot": Command(
        "plot:plot", JUDGE, "Draw curves of records: errors over ε, noise or epochs, reliability.",
        "mixbench plot runs/RECORD.json --what eps --out eps.png",
        "graph curve curves figure chart",
    ),
    "check": Command(
        "check:check", JUDGE, "Fail where robustness regressed against a baseline.",
        "mixbench check runs --baseline robustness",
        "gate regression diff ci",
    ),
    "validate": Command(
        "validate:validate", JUDGE, "Say everything that speaks against a record.",
        "mixbench validate runs/RECORD.json",
        "verify audit",
    ),
    "submit": Command(
        "submit:submit", JUDGE, "Validate records and put them among a board's claims.",
        "mixbench submit runs/RECORD.json --board leaderboards",
        "push publish upload contribute add",
    ),
    "export": Command(
        "export:export", JUDGE, "Write a record in another tool's format.",
        "mixbench export runs/RECORD.json --to huggingface",
        "convert robustbench huggingface hf",
    ),
    "completion": Command(
        "completion:completion", MORE, "Print what makes a shell complete commands and options.",
        "mixbench completion bash >> ~/.bashrc", "complete shell",
    ),
    "boards": Command(
        "boards:boards", MAINTAIN, "Bring boards up to date, or check that they are.",
        "mixbench boards --check", "regenerate",
    ),
    "rows": Command(
        "boards:rows", MAINTAIN, "Print the board's rows of given records.",
        "mixbench rows leaderboards/digits/records/RECORD.json --markdown",
    ),
    "docs": Command(
        "docs:docs", MAINTAIN, "Make the document of all methods anew, or check it.",
        "mixbench docs --check",
    ),
}  # fmt: skip

for place, (name, command) in enumerate(COMMANDS.items()):
    # The suite's commands have examples of their own.
    about = {} if name == "suite" else {"help_epilogue": f"Example: `{command.example}`", "sort_key": place}
    app.command(f"mixbench.cli.{command.home}", name=name, help=command.summary, group=command.group, **about)
