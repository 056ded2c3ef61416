"""The augmentations: one file a method, one row in table.py, and their composition.

Nothing here loads torch before a hook runs, so names, parameters and canonical specs come at once.
"""
