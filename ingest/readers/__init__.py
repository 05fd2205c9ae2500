"""Files of any supported format as one table of text cells.

`open.read` is the door; every other module reads one format behind the `Reader` protocol of `base`.
"""
