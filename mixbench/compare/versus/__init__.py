"""Methods against one another: which records a word names, what their pairs tell, until it is decided, at what cost."""
