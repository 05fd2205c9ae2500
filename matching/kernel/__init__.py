"""The compiled search: best-first over bounds, exact, without the interpreter's lock.

`planting.py` makes the tree of a snapshot, `tree.py` says what is in it; `bounds.py` and `rows.py` say what a part
of it may be worth and what a row is worth; `frontier.py` and `best.py` are the two heaps; `search.py` and
`counting.py` are what is called. Each entry is handed arrays by their addresses (`passing.py`).
"""
