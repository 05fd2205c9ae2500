"""WHERE: what people type for a place, into a point; suggestions while they type."""

from geo.gazetteer.gazetteer import Gazetteer

__all__ = ["Gazetteer"]
