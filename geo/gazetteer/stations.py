"""Stations by their usual names: "gare de Nantes", "gare du Nord", "Lyon Part-Dieu"."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geo.gazetteer.location import DOMINANCE, station_label
from geo.reference import files
from geo.reference.communes import Areas
from geo.reference.toponyms import fold, without_article

_MAIN = ("ville", "centre")
_LITTLE = ("de", "du", "des", "d", "la", "le", "les", "l", "a", "tgv")


@dataclass(frozen=True, slots=True)
class Station:
    """A passenger station. `weight`: people of its commune, the whole city in Paris, Lyon and Marseille.

    `of_town`: named after its town ("Nantes", "Paris-Nord"), not after a quarter ("Avenue-Foch").
    """

    name: str
    key: str
    lon: float
    lat: float
    insee: str
    departement: str
    weight: int
    of_town: bool


class Stations:
    """The shipped stations by name."""

    def __init__(self, stations: Sequence[Station]) -> None:
        self.all = tuple(stations)
        self._by_key: dict[str, list[Station]] = {}
        for station in stations:
            self._by_key.setdefault(station.key, []).append(station)

    @classmethod
    def load(cls, data_dir: Path, areas: Areas) -> "Stations":
        """Read the shipped stations. Raises ReferenceMissing."""
        return cls([_station(row, areas) for row in files.rows(data_dir, files.STATIONS)])

    def label(self, station: Station) -> str:
        """Its label, with the département where several stations have its name; `find` understands it."""
        label = station_label(station.name)
        return f"{label} ({station.departement})" if len(self._by_key[station.key]) > 1 else label

    def named(self, text: str, departement: str = "") -> list[Station]:
        """Stations of exactly that name, with or without "gare" before or after ("Lyon Part-Dieu", "gare du Mans")."""
        words = fold(text).split()
        matches = self._by_key.get(_key(words)) or self._by_key.get(_key(_without_gare(words)), [])
        return [s for s in matches if not departement or s.departement == departement]

    def find(self, text: str, departement: str = "") -> list[Station]:
        """Stations that match a text with the word "gare" in it: one when it is clear, else several, best first.

        The text may be the whole name ("gare de nantes"), its start ("gare de lille": those of Lille) or its end ("gare
        du nord"). Among several, the main one ("Strasbourg-Ville") or the one in a city ten times larger is meant.
        "gare de lyon" is both a station of Paris and any of Lyon.
        """
        folded = fold(text)
        rest = _key(_without_gare(folded.split()))
        exact = self.named(text, departement)
        famous = [s for s in self.all if s.key.endswith(f" {folded}")]
        if (exact and not famous) or not rest:
            return _clear(exact)
        inside = [s for s in self.all if not departement or s.departement == departement]
        near = [s for s in inside if s.key.startswith(f"{rest} ")] or [s for s in inside if s.key.endswith(f" {rest}")]
        main = [s for s in near if s.key in {f"{rest} {word}" for word in _MAIN}]
        return famous + [s for s in near if s not in famous] if famous else _clear(main or near)


def _without_gare(words: list[str]) -> list[str]:
    return [word for word in words if word not in {"gare", "sncf", "rer"}]


def _key(words: list[str]) -> str:
    """Words without the little ones before the name: "du mans" and "le mans" -> "mans"; articles inside stay."""
    while words and words[0] in _LITTLE:
        words = words[1:]
    return " ".join(words)


def _clear(stations: list[Station]) -> list[Station]:
    stations = sorted(stations, key=lambda s: (-s.weight, s.key))
    if len(stations) > 1 and stations[0].weight >= DOMINANCE * stations[1].weight:
        return stations[:1]
    return stations


def _station(row: list[str], areas: Areas) -> Station:
    name, lon, lat, insee = row
    commune = areas.commune(insee)
    city = areas.commune(commune.parent) if commune and commune.parent else commune
    key = _key(fold(name).split())
    return Station(
        name=name,
        key=key,
        lon=float(lon),
        lat=float(lat),
        insee=insee,
        departement=commune.departement if commune else "",
        weight=city.population if city else 0,
        of_town=city is not None and f"{key} ".startswith(f"{without_article(fold(city.name))} "),
    )
