"""What a column's place among the others says: the name comes first, the town beside its postcode.

It decides only where headers say nothing; elsewhere it tips the balance between equals.
"""

from collections.abc import Sequence

from ingest.mapping.column_profile import Profile
from ingest.mapping.header_evidence import is_positional
from ingest.mapping.model import Reason

NEXT_TO_POSTCODE: Reason = ("voisine de la colonne des codes postaux", "next to the column of postcodes")
FIRST_TEXT: Reason = ("première colonne de textes tous différents", "first column of texts that all differ")
EARLIER_PER_COLUMN = 0.0004


def by_position(profiles: Sequence[Profile]) -> dict[tuple[str, str], tuple[float, Reason]]:
    """(field, column) -> confidence and reason, for columns without a header of their own."""
    bare = [one for one in profiles if one.cells and is_positional(one.column)]
    found: dict[tuple[str, str], tuple[float, Reason]] = {}
    naming = next((one for one in bare if _names_things(one)), None)
    if naming:
        found["name", naming.column] = (0.6, FIRST_TEXT)
    postcodes = [one.index for one in profiles if one.share("postcode") > 0.75]
    for one in bare:
        beside = any(abs(one.index - index) == 1 for index in postcodes)
        if beside and one is not naming and one.share("text") > 0.9 and not _told(one):
            found["commune", one.column] = (0.75, NEXT_TO_POSTCODE)
    return found


def _names_things(one: Profile) -> bool:
    """Texts that differ from row to row and are nothing else that can be told."""
    return (
        one.share("text") > 0.8
        and one.unique > 0.8
        and not _told(one)
        and sum(map(len, one.cells)) < 80 * len(one.cells)
    )


def _told(one: Profile) -> bool:
    return max(map(one.share, ("street", "url", "email", "hours", "phone", "date", "pair"))) > 0.5
