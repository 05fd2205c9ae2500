"""Searches and meetings as people type them: parsed, answered, written as GeoJSON with cursors and relaxations."""
