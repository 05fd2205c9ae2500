"""From points to the commune, the areas and the time zone they are in, all of France, whole arrays at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.reference.communes import Areas, Commune
from geo.reference.overseas import TERRITORIES, Territory
from geo.spatial.distance import Floats

Texts = npt.NDArray[np.object_]

_ONE_COMMUNE = frozenset(["977", "978"])
"""Saint-Barthélemy and Saint-Martin are one commune each: a point there has its code."""


@dataclass(frozen=True, slots=True, eq=False)
class Reversed:
    """Where points are: arrays of equal length, "" where nothing is known (at high sea, abroad).

    `insee`: commune or arrondissement. `commune`: its name; the name of the territory where communes have no outlines
    (975, 986, 987, 988: by bounding box). `departement`: "44", "974", "988". `time_zone`: IANA; Europe/Paris abroad.
    """

    insee: Texts
    commune: Texts
    departement: Texts
    region: Texts
    epci: Texts
    time_zone: Texts


def reverse(areas: Areas, lons: Floats, lats: Floats) -> Reversed:
    """What points (decimal degrees, equal lengths) lie in. Points at sea belong to the nearest commune within 30 km."""
    lons, lats = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
    codes = areas.locate(lons, lats)
    different, which = np.unique(codes.astype(np.str_), return_inverse=True)
    columns = np.full((len(different), 6), "", dtype=object)
    for row, code in zip(columns, different, strict=True):
        commune = areas.commune(str(code))
        if commune:
            row[:] = _facts(areas, commune)
    found = columns[which]
    outside = np.flatnonzero(codes == "")
    for territory in TERRITORIES:
        inside = outside[_in_box(territory, lons[outside], lats[outside])]
        found[inside] = _territory_facts(territory)
    for index in outside:
        found[index, 5] = areas.time_zone_at(float(lons[index]), float(lats[index]))
    return Reversed(*found.T)


def _facts(areas: Areas, commune: Commune) -> tuple[str, ...]:
    zone = areas.time_zone(commune.insee)
    return commune.insee, commune.short_name, commune.departement, commune.region, commune.epci, zone


def _territory_facts(territory: Territory) -> tuple[str, ...]:
    insee = territory.town_insee if territory.code in _ONE_COMMUNE else ""
    return insee, territory.name, territory.code, "", "", territory.time_zone


def _in_box(territory: Territory, lons: Floats, lats: Floats) -> npt.NDArray[np.bool_]:
    west, south, east, north = territory.box
    inside: npt.NDArray[np.bool_] = (lons >= west) & (lons <= east) & (lats >= south) & (lats <= north)
    return inside
