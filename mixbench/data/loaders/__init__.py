"""One file a data set: from a suite's data section to its train and its test split."""
