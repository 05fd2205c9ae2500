"""What an undo took back, for people and for programs."""

from dataclasses import dataclass
from typing import Any

from geo.errors import Language
from geo.localisation.plurals import count_en, count_fr


@dataclass(frozen=True, slots=True)
class ClosedSpace:
    """A space that stays, closed, because somebody booked it."""

    space_id: int
    name: str
    place_id: int
    place: str


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What an undo took back."""

    import_id: int
    source: str
    places_removed: int
    places_restored: int
    listings_removed: int
    spaces_removed: int
    closed: tuple[ClosedSpace, ...]

    def message(self, language: Language) -> str:
        """One paragraph for people."""
        names = ", ".join(f"{item.name} ({item.place})" for item in self.closed[:10])
        if language == "fr":
            text = (
                f"L'import {self.import_id} ({self.source}) est annulé : "
                f"{count_fr(self.places_removed, 'lieu retiré', 'lieux retirés')}, "
                f"{self.places_restored} remis comme avant."
            )
            reserved = count_fr(
                len(self.closed),
                "espace réservé est fermé au lieu d'être retiré",
                "espaces réservés sont fermés au lieu d'être retirés",
            )
            closed = f" {reserved} : {names}."
        else:
            text = (
                f"Import {self.import_id} ({self.source}) is undone: "
                f"{count_en(self.places_removed, 'place')} removed, "
                f"{self.places_restored} restored."
            )
            reserved = count_en(len(self.closed), "booked space is", "booked spaces are")
            closed = f" {reserved} closed instead of removed: {names}."
        return text + (closed if self.closed else "")

    def to_dict(self, language: Language) -> dict[str, Any]:
        """For `--json` and the API."""
        return {
            "import_id": self.import_id,
            "source": self.source,
            "state": "undone",
            "places_removed": self.places_removed,
            "places_restored": self.places_restored,
            "listings_removed": self.listings_removed,
            "spaces_removed": self.spaces_removed,
            "closed_spaces": [
                {"space_id": item.space_id, "name": item.name, "place_id": item.place_id, "place": item.place}
                for item in self.closed
            ],
            "message": self.message(language),
        }
