"""Publication: plans what an import writes (places and spaces by survivorship) and makes it visible at once."""
