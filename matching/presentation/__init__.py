"""Presents results to people: explanations in one sentence, and GeoJSON."""
