"""The search index: builds, writes and opens a memory-mapped file of columns, and one of rendered results."""
