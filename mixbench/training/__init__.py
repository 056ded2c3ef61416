"""Training: one loop, one way to build a model."""
