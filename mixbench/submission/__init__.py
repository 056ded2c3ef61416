"""Submissions: what speaks against a record, and how one comes onto a board."""
