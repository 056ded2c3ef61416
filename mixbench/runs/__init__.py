"""Runs: the plan (what a request needs), the engine (who runs it), the store (where it lies)."""
