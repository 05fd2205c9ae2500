"""Spherical distance, H3 cells and the packed tree of the search index."""
