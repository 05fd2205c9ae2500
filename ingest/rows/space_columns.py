"""Columns about one sort of room: "Nb places open space", "Salle de réunion (capacité)", "Nombre de bureaux fermés".

Only the words of a header decide what its cells hold. Headers that name no sort of room are not space columns.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from geo.reference.toponyms import fold
from geo.types import SpaceKind
from ingest.normalise.kind import space_kind


class Content(StrEnum):
    """What the cells of a space column hold."""

    SEATS = "seats"
    COUNT = "count"
    PRICE = "price"
    MEMBER_PRICE = "member_price"
    HOURS = "hours"
    PRESENCE = "presence"


@dataclass(frozen=True, slots=True)
class SpaceColumn:
    """A column about the rooms called `name` (singular, as shown); `unit` is a price column's."""

    column: str
    kind: SpaceKind
    name: str
    content: Content
    unit: str = ""


_ROOM = re.compile(
    r"\b(?:open ?spaces?|espaces? (?:de )?co ?working|espaces? (?:ouverts?|partages?|communs?)|salles? [a-z0-9]+|"
    r"bureaux? (?:fermes?|prives?|individuels?)|meeting rooms?|private offices?|phone ?box(?:es)?)\b"
)
_NOT_A_ROOM = re.compile(r"\b(?:adresse|nom|type|photo|lien|url|contact|surface|superficie|m2|id|code|description)\b")
_SEATS = re.compile(r"\b(?:places?|postes?|sieges?|capacites?|jauge|personnes?|pers|seats?|capacity|assis)\b")
_COUNT = re.compile(r"\b(?:nombre|nb|nbre|number)\b")
_PRICE = re.compile(r"\b(?:tarifs?|prix|cout|price|rate)\b")
_MEMBER = re.compile(r"\b(?:adherents?|membres?|abonnes?|members?)\b")
_HOURS = re.compile(r"\b(?:horaires?|ouverture|opening hours)\b")
_UNITS = (
    ("half_day", r"\bdemi|\bhalf|\b1 2\b"),
    ("hour", r"\bheures?\b|\bh\b|\bhour|\bhoraire\b"),
    ("day", r"\bjour|\bday\b"),
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_MEASURES = frozenset(
    (
        "nombre", "nb", "nbre", "number", "place", "places", "poste", "postes", "siege", "sieges", "capacite",
        "capacites", "jauge", "personne", "personnes", "pers", "seats", "capacity", "assis", "assises", "tarif",
        "tarifs", "prix", "cout", "price", "rate", "adherent", "adherents", "membre", "membres", "abonne", "abonnes",
        "members", "horaire", "horaires", "ouverture", "demi", "journee", "jour", "heure", "heures", "half", "day",
        "hour", "ht", "ttc", "euro", "euros", "max", "maximum", "maxi", "travail", "presence", "disponible",
        "disponibles", "total", "accueil",
    )
)  # fmt: skip
_LITTLE = frozenset(("de", "du", "des", "d", "la", "le", "les", "l", "en", "par", "pour", "a", "une", "un"))


@lru_cache(maxsize=4_096)
def read_header(header: str) -> SpaceColumn | None:
    """Reads a header; None when it names no sort of room."""
    folded = fold(header)
    room = _ROOM.search(folded)
    kind = space_kind(room.group()) if room else None
    name = _room_name(header)
    if kind is None or not name or _NOT_A_ROOM.search(folded):
        return None
    if _PRICE.search(folded):
        unit = next((unit for unit, words in _UNITS if re.search(words, folded)), "")
        return SpaceColumn(header, kind, name, Content.MEMBER_PRICE if _MEMBER.search(folded) else Content.PRICE, unit)
    if _SEATS.search(folded):
        return SpaceColumn(header, kind, name, Content.SEATS)
    if _COUNT.search(folded):
        return SpaceColumn(header, kind, name, Content.COUNT)
    if _HOURS.search(folded):
        return SpaceColumn(header, kind, name, Content.HOURS)
    return SpaceColumn(header, kind, name, Content.PRESENCE)


def _room_name(header: str) -> str:
    """The words of a header that name the room: "Capacité de la salle du conseil" -> "Salle du conseil"."""
    words = [word for word in _WORD.findall(header.replace("_", " ")) if _MEASURES.isdisjoint(fold(word).split())]
    while words and (fold(words[0]) in _LITTLE or words[0].isdigit()):
        words.pop(0)
    while words and fold(words[-1]) in _LITTLE:
        words.pop()
    name = " ".join(_singular(word) for word in words)
    return name[:1].upper() + name[1:]


def _singular(word: str) -> str:
    lowered = word.lower()
    if lowered.endswith("eaux"):
        return word[:-1]
    return word[:-1] if len(word) > 3 and lowered.endswith("s") and not lowered.endswith(("ss", "us", "is")) else word
