"""The host of a place, from its name and kind: a mairie and the library in it are two hosts, a commune and its mairie
one."""

import re
from functools import lru_cache

from geo.types import PlaceKind

ROLES = (
    "hall", "annexe", "epci", "library", "france_services", "ccas", "social", "post", "pimms", "jobs", "hotel", "cafe",
    "fablab", "coworking", "station", "education", "unknown",
)  # fmt: skip

_BY_NAME: tuple[tuple[str, str], ...] = (
    (
        "annexe",
        r"(?:mairie|hotel de ville).*\b(?:annexe|deleguee|quartier|proximite|associee)\b|annexe.*mairie|mairie annexe",
    ),
    ("france_services", r"france ?services?|msap|maison(?: de| des)? services(?: au)? public\w*"),
    ("library", r"biblio\w*|media ?theque\w*|mediatheque\w*|ludotheque\w*|lecture publique|bm|bu|library"),
    ("ccas", r"ccas|cias|action sociale"),
    ("pimms", r"pimms"),
    ("jobs", r"mission locale\b.*|maison de l emploi|france travail|pole emploi|cap emploi"),
    (
        "social",
        r"centres? (?:social|sociaux|socio\w*|culturel).*|csc|cscs|mjc|mptaix|maison de quartier|foyer rural|"
        r"maison pour tous|maison de la vie associative|espace de vie sociale|ctre social",
    ),
    ("epci", r"communaute|communautes|agglomeration|agglo|metropole|cc|ca|cdc|pays|petr|syndicat mixte"),
    ("hall", r"mairie|hotel de ville|commune|ville de|ville d"),
    ("post", r"la poste|bureau de poste|bp"),
    ("fablab", r"fab ?lab\w*|makers?\w*|hackerspace|lab ?fab"),
    ("coworking", r"cowork\w*|co working|tiers ?lieux?|telecentre|teletravail|bureaux partages"),
    ("hotel", r"hotel|ibis|novotel|mercure|campanile|kyriad|residence"),
)  # fmt: skip
_ANY = re.compile(rf"\b(?:{'|'.join(words for _, words in _BY_NAME)})\b")
"""Searched first: most names hold no word of a host."""
_PATTERNS = tuple((role, re.compile(rf"\b(?:{words})\b")) for role, words in _BY_NAME)
_BY_KIND = {
    PlaceKind.MAIRIE: "hall",
    PlaceKind.LIBRARY: "library",
    PlaceKind.FRANCE_SERVICES: "france_services",
    PlaceKind.HOTEL: "hotel",
    PlaceKind.CAFE: "cafe",
    PlaceKind.FABLAB: "fablab",
    PlaceKind.COWORKING: "coworking",
    PlaceKind.STATION: "station",
    PlaceKind.EDUCATION: "education",
}
_SURE_KINDS = frozenset(
    {PlaceKind.HOTEL, PlaceKind.LIBRARY, PlaceKind.FRANCE_SERVICES, PlaceKind.CAFE, PlaceKind.STATION}
)


_AT = {role: at for at, role in enumerate(ROLES)}
LA_POSTE = "356000000"
"""SIREN of La Poste: its offices are listed under the names of their towns."""


def roles_of(folded: str, kind: str, siret: str | None) -> tuple[int, int]:
    """(role, other role): positions in `ROLES` of the host, and of another host that the name mentions.

    The kind of a list that only holds one kind is surer than words: "France services La Poste de Bastia" is a France
    services house that says it is a post office.
    """
    role, other = _by_name(folded, kind)
    return (_AT["post"] if siret is not None and siret.startswith(LA_POSTE) else role), other


@lru_cache(maxsize=200_000)
def _by_name(folded: str, kind: str) -> tuple[int, int]:
    named = [role for role, pattern in _PATTERNS if pattern.search(folded)] if _ANY.search(folded) else []
    other = next((role for role in named if role != "france_services"), "unknown")
    if kind in _SURE_KINDS:
        return _AT[_BY_KIND[PlaceKind(kind)]], _AT[other]
    role = named[0] if named else _BY_KIND.get(PlaceKind(kind), "unknown")
    return _AT[role], _AT[other]


HOSTED: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("france_services", "post"), ("france_services", "pimms"), ("france_services", "social"),
        ("france_services", "coworking"), ("france_services", "jobs"), ("coworking", "fablab"), ("coworking", "hotel"),
        ("coworking", "cafe"), ("fablab", "education"), ("coworking", "education"), ("coworking", "social"),
        ("fablab", "social"),
    )
)  # fmt: skip
"""Roles that one host may have at once, when the names agree."""
