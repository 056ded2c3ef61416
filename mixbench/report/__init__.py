"""Reports: tables and progress for people. Draws results, knows no torch."""
