"""A user's own image files: what is in a folder, from bytes to pixels, decoded once and compared."""
