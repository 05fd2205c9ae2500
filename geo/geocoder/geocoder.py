"""From an address and its commune to a point with a precision and a score.

    score = similarity * number * commune

    similarity  of the street's name with the one found (`geo.geocoder.similarity`)
    number      1 the house; 0.95 the same number with another suffix; 0.85 between two known houses; 0.7 the house
                nearest in number; 0.65 the street's own point (`geo.geocoder.house_numbers.Found`)
    commune     1 the one stated; 0.85 another arrondissement, or another commune of the same postcode;
                times 0.8 when several streets answer alike and nothing tells them apart;
                times 0.9 when the street is that of a shipped list, whose points are coarser than BAN's

A commune's centre scores 0.3. `exact` is a house, its number with another suffix, or a place between near neighbours,
on a street of similarity 0.89 or more (so never on one of another type); `street` a point of a street; `locality` a
hamlet, an estate, a zone. Streets that answer alike more than a kilometre apart (rue de l'Église in each part of a
merged commune) answer nothing: the commune's centre is honest, one of them is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from geo.geocoder.address_parser import Asked, read_address
from geo.geocoder.ban_index import BanIndex
from geo.geocoder.house_numbers import Found, Spot, place
from geo.geocoder.shipped_streets import ShippedStreets
from geo.geocoder.similarity import EXACT, TIE, Choice
from geo.geocoder.street_index import Page, Source, Street
from geo.geocoder.street_names import is_area
from geo.reference.communes import Areas, Commune, clean_postcode
from geo.reference.toponyms import fold
from geo.spatial.distance import haversine_m
from geo.types import Precision

COMMUNE_SCORE = 0.3
ELSEWHERE_CERTAINTY, UNSURE_CERTAINTY, SHIPPED_CERTAINTY = 0.85, 0.8, 0.9
ELSEWHERE_SIMILARITY = 0.95
"""Another commune than the one stated is believed only for a street called almost exactly so, its number known."""
REMEMBERED = 50_000
ALIKE = 8
APART_M = 1_000.0
"""Streets farther apart than this are not taken one for the other."""
_PRECISE = frozenset([Found.HOUSE, Found.SAME_NUMBER, Found.BETWEEN])


@dataclass(frozen=True, slots=True)
class Answer:
    """A point for an address.

    `insee`: the commune it was found in; `street`: its name there, "" for a commune's centre; `number`: the house that
    the point belongs to, 0 when it is no house's; `score`: from 0 to 1, see the module.
    """

    lon: float
    lat: float
    precision: Precision
    score: float
    insee: str
    street: str = ""
    number: int = 0
    expected_m: float = 0.0


@dataclass(frozen=True, slots=True)
class _Candidate:
    page: Page
    choice: Choice
    street: Street


class Geocoder:
    """Answers from the BAN index at `ban` when one is given, else from the shipped streets.

    Nothing is opened before the first question; a geocoder that travels to another process opens its files there again.
    """

    def __init__(self, areas: Areas, ban: Path | None = None) -> None:
        self._areas, self._ban = areas, ban
        self._answers: dict[tuple[str, str, str, str], Answer | None] = {}
        self.in_postcode = lru_cache(maxsize=REMEMBERED)(self._in_postcode)

    @classmethod
    def load(cls, data_dir: Path, ban: Path | None = None) -> "Geocoder":
        """A geocoder with areas of its own. Raises ReferenceMissing."""
        return cls(Areas.load(data_dir), ban)

    def __reduce__(self) -> tuple[Any, ...]:
        return Geocoder.load, (self._areas.data_dir, self._ban)

    @property
    def areas(self) -> Areas:
        """The communes it answers with."""
        return self._areas

    @cached_property
    def _sources(self) -> Sequence[Source]:
        shipped = ShippedStreets(self._areas.data_dir)
        return (BanIndex(self._ban), shipped) if self._ban else (shipped,)

    @property
    def edition(self) -> str:
        """What answers depend on besides the question: "shipped", or the address index in force, by its figures.

        Rows that were placed under another edition may be placed better now. Raises AddressIndexUnusable.
        """
        index = self._sources[0]
        return f"ban:{index.facts['edition']}" if isinstance(index, BanIndex) else "shipped"

    def geocode(
        self, address: str, town: str = "", postcode: str = "", insee: str = "", departement: str = ""
    ) -> Answer | None:
        """The point of an address in a commune given by code, or by name and postcode as lists write them.

        The commune's centre when the address is not found there; None when the commune is not found either.
        Raises AddressIndexUnusable.
        """
        commune = self._areas.commune(insee) if insee else None
        commune = commune or self._areas.find(town, postcode or None, departement or None)
        if commune is None:
            near = self._areas.by_postcode(postcode)
            commune = near[0] if near else None
        if commune is None:
            return None
        return self.in_commune(address, commune, clean_postcode(postcode)) or _centre(commune)

    def in_commune(self, address: str, commune: Commune, postcode: str = "") -> Answer | None:
        """The point of an address in a commune, or in another of its postcode; None when no such street is known.

        Remembered, because lists repeat themselves. Raises AddressIndexUnusable.
        """
        if not address:
            return None
        question = (address, commune.insee, commune.name, postcode)
        if question not in self._answers:
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            self._answers[question] = self._in_commune(address, commune, postcode)
        return self._answers[question]

    def _in_postcode(self, address: str, postcode: str) -> Answer | None:
        """The point of a numbered address whose commune is not known, when one commune of the postcode surely has it.

        The territories without outlines (98x) too, as far as BAN has them. Raises AddressIndexUnusable.
        """
        asked = next((one for one in _read(address) if one.number), None) if address else None
        near = [c for c in self._areas.by_postcode(postcode) if c.kind != "COMD"]
        if asked is None or not postcode:
            return None
        for source in self._sources:
            codes = dict.fromkeys([*(c.insee for c in near), *source.elsewhere(asked.key, postcode)])
            found = _elsewhere(self._best(asked, _known(source, [*codes]), "", postcode), asked)
            if found:
                return found
        return None

    def _in_commune(self, address: str, commune: Commune, postcode: str) -> Answer | None:
        for asked in _read(address):
            if asked.key[0] or asked.key[1] != fold(commune.name):
                found = self._asked_in_commune(asked, commune, postcode)
                if found:
                    return found
        return None

    def _asked_in_commune(self, asked: Asked, commune: Commune, postcode: str) -> Answer | None:
        for source in self._sources:
            if not source.complete and commune.insee in self._areas.merged:
                continue
            pages = _known(source, self._areas.parts(commune.insee))
            found = self._best(asked, pages, commune.name, postcode)
            if found is None and commune.parent:
                others = [p for p in self._areas.parts(commune.parent) if p != commune.insee]
                found = _elsewhere(self._best(asked, _known(source, others), "", "", exactly=True), asked)
            if found is None and postcode and pages:
                others = [code for code in source.elsewhere(asked.key, postcode) if code != commune.insee]
                found = _elsewhere(self._best(asked, _known(source, others), commune.name, postcode), asked)
            if found:
                return found if source.complete else replace(found, score=round(found.score * SHIPPED_CERTAINTY, 4))
        return None

    def _best(
        self, asked: Asked, pages: Sequence[Page], commune: str, postcode: str, *, exactly: bool = False
    ) -> Answer | None:
        """The best street of some pages and the house on it; None when no street is like enough."""
        choices = [
            (choice.similarity, page, choice)
            for page in pages
            for choice in (page.matcher.same(asked.key) if exactly else page.matcher.find(asked.key)[:ALIKE])
        ]
        if not choices:
            return None
        best = max(similarity for similarity, _, _ in choices)
        alike = [
            _Candidate(page, choice, page.street(choice.at))
            for similarity, page, choice in choices
            if similarity >= best - TIE
        ]
        candidate, sure = _told_apart(alike, asked, commune, postcode)
        if not sure and _spread_m(candidate, alike) > APART_M:
            return None
        street = candidate.street
        spot = place(street.houses, street.lon, street.lat, asked.number, asked.suffix)
        if asked.last and spot.found != Found.HOUSE:
            other = place(street.houses, street.lon, street.lat, asked.last, "")
            spot = other if other.found == Found.HOUSE else spot
        return _answer(candidate, spot, sure=sure)


_read = lru_cache(maxsize=REMEMBERED)(read_address)


def _known(source: Source, codes: Sequence[str]) -> list[Page]:
    return [page for code in codes if (page := source.page(code))]


def _told_apart(alike: list[_Candidate], asked: Asked, commune: str, postcode: str) -> tuple[_Candidate, bool]:
    """The street meant among those that answer alike, and whether anything told it from the others.

    By former commune, then by postcode, then by having the house; else the one with most houses. A house tells apart
    streets of one name in two parts of a commune, not rue Carnot that does not exist from avenue and villa Carnot.
    """
    if len(alike) == 1:
        return alike[0], True
    name = fold(commune)
    for tells, keep in (
        (True, lambda c: c.street.former_commune == name),
        (True, lambda c: bool(postcode) and c.street.postcode == postcode),
        (alike[0].choice.similarity == 1.0, lambda c: bool((c.street.houses["number"] == asked.number).any())),
    ):
        kept = [candidate for candidate in alike if keep(candidate)]
        if len(kept) == 1:
            return kept[0], tells
        alike = kept or alike
    return min(alike, key=lambda c: (-c.choice.similarity, -len(c.street.houses), c.page.insee, c.choice.at)), False


def _spread_m(candidate: _Candidate, alike: list[_Candidate]) -> float:
    """How far the farthest of the streets that answer alike is from the one chosen."""
    street = candidate.street
    return max(haversine_m(street.lon, street.lat, other.street.lon, other.street.lat) for other in alike)


def _answer(candidate: _Candidate, spot: Spot, *, sure: bool) -> Answer:
    if sure and spot.found in _PRECISE and candidate.choice.similarity >= EXACT:
        precision = Precision.EXACT
    else:
        wide = is_area(candidate.page.matcher.text(candidate.choice.at))
        precision = Precision.LOCALITY if wide else Precision.STREET
    score = candidate.choice.similarity * spot.found.value * (1.0 if sure else UNSURE_CERTAINTY)
    return Answer(
        round(spot.lon, 6),
        round(spot.lat, 6),
        precision,
        round(score, 4),
        candidate.page.insee,
        candidate.street.name,
        spot.number,
    )


def _elsewhere(found: Answer | None, asked: Asked) -> Answer | None:
    """An answer outside the commune stated, when it is sure enough to be believed."""
    if found is None or not asked.number or found.precision != Precision.EXACT:
        return None
    if found.score < ELSEWHERE_SIMILARITY * Found.BETWEEN.value:
        return None
    return replace(found, score=round(found.score * ELSEWHERE_CERTAINTY, 4))


def _centre(commune: Commune) -> Answer:
    return Answer(
        commune.lon, commune.lat, Precision.COMMUNE, COMMUNE_SCORE, commune.insee, expected_m=commune.expected_m
    )
