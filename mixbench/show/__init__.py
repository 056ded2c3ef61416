"""Pictures: what augmentations do to images, curves of records, what models decide in the plane."""
