"""Geocodes an address in a commune: a point with a precision and a score.

    score = similarity * number * commune

    similarity  of the street's name with that of the index (`geo.geocoder.similarity`)
    number      1 the house; 0.95 the same number with another suffix; 0.85 between two known houses; 0.7 the house
                nearest in number; 0.65 the street's own point (`house_numbers.Placement`)
    commune     1 the one stated; 0.85 another arrondissement, or another commune of the same postcode;
                times 0.8 when several streets tie and nothing breaks the tie;
                times 0.9 when the street is that of a shipped list, whose points are coarser than BAN's

A commune's centre scores 0.3. `exact` is a house, its number with another suffix, or a place between near neighbours,
on a street of similarity 0.89 or more (so never on one of another type); `street` a point of a street; `locality` a
hamlet, an estate, a zone. Streets that tie more than a kilometre apart (rue de l'Église in each part of a merged
commune) give no answer: the commune's centre is honest, a pick among them is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from geo.geocoder.address_parser import AddressQuery, read_address
from geo.geocoder.ban_index import BanIndex
from geo.geocoder.house_numbers import Placement, Spot, place
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
"""Least similarity of a street outside the stated commune; its number must be there too."""
CACHED_ANSWERS = 50_000
MAX_CHOICES = 8
MAX_SPREAD_M = 1_000.0
"""Streets that tie farther apart than this give no answer."""
_PRECISE = frozenset([Placement.HOUSE, Placement.SAME_NUMBER, Placement.BETWEEN])


@dataclass(frozen=True, slots=True)
class Answer:
    """A point for an address.

    `insee`: the commune of the point; `street`: its name in the index, "" for a commune's centre; `number`: the house
    of the point, 0 for none; `score`: from 0 to 1, see the module.
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
    """Looks addresses up in the BAN index at `ban`, if given, and in the shipped streets.

    Files are opened at the first look-up. A geocoder sent to another process opens its files there again.
    """

    def __init__(self, areas: Areas, ban: Path | None = None) -> None:
        self._areas, self._ban = areas, ban
        self._answers: dict[tuple[str, str, str, str], Answer | None] = {}
        self.in_postcode = lru_cache(maxsize=CACHED_ANSWERS)(self._in_postcode)

    @classmethod
    def load(cls, data_dir: Path, ban: Path | None = None) -> "Geocoder":
        """A geocoder with areas of its own. Raises ReferenceMissing."""
        return cls(Areas.load(data_dir), ban)

    def __reduce__(self) -> tuple[Any, ...]:
        return Geocoder.load, (self._areas.data_dir, self._ban)

    @property
    def areas(self) -> Areas:
        """The communes of its answers."""
        return self._areas

    @cached_property
    def _sources(self) -> Sequence[Source]:
        shipped = ShippedStreets(self._areas.data_dir)
        return (BanIndex(self._ban), shipped) if self._ban else (shipped,)

    @property
    def edition(self) -> str:
        """Version of the data behind the answers: "shipped", or the digest of the address index.

        A row geocoded with another edition may get a better position now. Raises AddressIndexUnusable.
        """
        index = self._sources[0]
        return f"ban:{index.facts['edition']}" if isinstance(index, BanIndex) else "shipped"

    def geocode(
        self, address: str, town: str = "", postcode: str = "", insee: str = "", departement: str = ""
    ) -> Answer | None:
        """The point of an address in a commune given by code, or by name and postcode as lists write them.

        The commune's centre when the address is unknown there; None when the commune is unknown too.
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

        Cached, because lists repeat themselves. Raises AddressIndexUnusable.
        """
        if not address:
            return None
        question = (address, commune.insee, commune.name, postcode)
        if question not in self._answers:
            if len(self._answers) >= CACHED_ANSWERS:
                self._answers.clear()
            self._answers[question] = self._in_commune(address, commune, postcode)
        return self._answers[question]

    def _in_postcode(self, address: str, postcode: str) -> Answer | None:
        """The point of a numbered address of an unknown commune, when one commune of the postcode surely has it.

        Includes the territories without outlines (98x), as far as BAN has them. Raises AddressIndexUnusable.
        """
        query = next((query for query in _parse(address) if query.number), None) if address else None
        near = [c for c in self._areas.by_postcode(postcode) if c.kind != "COMD"]
        if query is None or not postcode:
            return None
        for source in self._sources:
            codes = dict.fromkeys([*(c.insee for c in near), *source.elsewhere(query.key, postcode)])
            answer = _elsewhere(self._best(query, _pages(source, [*codes]), "", postcode), query)
            if answer:
                return answer
        return None

    def _in_commune(self, address: str, commune: Commune, postcode: str) -> Answer | None:
        for query in _parse(address):
            if query.key[0] or query.key[1] != fold(commune.name):
                answer = self._find_in_commune(query, commune, postcode)
                if answer:
                    return answer
        return None

    def _find_in_commune(self, query: AddressQuery, commune: Commune, postcode: str) -> Answer | None:
        for source in self._sources:
            if not source.complete and commune.insee in self._areas.merged:
                continue
            pages = _pages(source, self._areas.parts(commune.insee))
            answer = self._best(query, pages, commune.name, postcode)
            if answer is None and commune.parent:
                codes = [p for p in self._areas.parts(commune.parent) if p != commune.insee]
                answer = _elsewhere(self._best(query, _pages(source, codes), "", "", exactly=True), query)
            if answer is None and postcode and pages:
                codes = [code for code in source.elsewhere(query.key, postcode) if code != commune.insee]
                answer = _elsewhere(self._best(query, _pages(source, codes), commune.name, postcode), query)
            if answer:
                return answer if source.complete else replace(answer, score=round(answer.score * SHIPPED_CERTAINTY, 4))
        return None

    def _best(
        self, query: AddressQuery, pages: Sequence[Page], commune: str, postcode: str, *, exactly: bool = False
    ) -> Answer | None:
        """The best street of some pages and the house on it; None when no street is similar enough."""
        choices = [
            (choice.similarity, page, choice)
            for page in pages
            for choice in (page.matcher.same(query.key) if exactly else page.matcher.find(query.key)[:MAX_CHOICES])
        ]
        if not choices:
            return None
        best = max(similarity for similarity, _, _ in choices)
        ties = [
            _Candidate(page, choice, page.street(choice.at))
            for similarity, page, choice in choices
            if similarity >= best - TIE
        ]
        candidate, sure = _break_tie(ties, query, commune, postcode)
        if not sure and _spread_m(candidate, ties) > MAX_SPREAD_M:
            return None
        street = candidate.street
        spot = place(street.houses, street.lon, street.lat, query.number, query.suffix)
        if query.last and spot.placement != Placement.HOUSE:
            other = place(street.houses, street.lon, street.lat, query.last, "")
            spot = other if other.placement == Placement.HOUSE else spot
        return _answer(candidate, spot, sure=sure)


