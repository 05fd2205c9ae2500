"""The search index: one immutable, memory-mapped file of columns, and the rendered facts beside it."""
