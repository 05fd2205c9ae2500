"""Gazetteer: resolves the text of a WHERE to a point.

A commune ("Nantes", "st étienne", "Paris 10e"), with its postcode or département ("44000 Nantes",
"Saint-Denis (974)", "Saint-Denis, Réunion"), a postcode, a station ("gare de Nantes"), an address inside a known
commune ("12 rue de Strasbourg, Nantes"), or `lat,lon`.

A name held by several communes means the one with ten times the people of each other ("Valence" is in Drôme); else
`Ambiguous` lists choices that resolve as they are written. A short name that no commune has, or only a village, also
means the city whose name starts with it ("Cherbourg"; "Aix" is `Ambiguous`). An unknown name raises `NotFound` with the
closest spellings.
"""

import re
from functools import cached_property, lru_cache
from pathlib import Path

from geo.errors import Ambiguous, InvalidInput, NotFound
from geo.gazetteer.addresses import Address, Streets, readings
from geo.gazetteer.autocomplete import Suggestions, entries
from geo.gazetteer.coordinates import read_position
from geo.gazetteer.location import DOMINANCE, Located, Suggestion, choice_text, commune_label
from geo.gazetteer.stations import Station, Stations
from geo.reference.communes import Areas, Commune, clean_postcode, departements_of
from geo.reference.overseas import TERRITORIES, Territory, territory_at, time_zone_at, time_zone_of
from geo.reference.toponyms import fold, split_number
from geo.types import Point, Precision

_LONGEST = 200
CACHED_TEXTS = 10_000
"""Texts whose result is cached."""
_AROUND = re.compile(
    r"^\s*(?:(?:tout\s+)?pr[eè]s\s+d(?:e\s+|u\s+|es\s+|['’]\s*)|proche\s+d(?:e\s+|u\s+|['’]\s*)|autour\s+d(?:e\s+|u\s+|['’]\s*)"
    r"|aux\s+alentours\s+d(?:e\s+|['’]\s*)|near\s+|around\s+)",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"(?<![\d.,])\b(?:F-)?(\d{2} ?\d{3})\b(?![.,]\d)", re.IGNORECASE)
_QUALIFIED = re.compile(r"^(.+?)\s*[,(]\s*([^(),]+?)\s*\)?\s*$")
_TRAILING_CODE = re.compile(r"^(.+?)\s+(\d{1,3}|2[ab])$", re.IGNORECASE)
_SUGGESTED = 3
_CLOSE_SPELLING = 70.0
_FAR_BETTER_KNOWN = 20
"""A city with twenty times the people of the village of that name may be meant by the start of its name."""


