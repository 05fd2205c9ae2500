"""Undo of imports: restores the earlier rows, or composes again what the remaining lists say."""
