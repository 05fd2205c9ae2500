"""The compiled search: best-first over bounds, exact, without the interpreter's lock.

`tree.py` arranges what is read, `bounds.py` and `rows.py` say what a part of the tree is worth at most and what a row is
worth, `frontier.py` and `best.py` are the two heaps, `search.py` and `counting.py` are what is called.
Importing any of these loads the compiler, which takes half a second: `matching.scan` answers the same without it.
"""
