"""Boards: rows and their order, and every form they are shown in: terminal, Markdown, CSV, JSON and page."""
