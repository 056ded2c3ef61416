"""Pictures: what augmentations do to images."""
