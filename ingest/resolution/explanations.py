"""Why two listings may, or may not, be one place: in words, from the columns the model uses.

What a list does not say is told as missing, never as different.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.errors import Language
from geo.spatial.distance import haversine_array_m
from ingest.resolution.features import NAMES, matrix
from ingest.resolution.host_roles import ROLES

Ints = npt.NDArray[np.int64]
Side = Literal["for", "against", "unknown"]

CLOSE_NAMES, OTHER_NAMES = 0.9, 0.6
"""Shares of common text: names that nearly agree, and names that do not."""
NEAR_M = 100.0
FAR_M = 300.0


@dataclass(frozen=True, slots=True)
class Why:
    """One reason. `code` is stable; `side` says what it speaks for; `values` fill its sentence."""

    code: str
    side: Side
    values: tuple[str, ...] = ()

    def text(self, language: Language) -> str:
        """A few words, without a capital and a full stop: reasons are listed."""
        return _TEXTS[self.code][0 if language == "fr" else 1].format(*self.values)

    def to_dict(self, language: Language) -> dict[str, str]:
        """For `--json` and the API."""
        return {"code": self.code, "side": self.side, "text": self.text(language)}


_TEXTS: dict[str, tuple[str, str]] = {
    "same_siret": ("même SIRET", "same SIRET"),
    "other_siret": ("SIRET différents", "different SIRETs"),
    "same_phone": ("même téléphone", "same telephone"),
    "other_phone": ("téléphones différents", "different telephones"),
    "no_phone": ("téléphone manquant", "telephone missing"),
    "same_page": ("même page web", "same web page"),
    "same_site": ("même site web", "same web site"),
    "other_site": ("sites web différents", "different web sites"),
    "no_site": ("site web manquant", "web site missing"),
    "same_name": ("même nom", "same name"),
    "close_names": ("noms proches à {0} %", "names {0}% alike"),
    "part_of_name": ("un nom contient l'autre", "one name contains the other"),
    "other_names": ("noms proches à {0} % seulement", "names only {0}% alike"),
    "common_words": ("noms faits de mots courants", "names made of common words"),
    "other_numbers": ("numéros ou quartiers différents dans les noms", "different numbers or quarters in the names"),
    "same_address": ("même adresse", "same address"),
    "same_street": ("même rue", "same street"),
    "other_number": ("numéros de rue différents ({0} et {1})", "different house numbers ({0} and {1})"),
    "other_street": ("rues différentes", "different streets"),
    "no_address": ("adresse manquante", "address missing"),
    "distance": ("à {0}", "{0} apart"),
    "vague": ("position imprécise", "position only roughly known"),
    "other_commune": ("communes différentes", "different communes"),
    "same_kind": ("même type de lieu", "same kind of place"),
    "other_kind": ("types de lieu différents ({0} et {1})", "different kinds of place ({2} and {3})"),
    "no_kind": ("type de lieu manquant", "kind of place missing"),
    "other_host": ("hôtes différents ({0} et {1})", "different hosts ({2} and {3})"),
    "same_list": ("deux lignes de la même liste", "two rows of the same list"),
}

_HOSTS: dict[str, tuple[str, str]] = {
    "hall": ("mairie", "town hall"),
    "annexe": ("mairie annexe", "annexe of the town hall"),
    "epci": ("intercommunalité", "joint authority"),
    "library": ("bibliothèque", "library"),
    "france_services": ("France services", "France services"),
    "ccas": ("action sociale", "social aid"),
    "social": ("centre social", "social centre"),
    "post": ("poste", "post office"),
    "pimms": ("PIMMS", "PIMMS"),
    "jobs": ("emploi", "job centre"),
    "hotel": ("hôtel", "hotel"),
    "cafe": ("café", "café"),
    "fablab": ("fablab", "fablab"),
    "coworking": ("coworking", "coworking"),
    "station": ("gare", "station"),
    "education": ("enseignement", "school"),
}


_KINDS: dict[str, tuple[str, str]] = {
    "coworking": ("coworking", "coworking"),
    "company": ("entreprise", "company"),
    "association": ("association", "association"),
    "hotel": ("hôtel", "hotel"),
    "mairie": ("mairie", "town hall"),
    "public_body": ("organisme public", "public body"),
    "library": ("bibliothèque", "library"),
    "france_services": ("France services", "France services"),
    "station": ("gare", "station"),
    "cafe": ("café", "café"),
    "education": ("enseignement", "school"),
    "fablab": ("fablab", "fablab"),
}


def reasons(derived: pl.DataFrame, left: Ints, right: Ints) -> list[list[Why]]:
    """Reasons for each pair of rows of derived listings: those that speak for one place, those against, the unknown."""
    if not len(left):
        return []
    seen = matrix(derived, left, right).astype(float)
    ends = [derived[side] for side in (left, right)]
    metres = haversine_array_m(*(end[name].to_numpy() for end in ends for name in ("lon", "lat")))
    pairs = zip(seen.tolist(), metres.tolist(), *(end.to_dicts() for end in ends), strict=True)
    order = ("for", "against", "unknown")
    return [
        sorted(_told(dict(zip(NAMES, row, strict=True)), metre, one, other), key=lambda why: order.index(why.side))
        for row, metre, one, other in pairs
    ]


Seen = Mapping[str, float]
Listed = Mapping[str, Any]


def _told(seen: Seen, metres: float, one: Listed, other: Listed) -> Iterator[Why]:
    yield from _contacts(seen, one, other)
    yield from _names(seen)
    yield from _address(seen, one, other)
    yield from _where(seen, metres)
    yield from _what(seen, one, other)
    if seen["same_source"]:
        yield Why("same_list", "against")


def _contacts(seen: Seen, one: Listed, other: Listed) -> Iterator[Why]:
    if seen["siret_equal"]:
        yield Why("same_siret", "for")
    elif seen["siret_differs"]:
        yield Why("other_siret", "against")
    if seen["phone_equal"]:
        yield Why("same_phone", "for")
    elif seen["phone_differs"]:
        yield Why("other_phone", "against")
    else:
        yield Why("no_phone", "unknown")
    if seen["site_equal"]:
        yield Why("same_page", "for")
    elif seen["host_equal"]:
        yield Why("same_site", "for")
    elif seen["host_differs"]:
        yield Why("other_site", "against")
    elif one["site"] is None or other["site"] is None:
        yield Why("no_site", "unknown")


def _names(seen: Seen) -> Iterator[Why]:
    alike = str(int(seen["name_sort"] * 100))
    if seen["name_equal"]:
        yield Why("same_name", "for")
    elif seen["name_sort"] >= CLOSE_NAMES:
        yield Why("close_names", "for", (alike,))
    elif seen["name_set"] >= 0.999 and not seen["bare_both_missing"]:
        yield Why("part_of_name", "for")
    else:
        side: Side = "against" if seen["name_sort"] < OTHER_NAMES else "for"
        yield Why("other_names" if side == "against" else "close_names", side, (alike,))
    if seen["bare_both_missing"]:
        yield Why("common_words", "unknown")
    if seen["digits_differ"]:
        yield Why("other_numbers", "against")


def _address(seen: Seen, one: Listed, other: Listed) -> Iterator[Why]:
    if seen["street_missing"]:
        yield Why("no_address", "unknown")
    elif seen["address_equal"]:
        yield Why("same_address", "for")
    elif seen["street"] < OTHER_NAMES:
        yield Why("other_street", "against")
    elif seen["number_differs"]:
        yield Why("other_number", "against", (one["number"], other["number"]))
    elif seen["street"] >= CLOSE_NAMES:
        yield Why("same_street", "for")


def _where(seen: Seen, metres: float) -> Iterator[Why]:
    if seen["vague"]:
        yield Why("vague", "unknown")
    else:
        side: Side = "for" if metres <= NEAR_M else "against" if metres > FAR_M else "unknown"
        yield Why("distance", side, (_distance(metres),))
    if seen["insee_differs"]:
        yield Why("other_commune", "against")


def _what(seen: Seen, one: Listed, other: Listed) -> Iterator[Why]:
    if "other" in (one["kind"], other["kind"]):
        yield Why("no_kind", "unknown")
    elif seen["kind_equal"]:
        yield Why("same_kind", "for")
    else:
        yield _both("other_kind", _KINDS[one["kind"]], _KINDS[other["kind"]])
    if seen["role_differs"]:
        yield _both("other_host", _HOSTS[ROLES[one["role"]]], _HOSTS[ROLES[other["role"]]])


def _both(code: str, one: tuple[str, str], other: tuple[str, str]) -> Why:
    return Why(code, "against", (one[0], other[0], one[1], other[1]))


def _distance(metres: float) -> str:
    if metres < 1_000:
        return f"{round(metres)} m"
    return f"{metres / 1_000:.1f} km"
