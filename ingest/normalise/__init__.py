"""Normalisers, one field per module: the text of a cell as a value that the store can hold, or None."""
