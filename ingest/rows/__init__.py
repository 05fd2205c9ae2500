"""Rows of a list as records: parsed, located, with the spaces they describe, and as the facts that are stored."""
