"""Make the files of `data/` from the public downloads: `python data/build.py --from FOLDER`.

`data/README.md` says what each file is, where it comes from and what was changed. The same downloads give the
same bytes.
"""

import argparse
import csv
import gzip
import io
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import build_communes
import build_streets
import numpy as np
import polars as pl
from build_tools import without_personal, write_csv, write_gzip

from geo.reference.communes import Areas
from geo.spatial.distance import haversine_m

COORDINATES = {"mairie_lat", "mairie_lon", "LAT", "LONG", "latitude", "longitude", "Longitude", "Latitude"}
OSM_FILES = ("cofee_france", "coworking_france", "libraries_france", "pariswifi_sites")
OSM_PERSONAL = {"email", "contact:email", "mobile", "contact:mobile", "contact:mastodon", "fixme", "operator"}
"""`operator` may be the name of the person who runs a café."""
PLATFORMS = re.compile(r"-(?:Souterraine?|Surface)$")
"""Part of a station that nobody looks for by itself."""
MISSING_STATIONS = [("Paris-Est", 2.3592, 48.8768)]
"""Not in the source, and asked for every day."""
SAME_STATION_M = 8_000.0
"""Rows of one station name closer than this are the same station on several lines."""


def table(source: Path, target: Path, *, drop: frozenset[str] = frozenset(), encoding: str = "utf-8") -> None:
    """Copy one CSV list: same columns except `drop`, without e-mails and mobile numbers."""
    raw = source.read_bytes()
    if source.suffix == ".gz":
        raw = gzip.decompress(raw)
    rows = csv.reader(io.StringIO(raw.decode(encoding), newline=""))
    header = next(rows)
    keep = [i for i, name in enumerate(header) if name not in drop]
    cleaned = ([row[i] if header[i] in COORDINATES else without_personal(row[i]) for i in keep] for row in rows if row)
    write_csv(target, [header[i] for i in keep], cleaned)


def lists(source: Path, target: Path) -> None:
    """The lists that the product imports, as their publishers give them, without personal data."""
    table(source / "mairies/mairies.csv.gz", target / "mairies.csv.gz")
    table(
        source / "cget_2019/CGET_TiersLieux_2019.csv",
        target / "cget_2019.csv.gz",
        drop=frozenset({"CONTACT", "MAIL"}),
    )
    table(source / "libraries/adresses_des_bibliotheques_publiques_prepared.csv", target / "libraries.csv.gz")
    table(
        source / "france_services/liste-fs-20240801.csv",
        target / "france_services.csv.gz",
        drop=frozenset({"mail", "commentaire"}),
    )
    hotels(source / "hotels/hebergements_classes.csv", target / "hotels.csv.gz")
    for name in OSM_FILES:
        osm(source / f"osm_cities/{name}.geojson", target / f"osm_cities/{name}.geojson.gz")


def hotels(source: Path, target: Path) -> None:
    """Copy the hotels line by line: the source quotes nothing, so a CSV writer would change rows that hold quotes."""
    lines = source.read_bytes().decode().split("\n")
    write_gzip(target, "\n".join(";".join(map(without_personal, line.split(";"))) for line in lines).encode())


def osm(source: Path, target: Path) -> None:
    """Copy one GeoJSON list without the tags that may be personal."""
    content: dict[str, Any] = json.loads(source.read_bytes())
    for feature in content["features"]:
        kept = {}
        for key, value in feature["properties"].items():
            clean = without_personal(value) if isinstance(value, str) else value
            if key not in OSM_PERSONAL and clean != "":
                kept[key] = clean
        feature["properties"] = kept
    write_gzip(target, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def stations(source: Path, target: Path) -> None:
    """Passenger stations, one row per station.

    The source has a row per line, and a line's row may stand at the far end of its tracks: of rows of one name, the one
    nearest to the middle of the commune of its name, or else that it names, is kept.
    """
    areas = Areas.load(target.parent)
    groups: dict[tuple[str, str], list[tuple[float, float, str]]] = defaultdict(list)
    with (source / "stations/liste-des-gares.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            if row["VOYAGEURS"] == "O":
                spot = (float(row["X_WGS84"]), float(row["Y_WGS84"]), row["COMMUNE"])
                groups[PLATFORMS.sub("", row["LIBELLE"]), row["DEPARTEMEN"]].append(spot)

    def off_centre_m(name: str, spot: tuple[float, float, str], departement: str) -> float:
        commune = areas.find(name, departement=departement) or areas.find(spot[2], departement=departement)
        return haversine_m(*spot[:2], commune.lon, commune.lat) if commune else float("inf")

    kept = [
        (name, *min(cluster, key=lambda spot: (off_centre_m(name, spot, departement), spot))[:2])
        for (name, departement), spots in sorted(groups.items())
        for cluster in clusters(spots)
    ]
    kept = sorted([*kept, *MISSING_STATIONS])
    codes = areas.locate(np.array([lon for _, lon, _ in kept]), np.array([lat for _, _, lat in kept]))
    lines = [[name, round(lon, 5), round(lat, 5), insee] for (name, lon, lat), insee in zip(kept, codes, strict=True)]
    write_csv(target, ["name", "lon", "lat", "insee"], lines)


def clusters(spots: Iterable[tuple[float, float, str]]) -> list[list[tuple[float, float, str]]]:
    """Spots grouped by distance to one of each group."""
    result: list[list[tuple[float, float, str]]] = []
    for spot in sorted(set(spots)):
        near = (g for g in result if any(haversine_m(*spot[:2], *o[:2]) <= SAME_STATION_M for o in g))
        group = next(near, None)
        if group is None:
            result.append([spot])
        else:
            group.append(spot)
    return result


def population(source: Path, target: Path) -> None:
    """The census grid, every cell, border cells included."""
    pl.read_csv(source / "population/popgrid_2021_1km_FR.csv.gz").select(
        pl.col("x_laea_sw").cast(pl.Int32),
        pl.col("y_laea_sw").cast(pl.Int32),
        pl.col("lon_center").alias("lon"),
        pl.col("lat_center").alias("lat"),
        pl.col("population_2021").cast(pl.Int32).alias("population"),
        pl.col("cntr"),
    ).write_parquet(target, compression="zstd", compression_level=19)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the files of data/ from the public downloads.")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder of the downloads")
    parser.add_argument("--to", dest="target", type=Path, default=Path(__file__).parent, help="default: data/")
    parser.add_argument("--only", choices=["communes", "lists", "stations", "population", "streets"])
    asked = parser.parse_args()
    source, target = asked.source, asked.target
    steps = {
        "communes": lambda: build_communes.build(source, target),
        "lists": lambda: lists(source, target / "lists"),
        "stations": lambda: stations(source, target / "stations.csv.gz"),
        "population": lambda: population(source, target / "population_1km.parquet"),
        "streets": lambda: build_streets.build(target),
    }
    for name, step in steps.items():
        if asked.only in {None, name}:
            step()
            sys.stderr.write(f"{name}: done\n")


if __name__ == "__main__":
    main()
