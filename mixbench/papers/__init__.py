"""Papers' experiments as data: run, laid out beside published numbers, with a verdict for every claim."""
