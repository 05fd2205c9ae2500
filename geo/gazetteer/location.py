"""The result of a WHERE, a point with its label; labels of communes and stations."""

import re
from dataclasses import dataclass

from geo.reference.communes import Commune
from geo.types import Point, Precision

DOMINANCE = 10
"""A name held by several communes means the one with at least ten times the people of each other."""


@dataclass(frozen=True, slots=True)
class Located:
    """The location of a text.

    `kind`: commune, arrondissement, station, address or coordinates. `precision`: exact (a station, coordinates, a
    known house), street, or commune (its middle; also for an address whose street is not known: the label says so).
    `insee`, `commune`: "" abroad and in territories without communes.
    """

    point: Point
    label: str
    kind: str
    insee: str
    time_zone: str
    precision: Precision
    commune: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line under the search bar; `value` is what to give to `Gazetteer.where`."""

    label: str
    sublabel: str
    kind: str
    value: str
    lon: float
    lat: float


def commune_label(commune: Commune) -> str:
    """ "Nantes (44)", "Paris 10e (75010)"."""
    if commune.kind == "ARM":
        return f"{commune.short_name} ({commune.postcodes[0]})"
    return f"{commune.name} ({commune.departement})"


def choice_text(commune: Commune, *, first: bool) -> str:
    """Its label, which means the first of that name in the département; for the others, postcode and name."""
    if first or commune.kind == "ARM" or not commune.postcodes:
        return commune_label(commune)
    return f"{commune.postcodes[0]} {commune.name}"


_OF = (("Les ", "des "), ("Le ", "du "), ("Aux ", "des "))


def station_label(name: str) -> str:
    """ "Gare de Nantes", "Gare d'Angers-Saint-Laud", "Gare du Mans", "Paris-Gare-de-Lyon"."""
    full = re.sub(r"\bSt(e?)(?=[-\s])", r"Saint\1", name)
    if re.search(r"\bgare\b", full, re.IGNORECASE):
        return full
    for article, short in _OF:
        if full.startswith(article):
            return f"Gare {short}{full.removeprefix(article)}"
    if re.match(r"[AEIOUYÉÈÊÂÎÔŒaeiou](?!$)", full):
        return f"Gare d'{full}"
    return f"Gare de {full}"
