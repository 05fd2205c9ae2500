"""Wording in French and English that every package shares: plurals, quantities, amenities."""