class Gazetteer:
    """Resolves WHERE and suggests names, from the shipped tables."""

    def __init__(self, data_dir: Path, areas: Areas | None = None) -> None:
        self.areas = areas or Areas.load(data_dir)
        self._data_dir = data_dir
        self._streets = Streets(data_dir, self.areas)
        self._cached_find = lru_cache(CACHED_TEXTS)(self._find)

    @classmethod
    def load(cls, data_dir: Path, areas: Areas | None = None) -> "Gazetteer":
        """Read the tables of `data_dir`, or share those of `areas`. Raises ReferenceMissing."""
        return cls(data_dir, areas)

    @cached_property
    def _suggestions(self) -> Suggestions:
        return Suggestions(entries(self.areas, self._stations))

    @cached_property
    def _stations(self) -> Stations:
        return Stations.load(self._data_dir, self.areas)

    def where(self, text: str) -> Located:
        """The location of `text`. Raises InvalidInput, Ambiguous (several places) or NotFound."""
        return self._cached_find(text)

    def _find(self, text: str) -> Located:
        query = " ".join(text.split())
        if not query or len(query) > _LONGEST:
            raise InvalidInput(
                field="where",
                value=query[:_LONGEST],
                fr="Il manque un lieu : donnez une commune, une gare, une adresse ou « latitude,longitude ».",
                en="A place is missing: give a commune, a station, an address or “latitude,longitude”.",
            )
        point = read_position(query)
        if point:
            return self._at(point)
        near = _AROUND.sub("", query)
        folded = fold(near)
        if "gare" in folded.split():
            return self._commune(near) or self._station(near)
        return (
            self._commune(near)
            or self._address(near)
            or self._territory(folded)
            or self._short(near)
            or self._station_by_name(near)
            or self._commune(near, loosely=True)
            or self._unknown(query, near)
        )

    def suggest(self, text: str, limit: int = 8) -> list[Suggestion]:
        """Communes, stations and main towns that begin like `text`, best first; accents and case do not matter."""
        return self._suggestions.find(text, limit)

    # Coordinates

    def _at(self, point: Point) -> Located:
        import numpy as np

        insee = str(self.areas.locate(np.array([point.lon]), np.array([point.lat]))[0])
        commune = self.areas.commune(insee)
        territory = territory_at(point.lon, point.lat)
        name = commune_label(commune) if commune else territory.name if territory else ""
        label = f"{point.lat:.4f}, {point.lon:.4f}"
        return Located(
            point=point,
            label=f"{label} ({name})" if name and "(" not in name else f"{label} – {name}" if name else label,
            kind="coordinates",
            insee=insee,
            time_zone=time_zone_of(insee) if insee else time_zone_at(point.lon, point.lat),
            precision=Precision.EXACT,
            commune=commune.name if commune else "",
        )

    # Communes

    def _commune(self, text: str, *, loosely: bool = False) -> Located | None:
        """A commune, with or without postcode or département; `loosely` accepts a slip among those of the postcode."""
        communes = self._communes(text, loosely=loosely)
        if not communes:
            return None
        longer = self.areas.beginning(text)[:1] if fold(communes[0].name) == fold(text) else []
        if longer and longer[0].population >= _FAR_BETTER_KNOWN * max(c.population for c in communes):
            raise Ambiguous(name=text, choices=[self._choice(c) for c in (*longer, *communes)])
        return self._located(self._dominant(text, communes))

    def _short(self, text: str) -> Located | None:
        """The city whose name starts with `text`, when no commune has that name: "Cherbourg", "Châlons"."""
        communes = self.areas.beginning(text)
        return self._located(self._dominant(text, communes)) if communes else None

    def _communes(self, text: str, *, loosely: bool = False) -> list[Commune]:
        """Communes that match a text, best first."""
        postcode = _POSTCODE.search(text)
        if postcode:
            name = re.sub(r"[(),\s]+$|^[(),\s]+", "", text.replace(postcode.group(0), " "))
            return self._of_postcode(name, clean_postcode(postcode.group(1)), loosely=loosely)
        # "Marseille (13)" is not "Marseille 13", its 13th arrondissement.
        communes = [] if "(" in text else _exact(text, self.areas.find_all(text))
        for pattern in (_QUALIFIED, _TRAILING_CODE):
            match = pattern.match(text)
            if match and not communes:
                communes = self._inside(match.group(1), match.group(2))
        return communes

    def _of_postcode(self, name: str, postcode: str, *, loosely: bool) -> list[Commune]:
        if not name:
            return self.areas.by_postcode(postcode)
        if self.areas.find_all(name) or loosely:
            commune = self.areas.find(name, postcode)
            if commune:
                return [commune]
        # Several of that name in the département of an unknown (CEDEX) postcode.
        return [c for c in self.areas.find_all(name) if c.departement in departements_of(postcode)]

    def _inside(self, name: str, area: str) -> list[Commune]:
        """Communes of a name in a département or region given by code or name; "France" is no restriction."""
        communes = self.areas.find_all(name)
        code, region = self.areas.departement_code(area), fold(area)
        if code:
            communes = [c for c in communes if c.departement == code]
        elif region != "france":
            communes = [c for c in communes if fold(self.areas.region_name(c.region)) == region]
        return _exact(name, communes)

    def _dominant(self, text: str, communes: list[Commune]) -> Commune:
        """The only commune, or the one with DOMINANCE times the people of each other. Raises Ambiguous."""
        current = [c for c in communes if c.kind != "COMD"] or communes
        current = sorted(current, key=lambda c: -c.population)
        if len(current) == 1 or current[0].population >= DOMINANCE * max(current[1].population, 1):
            return current[0]
        raise Ambiguous(name=text, choices=[self._choice(c) for c in current])

    def _choice(self, commune: Commune) -> str:
        """A text that gives this commune back."""
        same = [c for c in self.areas.find_all(commune.name) if c.departement == commune.departement]
        same = [c for c in same if fold(c.name) == fold(commune.name)]
        return choice_text(commune, first=not same or same[0] == commune)

    def _located(self, commune: Commune) -> Located:
        return Located(
            point=Point(commune.lon, commune.lat),
            label=commune_label(commune),
            kind="arrondissement" if commune.kind == "ARM" else "commune",
            insee=commune.insee,
            time_zone=time_zone_of(commune.insee),
            precision=Precision.COMMUNE,
            commune=commune.name,
        )

    def _territory(self, folded: str) -> Located | None:
        """The main town of a territory without communes of its own here, by its name or that of the territory."""
        for territory in TERRITORIES:
            if folded in {
                fold(territory.town),
                fold(territory.name),
                territory.postcode,
                f"{territory.postcode} {fold(territory.town)}",
            } or (
                folded.startswith(f"{fold(territory.town)} ")
                and folded.endswith((territory.code, fold(territory.name)))
            ):
                return _town(territory)
        return None

    # Stations

    def _station(self, text: str) -> Located:
        name, departement = text, ""
        match = _QUALIFIED.match(text)
        if match and not self._stations.named(text) and self.areas.departement_code(match.group(2)):
            name, departement = match.group(1), self.areas.departement_code(match.group(2))
        stations = self._stations.find(name, departement)
        if len(stations) == 1:
            return self._at_station(stations[0])
        if stations:
            raise Ambiguous(name=text, choices=[self._stations.label(s) for s in stations])
        raise NotFound(
            fr=f"Aucune gare de voyageurs « {text} » n'est connue : donnez la commune, ou la gare d'une ville voisine.",
            en=f"No passenger station “{text}” is known: give the commune, or the station of a town nearby.",
        )

    def _station_by_name(self, text: str) -> Located | None:
        """A station by its name without "gare" ("Lyon Part-Dieu"), when no commune has that name."""
        stations = self._stations.named(text)
        return self._at_station(stations[0]) if len(stations) == 1 else None

    def _at_station(self, station: Station) -> Located:
        commune = self.areas.commune(station.insee)
        return Located(
            point=Point(station.lon, station.lat),
            label=self._stations.label(station),
            kind="station",
            insee=station.insee,
            time_zone=time_zone_of(station.insee),
            precision=Precision.EXACT,
            commune=commune.name if commune else "",
        )

    # Addresses

    def _address(self, text: str) -> Located | None:
        for address in readings(text):
            communes = self._communes(address.town, loosely=True)
            if communes:
                return self._house(address, self._dominant(address.town, communes))
        return None

    def _house(self, address: Address, commune: Commune) -> Located:
        """The house or street when the shipped lists hold it; else the middle of the commune, and the label says so."""
        town, spot = commune_label(commune), self._streets.find(commune, address.number, address.street)
        if spot is None:
            middle = self._located(commune)
            label = f"{town}, centre de la commune (adresse non localisée)"
            return Located(
                middle.point, label, "address", commune.insee, middle.time_zone, Precision.COMMUNE, commune.name
            )
        exact = bool(address.number) and spot.number == address.number
        street = address.street[:1].upper() + address.street[1:]
        return Located(
            point=Point(spot.lon, spot.lat),
            label=f"{address.number} {address.street}, {town}" if exact else f"{street}, {town}",
            kind="address",
            insee=spot.insee,
            time_zone=time_zone_of(spot.insee),
            precision=Precision.EXACT if exact else Precision.STREET,
            commune=commune.name,
        )

    # Unknown names

    def _unknown(self, query: str, text: str) -> Located:
        """Raises NotFound with the closest spellings, or with the way to write an address."""
        choices = self._close(text)
        listed = " ; ".join(choices)
        if split_number(text)[0] or next(readings(f"{text}, ?"), None):
            raise NotFound(
                fr=f"« {query} » n'est pas reconnu : ajoutez la commune, par exemple « 12 rue de Strasbourg, Nantes ».",
                en=f"“{query}” is not understood: add the commune, for instance “12 rue de Strasbourg, Nantes”.",
                choices=(),
            )
        raise NotFound(
            fr=f"« {query} » n'est pas un lieu connu : "
            + (f"vouliez-vous dire {listed} ?" if choices else "donnez une commune, son code postal ou une gare."),
            en=f"“{query}” is not a known place: "
            + (f"did you mean {listed}?" if choices else "give a commune, its postcode or a station."),
            choices=choices,
        )

    def _close(self, text: str) -> tuple[str, ...]:
        """Labels of the communes spelt most like `text`, most people first among equals."""
        from rapidfuzz import fuzz, process

        name = fold(_POSTCODE.sub(" ", text))
        communes, names = self._spellings
        best = process.extract(name, names, scorer=fuzz.ratio, limit=_SUGGESTED, score_cutoff=_CLOSE_SPELLING)
        return tuple(dict.fromkeys(self._choice(communes[index]) for _, _, index in best)) if name else ()

    @cached_property
    def _spellings(self) -> tuple[list[Commune], list[str]]:
        """Communes, most people first, and their folded names."""
        communes = sorted(self.areas.communes, key=lambda c: -c.population)
        return communes, [fold(c.name) for c in communes]


def _exact(name: str, communes: list[Commune]) -> list[Commune]:
    """The communes with exactly that name, if any, else all: "Vergné" is not "La Vergne"."""
    return [c for c in communes if fold(c.name) == fold(name)] or communes


def _town(territory: Territory) -> Located:
    return Located(
        point=Point(territory.town_lon, territory.town_lat),
        label=f"{territory.town} ({territory.code})",
        kind="commune",
        insee=territory.town_insee,
        time_zone=territory.time_zone,
        precision=Precision.COMMUNE,
        commune=territory.town,
    )
