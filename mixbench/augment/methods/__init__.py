"""The methods, one a file; table.py beside this folder has a row for each."""
