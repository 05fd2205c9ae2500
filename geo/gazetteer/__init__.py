"""Gazetteer: resolves the WHERE of a search (commune, postcode, station, address) to a point, and autocompletes it."""

from geo.gazetteer.gazetteer import Gazetteer

__all__ = ["Gazetteer"]
