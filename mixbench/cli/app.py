"""The commands, each loaded when it is called."""

from importlib.metadata import version

from cyclopts import App

app = App(
    name="mixbench",
    help="What does this augmentation really do to my model's robustness?",
    version=version("mixbench"),
    # Ctrl-C is answered in mixbench.cli.main, with its own line and exit code.
    suppress_keyboard_interrupt=False,
)
COMMANDS = {
    "eval": ("mixbench.cli.eval:evaluate", "Measure an augmentation's whole robustness picture."),
    "show": ("mixbench.cli.show:show", "Draw what an augmentation does to images and targets."),
    "list": ("mixbench.cli.listing:listing", "Show augs, suites, measures or models."),
}

for name, (home, summary) in COMMANDS.items():
    app.command(home, name=name, help=summary)
