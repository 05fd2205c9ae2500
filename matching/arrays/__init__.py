"""Tuples of arrays that the kernel reads and writes: the tree, the query, the workspace."""
