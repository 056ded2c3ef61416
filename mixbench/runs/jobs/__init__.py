"""Jobs: idempotent work that knows its needs, its cost, when it is done and how to do itself; a file each.

Pure data, named by what they make; the engines know no kind.
"""
