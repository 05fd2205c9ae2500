"""Relaxation: the smallest changes of a query that find more places."""
