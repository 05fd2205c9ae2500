"""Files of any supported format as one table of text cells.

`open.open_list` and `open.read` open a file; every other module reads one format behind the `Reader` protocol.
"""
