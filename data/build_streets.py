"""Streets whose place is known from the lists that carry coordinates: where a typed address is looked up.

No national address base is shipped. A row counts only when its point lies in the commune that the row names, because
one town hall in eighteen is given in another commune.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from build_tools import write_csv

from geo.reference.communes import Areas, clean_postcode
from geo.reference.toponyms import fold, is_street, split_number

OSM = ("cofee_france", "coworking_france", "libraries_france")
TOWN_LINE = re.compile(r"^\d{5}\b")


class Spot(NamedTuple):
    """One row of a list: an address with its point, and how the row names its commune."""

    address: str
    lon: str
    lat: str
    insee: str = ""
    town: str = ""
    postcode: str = ""


def read(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(io.StringIO(file.read(), newline=""))


def spots(lists: Path) -> Iterator[Spot]:
    """Every located address of the shipped lists."""
    for row in read(lists / "mairies.csv.gz"):
        for line in row["mairie_adresse"].splitlines():
            if not TOWN_LINE.match(line):
                yield Spot(line, row["mairie_lon"], row["mairie_lat"], row["insee"])
    for row in read(lists / "libraries.csv.gz"):
        yield Spot(row["Adresse"], row["Longitude"], row["Latitude"], "", row["Ville"], row["CP"])
    for row in read(lists / "france_services.csv.gz"):
        yield Spot(row["adresse"], row["longitude"], row["latitude"], row["insee_com"])
    for row in read(lists / "cget_2019.csv.gz"):
        yield Spot(row["ADRESSE"], row["LONG"], row["LAT"], row["INSEECOM"])
    for name in OSM:
        content = json.loads(gzip.decompress((lists / f"osm_cities/{name}.geojson.gz").read_bytes()))
        for feature in content["features"]:
            tags = feature["properties"]
            street = tags.get("addr:street") or tags.get("contact:street") or ""
            number = tags.get("addr:housenumber") or tags.get("contact:housenumber") or ""
            if feature["geometry"]["type"] == "Point" and street:
                lon, lat = feature["geometry"]["coordinates"]
                yield Spot(f"{number} {street}", str(lon), str(lat), "", tags.get("addr:city", ""))


def named_there(areas: Areas, spot: Spot, insee: str) -> bool:
    """Whether the commune that a row names is the one its point lies in."""
    there = areas.commune(insee)
    if there is None:
        return False
    if spot.insee:
        named = areas.commune(spot.insee)
        return named is not None and there.insee in {named.insee, *_parts(areas, named.insee)}
    named = areas.find(spot.town, clean_postcode(spot.postcode) or None)
    if named is None:
        return clean_postcode(spot.postcode) in there.postcodes
    return named.insee in {there.insee, there.parent}


def _parts(areas: Areas, insee: str) -> set[str]:
    return {c.insee for c in areas.communes if c.parent == insee} if insee in {"75056", "69123", "13055"} else set()


def build(target: Path) -> None:
    """Write `streets.csv.gz`: commune, house number, street, point; sorted by commune."""
    areas = Areas.load(target)
    known = [s for s in spots(target / "lists") if s.lon and s.lat and is_street(fold(split_number(s.address)[1]))]
    codes = areas.locate(np.array([float(s.lon) for s in known]), np.array([float(s.lat) for s in known]))
    lines = set()
    for spot, insee in zip(known, codes, strict=True):
        if insee and named_there(areas, spot, insee):
            number, street = split_number(spot.address)
            lines.add((insee, street, number, round(float(spot.lon), 5), round(float(spot.lat), 5)))
    write_csv(target / "streets.csv.gz", ["insee", "street", "number", "lon", "lat"], sorted(lines))
