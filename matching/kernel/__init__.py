"""The compiled search: best-first over upper bounds, exact, without the interpreter's lock.

`tree_builder.py` builds the tree of a snapshot, outside compiled code. `bounds.py` bounds the score of a part of the
tree; `row_filters.py`, `availability.py` and `scoring.py` judge rows; `frontier.py` and `top_k.py` are the two heaps.
Entry points are in `search.py`, `counting.py`, `joint_bounds.py`, `meeting.py`, `relaxation.py`, `reason_key.py` and
`answers/`; they take arrays by their addresses (`matching.compiler.array_table`).
"""
