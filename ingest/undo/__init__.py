"""Undo of imports: restores the rows of before, or composes again what the remaining lists say."""
