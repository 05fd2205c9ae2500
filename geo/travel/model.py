"""What a travel-time model answers. A routing engine can take the place of the straight line behind it."""

from typing import Protocol


class TravelModel(Protocol):
    """Time from distance and back, for the modes "walk", "bike" and "car"."""

    def minutes(self, distance_m: float, mode: str) -> float:
        """Minutes to a place `distance_m` away as the crow flies."""
        ...

    def reach_m(self, minutes: float, mode: str) -> float:
        """How far as the crow flies one gets in `minutes`, in metres."""
        ...
