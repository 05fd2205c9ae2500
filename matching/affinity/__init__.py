"""Affinity between communities: declared partners, and similarity learned from members and words."""
