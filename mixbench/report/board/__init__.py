"""Boards as people read them: a table, Markdown, CSV, JSON and the files of a published board."""
