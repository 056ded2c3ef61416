"""The regression gate: which records stand against which, the verdict, and its words for people, CI and scripts."""
