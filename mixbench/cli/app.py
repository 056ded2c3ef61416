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
    "plot": ("mixbench.cli.plot:plot", "Draw curves of records: errors over ε, noise or epochs, reliability."),
    "sweep": ("mixbench.cli.sweep:sweep", "Measure a grid of augmentations and seeds."),
    "leaderboard": ("mixbench.cli.leaderboard:leaderboard", "Rank records: a table, Markdown, CSV, JSON or a page."),
    "classes": ("mixbench.cli.classes:classes", "Show which classes a record's model errs on."),
    "submit": ("mixbench.cli.submit:submit", "Validate records and put them among a board's claims."),
    "validate": ("mixbench.cli.validate:validate", "Say everything that speaks against a record."),
    "rows": ("mixbench.cli.boards:rows", "Print the board's rows of given records."),
    "boards": ("mixbench.cli.boards:boards", "Bring boards up to date, or check that they are."),
    "docs": ("mixbench.cli.docs:docs", "Make the document of all methods anew, or check it."),
    "check": ("mixbench.cli.check:check", "Fail where robustness regressed against a baseline."),
    "check-aug": ("mixbench.cli.check_aug:check_aug", "Check a method of your own against the rules of a mix."),
    "export": ("mixbench.cli.export:export", "Write a record in another tool's format."),
    "suite": ("mixbench.cli.suite:app", "Show a suite with its digest, or write a new one."),
    "list": ("mixbench.cli.listing:listing", "Show augs, suites, measures or models."),
}

for name, (home, summary) in COMMANDS.items():
    app.command(home, name=name, help=summary)
