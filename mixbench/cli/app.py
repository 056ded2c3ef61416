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
app.command("mixbench.cli.eval:evaluate", name="eval", help="Measure an augmentation's whole robustness picture.")
app.command("mixbench.cli.show:show", name="show", help="Draw what an augmentation does to images and targets.")
app.command("mixbench.cli.listing:listing", name="list", help="Show augs, suites, measures or models.")