_parse = lru_cache(maxsize=CACHED_ANSWERS)(read_address)


def _pages(source: Source, codes: Sequence[str]) -> list[Page]:
    return [page for code in codes if (page := source.page(code))]


def _break_tie(ties: list[_Candidate], query: AddressQuery, commune: str, postcode: str) -> tuple[_Candidate, bool]:
    """The best of the streets that tie, and whether anything decided between them.

    By former commune, then by postcode, then by having the house; else the one with most houses. Having the house
    decides between streets of one name in two parts of a commune, not between avenue and villa Carnot for a rue Carnot
    that does not exist.
    """
    if len(ties) == 1:
        return ties[0], True
    name = fold(commune)
    for decisive, keep in (
        (True, lambda c: c.street.former_commune == name),
        (True, lambda c: bool(postcode) and c.street.postcode == postcode),
        (ties[0].choice.similarity == 1.0, lambda c: bool((c.street.houses["number"] == query.number).any())),
    ):
        narrowed = [candidate for candidate in ties if keep(candidate)]
        if len(narrowed) == 1:
            return narrowed[0], decisive
        ties = narrowed or ties
    return min(ties, key=lambda c: (-c.choice.similarity, -len(c.street.houses), c.page.insee, c.choice.at)), False


def _spread_m(candidate: _Candidate, ties: list[_Candidate]) -> float:
    """Metres from the chosen street to the farthest of those that tie with it."""
    street = candidate.street
    return max(haversine_m(street.lon, street.lat, other.street.lon, other.street.lat) for other in ties)


def _answer(candidate: _Candidate, spot: Spot, *, sure: bool) -> Answer:
    if sure and spot.placement in _PRECISE and candidate.choice.similarity >= EXACT:
        precision = Precision.EXACT
    else:
        wide = is_area(candidate.page.matcher.text(candidate.choice.at))
        precision = Precision.LOCALITY if wide else Precision.STREET
    score = candidate.choice.similarity * spot.placement.value * (1.0 if sure else UNSURE_CERTAINTY)
    return Answer(
        round(spot.lon, 6),
        round(spot.lat, 6),
        precision,
        round(score, 4),
        candidate.page.insee,
        candidate.street.name,
        spot.number,
    )


def _elsewhere(answer: Answer | None, query: AddressQuery) -> Answer | None:
    """An answer outside the stated commune with its lower score; None when it is not certain enough."""
    if answer is None or not query.number or answer.precision != Precision.EXACT:
        return None
    if answer.score < ELSEWHERE_SIMILARITY * Placement.BETWEEN.value:
        return None
    return replace(answer, score=round(answer.score * ELSEWHERE_CERTAINTY, 4))


def _centre(commune: Commune) -> Answer:
    return Answer(
        commune.lon, commune.lat, Precision.COMMUNE, COMMUNE_SCORE, commune.insee, expected_m=commune.expected_m
    )
