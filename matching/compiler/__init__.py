"""Compiles Python functions to machine code that is kept on disk and runs without numba."""
