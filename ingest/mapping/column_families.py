"""Columns that are found by families: prices by unit, amenities by question, the key of the rows."""

import re
from collections.abc import Collection, Sequence

from geo.reference.toponyms import fold
from geo.types import Amenity
from ingest.mapping import header_evidence
from ingest.mapping.column_profile import Profile
from ingest.mapping.model import Columns
from ingest.normalise import amenities
from ingest.normalise.blank import cell_text
from ingest.readers.common.raw_list import RawTable

_PRICE = re.compile(r"\b(?:tarifs?|prix|prices?|couts?|montants?|rates?|fees?|loyer)\b")
_HALF = re.compile(r"\b(?:demi|half|1 2|matinee|demie)\b")
_HOUR = re.compile(r"\b(?:heures?|hours?|hourly|horaire|h)\b")
_DAY = re.compile(r"\b(?:jour\w*|day|daily|j)\b")
_LONGER = re.compile(r"\b(?:mois|mensuel\w*|month\w*|semaine|hebdo\w*|week\w*|an|annuel\w*|annee|year\w*|"
                     r"trimestre|inscription|adhesion|"
                     r"caution|depot|menage|repas|impression)\b")  # fmt: skip
_MEMBER = re.compile(r"\b(?:adherents?|membres?|members?|abonnes?)\b")
_NOT_MEMBER = re.compile(r"\bnon[ -](?:adherents?|membres?|members?|abonnes?)\b")
_KEY = re.compile(
    r"(?:.* )?(?:id|uid|uuid|gid|fid|objectid|identifiant|ref(?:erence)?)|"
    r"(?:id|idpw|code|ref) ?\w*|identifiant(?: \w+){0,5}|numero|n|siret|id[a-z]{2,6}|uri(?: \w+){0,3}"
)
_NO_KEY = re.compile(r"\b(?:postal|cp|dep|departement|region|reg|pays|naf|ape|type|categorie|epci|canton)\b")
"""Codes of areas and of kinds: in a short list each may happen to be there once."""
_PARTLY = frozenset({"limited", "partiel", "partiellement", "partial", "limite", "designated", "en partie"})
_SURE_KEYS = frozenset({"id", "identifiant", "uid", "gid", "uuid", "fid", "id id"})


def price_columns(profiles: Sequence[Profile]) -> dict[str, tuple[str, float]]:
    """Field -> column and confidence, for columns of prices per half-day, day or hour. Longer units are no field."""
    columns: dict[str, tuple[str, float]] = {}
    for profile in profiles:
        folded = fold(profile.column)
        if not _PRICE.search(folded) or sum(any(map(str.isdigit, text)) for text in profile.cells) < 0.4 * max(
            1, len(profile.cells)
        ):
            continue
        unit = next(
            (name for name, words in (("half_day", _HALF), ("day", _DAY), ("hour", _HOUR)) if words.search(folded)), ""
        )
        if not unit and _LONGER.search(folded):
            continue
        member = "member_" if _MEMBER.search(folded) and not _NOT_MEMBER.search(folded) else ""
        name, confidence = f"{member}price_{unit or 'half_day'}", 0.85 if unit else 0.6
        if confidence > columns.get(name, ("", 0.0))[1]:
            columns[name] = (profile.column, confidence)
    return columns


def amenity_columns(profiles: Sequence[Profile]) -> dict[Amenity, str]:
    """Amenity -> the column whose name asks about it and whose cells answer yes or no."""
    columns: dict[Amenity, str] = {}
    for profile in sorted(profiles, key=lambda profile: (len(fold(profile.column).split()), profile.index)):
        amenity = amenities.named_in(profile.column) or amenities.named_in(
            " ".join(header_evidence.words(profile.column))
        )
        if amenity is None or amenity in columns or not profile.cells:
            continue
        answers = sum(_answers(text, amenity) for text in profile.cells)
        if answers >= 0.6 * len(profile.cells):
            columns[amenity] = profile.column
    return columns


def _answers(text: str, amenity: Amenity) -> bool:
    return (
        amenities.answer(text) is not None
        or fold(text) in _PARTLY
        or (len(text) < 60 and str(amenity) in amenities.parse(text))
    )


def own_key(table: RawTable, columns: Sequence[str], used: Collection[str] = ()) -> Columns:
    """A column named like an id whose every value is there and unique; rows of rooms repeat theirs, so none then.

    A column that is `used` for a field, as an INSEE code, is the key only for want of another.
    """
    for column in sorted(columns, key=lambda name: (name in used, *_likeliest(name))):
        folded = fold(column.removeprefix("@"))
        if _KEY.fullmatch(folded) and not _NO_KEY.search(folded):
            values = [cell_text(row.get(column, "")) for row in table.rows]
            if values and all(values) and len(set(values)) == len(values):
                return ((column,),)
    return ()


def _likeliest(column: str) -> tuple[int, int]:
    folded = fold(column.removeprefix("@"))
    if folded in _SURE_KEYS:
        return 0, 0
    named = bool(re.search(r"\b(?:id|uid|uuid|gid|identifiant)\b", folded))
    return (1, 0) if named else (3, 0) if folded in {"n", "numero", "siret"} else (2, 0)
