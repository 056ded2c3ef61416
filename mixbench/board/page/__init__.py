"""The board's page: a static folder that works offline, from a file, by keyboard and on a phone."""
