"""The kinds of experiments: how each is measured, planned and drawn."""
