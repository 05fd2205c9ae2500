"""Explanations of pairs: the reasons why two listings may, or may not, be one place, from the features of the model.

What a list leaves out is given as missing, never as different.
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
class PairReason:
    """One reason. `code` is stable; `side`: for or against one place; `values` fill its sentence."""

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


def explain_pairs(derived: pl.DataFrame, left: Ints, right: Ints) -> list[list[PairReason]]:
    """Reasons for each pair of rows of derived listings: for one place, against it, unknown."""
    if not len(left):
        return []
    rows = matrix(derived, left, right).astype(float)
    ends = [derived[side] for side in (left, right)]
    metres = haversine_array_m(*(end[name].to_numpy() for end in ends for name in ("lon", "lat")))
    pairs = zip(rows.tolist(), metres.tolist(), *(end.to_dicts() for end in ends), strict=True)
    order = ("for", "against", "unknown")
    return [
        sorted(_reasons(dict(zip(NAMES, row, strict=True)), *rest), key=lambda reason: order.index(reason.side))
        for row, *rest in pairs
    ]


Features = Mapping[str, float]
ListingRow = Mapping[str, Any]


def _reasons(features: Features, metres: float, left: ListingRow, right: ListingRow) -> Iterator[PairReason]:
    yield from _contacts(features, left, right)
    yield from _names(features)
    yield from _address(features, left, right)
    yield from _position(features, metres)
    yield from _kind(features, left, right)
    if features["same_source"]:
        yield PairReason("same_list", "against")


def _contacts(features: Features, left: ListingRow, right: ListingRow) -> Iterator[PairReason]:
    if features["siret_equal"]:
        yield PairReason("same_siret", "for")
    elif features["siret_differs"]:
        yield PairReason("other_siret", "against")
    if features["phone_equal"]:
        yield PairReason("same_phone", "for")
    elif features["phone_differs"]:
        yield PairReason("other_phone", "against")
    else:
        yield PairReason("no_phone", "unknown")
    if features["site_equal"]:
        yield PairReason("same_page", "for")
    elif features["host_equal"]:
        yield PairReason("same_site", "for")
    elif features["host_differs"]:
        yield PairReason("other_site", "against")
    elif left["site"] is None or right["site"] is None:
        yield PairReason("no_site", "unknown")


def _names(features: Features) -> Iterator[PairReason]:
    percent = str(int(features["name_sort"] * 100))
    if features["name_equal"]:
        yield PairReason("same_name", "for")
    elif features["name_sort"] >= CLOSE_NAMES:
        yield PairReason("close_names", "for", (percent,))
    elif features["name_set"] >= 0.999 and not features["bare_both_missing"]:
        yield PairReason("part_of_name", "for")
    else:
        side: Side = "against" if features["name_sort"] < OTHER_NAMES else "for"
        yield PairReason("other_names" if side == "against" else "close_names", side, (percent,))
    if features["bare_both_missing"]:
        yield PairReason("common_words", "unknown")
    if features["digits_differ"]:
        yield PairReason("other_numbers", "against")


def _address(features: Features, left: ListingRow, right: ListingRow) -> Iterator[PairReason]:
    if features["street_missing"]:
        yield PairReason("no_address", "unknown")
    elif features["address_equal"]:
        yield PairReason("same_address", "for")
    elif features["street"] < OTHER_NAMES:
        yield PairReason("other_street", "against")
    elif features["number_differs"]:
        yield PairReason("other_number", "against", (left["number"], right["number"]))
    elif features["street"] >= CLOSE_NAMES:
        yield PairReason("same_street", "for")


def _position(features: Features, metres: float) -> Iterator[PairReason]:
    if features["vague"]:
        yield PairReason("vague", "unknown")
    else:
        side: Side = "for" if metres <= NEAR_M else "against" if metres > FAR_M else "unknown"
        yield PairReason("distance", side, (_distance(metres),))
    if features["insee_differs"]:
        yield PairReason("other_commune", "against")


def _kind(features: Features, left: ListingRow, right: ListingRow) -> Iterator[PairReason]:
    if "other" in (left["kind"], right["kind"]):
        yield PairReason("no_kind", "unknown")
    elif features["kind_equal"]:
        yield PairReason("same_kind", "for")
    else:
        yield _both("other_kind", _KINDS[left["kind"]], _KINDS[right["kind"]])
    if features["role_differs"]:
        yield _both("other_host", _HOSTS[ROLES[left["role"]]], _HOSTS[ROLES[right["role"]]])


def _both(code: str, left: tuple[str, str], right: tuple[str, str]) -> PairReason:
    return PairReason(code, "against", (left[0], right[0], left[1], right[1]))


def _distance(metres: float) -> str:
    if metres < 1_000:
        return f"{round(metres)} m"
    return f"{metres / 1_000:.1f} km"
