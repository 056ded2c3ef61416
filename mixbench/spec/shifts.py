"""The table of shifts: test images once more, drawn otherwise; a suite says which of them it has."""

from __future__ import annotations

SHIFTS = {
    "twitter": "Twitter's hand",
    "openmoji": "OpenMoji's hand",
    "own": "the suite's own shift",
}
"""What people call each, by the name that its measures have after `shift.`."""
