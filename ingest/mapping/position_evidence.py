"""Evidence from the position of a column: the name comes first, the town next to its postcode.

It decides only for columns without a header of their own; elsewhere it breaks ties.
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
    bare = [profile for profile in profiles if profile.cells and is_positional(profile.column)]
    evidence: dict[tuple[str, str], tuple[float, Reason]] = {}
    naming = next((profile for profile in bare if _names_things(profile)), None)
    if naming:
        evidence["name", naming.column] = (0.6, FIRST_TEXT)
    postcodes = [profile.index for profile in profiles if profile.share("postcode") > 0.75]
    for profile in bare:
        is_next_to_postcode = any(abs(profile.index - index) == 1 for index in postcodes)
        if is_next_to_postcode and profile is not naming and profile.share("text") > 0.9 and not _has_own_kind(profile):
            evidence["commune", profile.column] = (0.75, NEXT_TO_POSTCODE)
    return evidence


def _names_things(profile: Profile) -> bool:
    """Whether texts differ from row to row and are of no other kind."""
    return (
        profile.share("text") > 0.8
        and profile.unique > 0.8
        and not _has_own_kind(profile)
        and sum(map(len, profile.cells)) < 80 * len(profile.cells)
    )


def _has_own_kind(profile: Profile) -> bool:
    return max(map(profile.share, ("street", "url", "email", "hours", "phone", "date", "pair"))) > 0.5
