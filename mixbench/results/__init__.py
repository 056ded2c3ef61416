"""Results: measures, statistics, flags and records. Pure functions of outcomes; no torch."""
