"""Kinds of places and of spaces, from the words of a type column or of a name."""

import re
from functools import lru_cache

from geo.reference.toponyms import fold
from geo.types import PlaceKind, SpaceKind

_PLACES: tuple[tuple[PlaceKind, str], ...] = (
    (PlaceKind.FABLAB, r"fab ?labs?\w*|makers?|makerspace|hackerspace|hacklab|repair cafe"),
    (
        PlaceKind.COWORKING,
        r"co ?working\w*|cowork\w*|telecentre|tele ?travail|business center|centre d affaires|"
        r"tiers lieux?|bureaux partages",
    ),
    (PlaceKind.FRANCE_SERVICES, r"france services?|msap"),
    (PlaceKind.LIBRARY, r"bibliothe\w*|mediathe\w*|ludothe\w*|library|libraries"),
    (PlaceKind.MAIRIE, r"mairie\w*|hotel de ville|muni|commune|town hall|municipalite"),
    (PlaceKind.STATION, r"gares?|railway station|train station"),
    (PlaceKind.CAFE, r"cafes?|bistrots?|bars?|brasseries?|restaurants?|coffee|salon de the"),
    (PlaceKind.HOTEL, r"hotels?|auberges?|hostels?|hotellerie"),
    (
        PlaceKind.EDUCATION,
        r"ecoles?|colleges?|lycees?|universites?|campus|formation|cfa|greta|school|university|faculte",
    ),
    (
        PlaceKind.PUBLIC_BODY,
        r"ccas|cias|epci|agglomeration|communaute de communes|departement|conseil departemental|region|"
        r"province|service public|public|prefecture|maison de quartier|maison commune|centre social|"
        r"centre socioculturel|epn|espace public numerique|pimms|mission locale|pole emploi|"
        r"france travail|bureau de poste|la poste|maison de l emploi|mjc|police|tresor public",
    ),
    (PlaceKind.ASSOCIATION, r"asso\w*|foyer|cercle|collectif|ong"),
    (PlaceKind.COMPANY, r"entreprises?|societes?|company|companies|sarl|sas|eurl|scop|scic|cooperative|siege"),
)
_PLACE_PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})\b")) for kind, words in _PLACES)

_SPACES: tuple[tuple[SpaceKind, str], ...] = (
    (SpaceKind.MEETING_ROOM, r"reunions?|meetings?|conseil|boardroom|visio\w*"),
    (
        SpaceKind.EVENT_ROOM,
        r"fetes?|polyvalente?|conference\w*|spectacles?|events?|evenement\w*|seminaires?|auditorium|associati\w+",
    ),
    (
        SpaceKind.OPEN_SPACE,
        r"open ?space|espace (?:ouvert|partage|commun|coworking|de coworking)|co ?working|plateau",
    ),
    (SpaceKind.PRIVATE_OFFICE, r"bureau ferme|bureaux? prives?|bureau individuel|private office|office|bureaux?"),
    (SpaceKind.DESK, r"postes?|desks?|places?|tables?"),
    (SpaceKind.MEETING_ROOM, r"salles?|rooms?|atelier"),
)
_SPACE_PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})\b")) for kind, words in _SPACES)


@lru_cache(maxsize=16_384)
def place_kind(text: str) -> PlaceKind | None:
    """The kind that text names, None when it names none. Values of `PlaceKind` are accepted too."""
    folded = fold(text)
    if folded.replace(" ", "_") in PlaceKind:
        return PlaceKind(folded.replace(" ", "_"))
    return next((kind for kind, pattern in _PLACE_PATTERNS if pattern.search(folded)), None)


@lru_cache(maxsize=16_384)
def space_kind(text: str) -> SpaceKind | None:
    """The kind of bookable unit that text names, None when it names none."""
    folded = fold(text)
    if folded.replace(" ", "_") in SpaceKind:
        return SpaceKind(folded.replace(" ", "_"))
    return next((kind for kind, pattern in _SPACE_PATTERNS if pattern.search(folded)), None)
