"""The kinds of experiments: how each is measured."""
