"""What the gate found: for the terminal, for JUnit, for GitHub and for scripts."""
