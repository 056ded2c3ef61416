"""The sections of a suite's file, a module each."""
