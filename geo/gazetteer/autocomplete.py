"""Autocompletion: place names by prefix, in a few milliseconds."""

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from geo.gazetteer.location import Suggestion, choice_text
from geo.gazetteer.stations import Station, Stations
from geo.reference.communes import WHOLE_CITIES, Areas, Commune
from geo.reference.overseas import TERRITORIES, Territory
from geo.reference.toponyms import fold, without_article

_WORD_INSIDE = 1 << 24
"""Added to the rank of a match in the second or a later word, so that it comes after every match at the start."""
_QUARTER_STATION = 30_000
"""Upper limit of the weight, in people, of a station named after a quarter."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A possible suggestion: its folded name, its weight (people), the postcodes that find it."""

    key: str
    weight: int
    suggestion: Suggestion
    postcodes: tuple[str, ...] = ()
    station: bool = False


class Suggestions:
    """A prefix index of entries by their words and their postcodes."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = sorted(entries, key=lambda e: (-e.weight, e.key, e.suggestion.value))
        beginnings: list[tuple[str, int]] = []
        for rank, entry in enumerate(self._entries):
            beginnings.append((entry.key, rank))
            start = len(entry.key) - len(without_article(entry.key))
            if start:
                beginnings.append((entry.key[start:], rank))
            at = entry.key.find(" ", start)
            while at >= 0:
                beginnings.append((entry.key[at + 1 :], rank + _WORD_INSIDE))
                at = entry.key.find(" ", at + 1)
            beginnings += [(postcode, rank) for postcode in entry.postcodes]
        beginnings.sort()
        self._keys = [key for key, _ in beginnings]
        self._ranks = [rank for _, rank in beginnings]

    def find(self, text: str, limit: int) -> list[Suggestion]:
        """Best first: equal names, names that start with `text`, names with a word that does; each by population.

        "gare ..." gives stations only.
        """
        folded = fold(text)
        words = folded.split()
        stations_only = bool(words) and words[0] == "gare"
        if stations_only:
            folded = _after(words, ("gare", "de", "du", "des", "d", "la", "l"))
        if not folded:
            return list(islice((e.suggestion for e in self._entries if e.station), limit)) if stations_only else []
        first = bisect_left(self._keys, folded)
        last = bisect_left(self._keys, folded + "~")
        exact = bisect_left(self._keys, folded + " ", first, last)
        whole = [rank for rank in self._ranks[first:exact] if rank < _WORD_INSIDE]
        matches: dict[int, None] = {}
        for ranks in (whole, self._ranks[first:last]):
            for rank in heapq.nsmallest(limit * 40 if stations_only else limit * 3, ranks):
                index = rank % _WORD_INSIDE
                if not stations_only or self._entries[index].station:
                    matches[index] = None
        return [self._entries[index].suggestion for index in list(matches)[:limit]]


def _after(words: list[str], little: tuple[str, ...]) -> str:
    while words and words[0] in little:
        words = words[1:]
    return " ".join(words)


def entries(areas: Areas, stations: Stations) -> list[Entry]:
    """Every possible suggestion: communes, former communes, stations and the main towns of the territories."""
    # Most people first, former communes last: the first of a name in its département goes by its plain label.
    ordered = sorted(areas.communes, key=lambda c: -c.population)
    ordered += sorted(areas.former, key=lambda c: (-c.population, c.insee))
    labelled: set[tuple[str, str]] = set()
    result = []
    for commune in ordered:
        key = fold(commune.short_name)
        result.append(_commune_entry(areas, commune, key, first=(key, commune.departement) not in labelled))
        labelled.add((key, commune.departement))
    result += [_station_entry(areas, s, stations.label(s)) for s in stations.all]
    return result + [_town_entry(territory) for territory in TERRITORIES]


def _commune_entry(areas: Areas, commune: Commune, key: str, *, first: bool) -> Entry:
    departement = areas.departement_name(commune.departement)
    if commune.kind == "COMD":
        now = areas.commune(commune.insee)
        detail = f"{now.name}, {departement}" if now else departement
    else:
        detail = f"{departement}, {commune.postcodes[0]}" if commune.postcodes else departement
    kind = "arrondissement" if commune.kind == "ARM" else "commune"
    value = choice_text(commune, first=first)
    return Entry(
        key=key,
        weight=commune.population // (2 if commune.kind == "COMD" else 1),
        suggestion=Suggestion(commune.short_name, detail, kind, value, commune.lon, commune.lat),
        # A whole city is not what "75010" begins: it is found by "75".
        postcodes=(commune.departement,) if commune.insee in WHOLE_CITIES else commune.postcodes,
    )


def _station_entry(areas: Areas, station: Station, label: str) -> Entry:
    commune = areas.commune(station.insee)
    detail = f"{commune.short_name}, {areas.departement_name(commune.departement)}" if commune else ""
    suggestion = Suggestion(label, detail, "station", label, station.lon, station.lat)
    people = station.weight if station.of_town else min(station.weight, _QUARTER_STATION)
    # A tenth: after the towns, before the villages.
    return Entry(key=station.key, weight=people // 10, suggestion=suggestion, station=True)


def _town_entry(territory: Territory) -> Entry:
    label = f"{territory.town} ({territory.code})"
    suggestion = Suggestion(
        territory.town,
        f"{territory.name}, {territory.postcode}",
        "commune",
        label,
        territory.town_lon,
        territory.town_lat,
    )
    return Entry(
        key=fold(territory.town),
        weight=territory.town_population,
        suggestion=suggestion,
        postcodes=(territory.postcode,),
    )
