"""Staging: lists are parsed once, kept as Arrow until they are published, and prepared in parallel."""
