"""What became of the rows of a list, counted in words."""

from collections.abc import Mapping, Sequence

from geo.errors import Language
from geo.localisation.plurals import count_fr, rows_text

_IN_FRENCH = {
    "accepted": ("acceptée", "acceptées"),
    "merged": ("fusionnée", "fusionnées"),
    "updated": ("mise à jour", "mises à jour"),
    "unchanged": ("inchangée", "inchangées"),
    "rejected": ("rejetée", "rejetées"),
}


def outcomes_text(rows: int, counts: Mapping[str, int], told: Sequence[str], language: Language) -> str:
    """« 3 lignes, 1 acceptée, 2 rejetées »: how many rows there were, and how many have each outcome that is `told`."""
    each = [count_fr(counts[one], *_IN_FRENCH[one]) if language == "fr" else f"{counts[one]} {one}" for one in told]
    return ", ".join([rows_text(rows, language), *each])
