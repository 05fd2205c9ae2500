"""Communes: one current list, from two public tables of different years and one set of polygons.

The census table (`communes.csv.gz`, one row per commune and postcode) is older than the polygons
(`communes.csv.lzma`, geography of 2025). The result follows the polygons: communes merged since then give
their people, area and postcodes to the commune that took them, and stay findable as former communes.
"""

import csv
import gzip
import lzma
import math
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import shapely
from build_tools import write_csv

from geo.reference.toponyms import fold

ARTICLES = {"0": "", "1": "", "2": "Le ", "3": "La ", "4": "Les ", "5": "L'", "6": "Aux ", "7": "Las ", "8": "Los "}
WHOLE_CITIES = {"75": "75056", "69": "69123", "13": "13055"}
MERGED = {
    # Communes merged on 1 January 2025 that the polygons do not carry as delegated ones: old -> new code,
    # found from neighbours whose name or population changed accordingly, and from their common postcode.
    "02311": "02589",
    "08300": "08439",
    "16238": "16023",
    "25297": "25364",
    "26371": "26289",
    "42072": "42217",
    "71131": "71566",
    "72287": "72155",
}
SPLIT = {"15141": ["15031", "15035", "15047", "15171"]}
"""Communes that left another one on 1 January 2025: its people are shared out as in the 2017 count."""
POSTCODE = re.compile(r"\b\d{5}\b")
SPLIT_FROM = {part: whole for whole, parts in SPLIT.items() for part in parts}
HALL_TOLERANCE_DEG = 0.003
"""A town hall within some 300 m of its commune's (simplified) outline is taken as inside."""
COMMUNE_COLUMNS = [
    "insee",
    "name",
    "kind",
    "parent",
    "postcodes",
    "lon",
    "lat",
    "area_km2",
    "population",
    "departement",
    "region",
    "epci",
    "density",
]
FORMER_COLUMNS = ["code", "name", "insee", "postcodes", "lon", "lat", "area_km2", "population_2017"]


def read_census(source: Path) -> list[dict[str, str]]:
    """Rows of the census table, one per (commune, postcode)."""
    with gzip.open(source / "communes/communes.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_shapes(source: Path) -> pl.DataFrame:
    """Rows of the polygon table with `shape` (shapely) and `full` (name with its article)."""
    raw = lzma.decompress((source / "communes/communes.csv.lzma").read_bytes())
    table = pl.read_csv(raw, infer_schema_length=0, null_values="\\N")
    return table.with_columns(
        full=pl.col("type_nom").fill_null("0").replace_strict(ARTICLES) + pl.col("nom"),
    )


def read_lzma(source: Path, name: str) -> list[dict[str, str]]:
    raw = lzma.decompress((source / f"communes/{name}.csv.lzma").read_bytes()).decode()
    return list(csv.DictReader(raw.splitlines()))


def area_km2(shape: Any) -> float:
    """Area of a lon/lat shape, by the equal-area scaling of its latitude (0.1 % on a commune)."""
    return float(shape.area * (111.195**2) * math.cos(math.radians(shape.centroid.y)))


class Shapes:
    """The polygons of current communes, repaired; and the parts (former communes) they are made of."""

    def __init__(self, table: pl.DataFrame, census: dict[str, dict[str, Any]]) -> None:
        by_id = dict(zip(table["id"], table["code"], strict=True))
        self.rows = {r["code"]: r for r in table.filter(pl.col("type").is_in(["COM", "ARM"])).to_dicts()}
        self.parts = table.filter(pl.col("type").is_in(["COMD", "COMA"])).to_dicts()
        for row in [*self.rows.values(), *self.parts]:
            row["shape"] = shapely.from_wkb(row["geometry"]) if row["geometry"] else None
            row["parent"] = by_id.get(row["commune_parent_id"] or "", "")
        self.parent_of = {r["code"]: r["parent"] for r in self.parts if r["code"] not in self.rows} | MERGED
        self._join_parts()
        self._fill_holes(census)

    def current(self, code: str) -> str:
        """The current code for a code that may be a former one; "" when unknown."""
        return code if code in self.rows else self.parent_of.get(code, "")

    def _join_parts(self) -> None:
        """A commune born of a merger is drawn with one part only (or none): add its parts."""
        children: dict[str, list[Any]] = defaultdict(list)
        for part in self.parts:
            if part["shape"] is not None:
                children[part["parent"]].append(part["shape"])
        for code, shapes in children.items():
            own = self.rows[code]["shape"]
            whole = shapely.union_all([*shapes, *([own] if own is not None else [])])
            if own is None or whole.area > own.area * 1.01:
                self.rows[code]["shape"] = whole

    def _fill_holes(self, census: dict[str, dict[str, Any]]) -> None:
        """A merged commune that was not drawn at all is a hole: give it to the commune that took it.

        A hole without the centre of a former commune stays (Llívia is in Spain).
        """
        shapes = [r["shape"] for r in self.rows.values() if r["shape"] is not None]
        union = shapely.union_all(shapes)
        holes = [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
        tree, taken = shapely.STRtree(holes), set()
        for old, record in census.items():
            if old in self.rows or record["lon"] is None:
                continue
            row = self.rows[self.current(old)]
            for index in tree.query(shapely.Point(record["lon"], record["lat"]), predicate="within"):
                if index not in taken:
                    taken.add(index)
                    row["shape"] = shapely.union_all([row["shape"], holes[index].buffer(1e-7)])


def fold_census(rows: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """One record per commune code of the census table: people, area, centre, postcodes."""
    folded: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["commune_type"] == "COMD":
            continue
        known = folded.setdefault(
            row["insee_com"],
            {
                "name": row["commune_article"],
                "people": int(row["population_2021"]),
                "area": float(row["superficie_km2"] or 0),
                "lon": float(row["lng"]) if row["lng"] else None,
                "lat": float(row["lat"]) if row["lat"] else None,
                "postcodes": set(),
            },
        )
        known["postcodes"].add(row["code_postal"])
    return folded


def postcodes_by_code(source: Path, table: pl.DataFrame) -> dict[str, set[str]]:
    codes = {r["id"]: r["code"] for r in read_lzma(source, "codes_postaux")}
    communes = dict(zip(table["id"], table["code"], strict=True))
    result: dict[str, set[str]] = defaultdict(set)
    for row in read_lzma(source, "codes_postaux_communes"):
        result[communes[row["commune_id"]]].add(codes[row["codepostal_id"]])
    return result


class Hall(NamedTuple):
    lon: float
    lat: float
    address: str


def halls(source: Path) -> dict[str, Hall]:
    """Town hall of each commune; not of its delegated parts."""
    with gzip.open(source / "mairies/mairies.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return {
            r["insee"]: Hall(float(r["mairie_lon"]), float(r["mairie_lat"]), r["mairie_adresse"])
            for r in csv.DictReader(file)
            if r["type"] in {"COM", "ARM"} and r["mairie_lat"]
        }


def centre(shape: Any, hall: Hall | None, census: dict[str, Any] | None) -> tuple[float, float]:
    """Where a commune is when nothing better is known: its town hall if that lies in it (one in eighteen is
    given elsewhere), else the centre in the census table, else the middle of its outline."""
    if hall and shape is not None and shape.distance(shapely.Point(hall[:2])) <= HALL_TOLERANCE_DEG:
        return hall.lon, hall.lat
    if census and census["lon"] is not None:
        return census["lon"], census["lat"]
    middle = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    return middle.x, middle.y


def communes(
    source: Path, table: pl.DataFrame, census: dict[str, dict[str, Any]], shapes: Shapes
) -> dict[str, dict[str, Any]]:
    """Every current commune and arrondissement, by code, with the columns of COMMUNE_COLUMNS."""
    densities = {
        r["insee_com"]: r["niveau_densite"]
        for r in csv.DictReader((source / "density/densite.csv").read_text("utf-8-sig").splitlines())
    }
    regions = {r["id"]: r["code"] for r in read_lzma(source, "regions")}
    departements = {r["id"]: (r["code"], regions[r["region_id"]]) for r in read_lzma(source, "departements")}
    epcis = {r["id"]: r["code"] for r in read_lzma(source, "epci")}
    postcodes, hall = postcodes_by_code(source, table), halls(source)
    result: dict[str, dict[str, Any]] = {}
    for code, row in sorted(shapes.rows.items()):
        owner = shapes.rows[row["parent"]] if row["type"] == "ARM" else row
        departement, region = departements[owner["departement_id"]]
        lon, lat = centre(row["shape"], hall.get(code), census.get(SPLIT_FROM.get(code, code)))
        result[code] = {
            "insee": code,
            "name": row["full"],
            "kind": row["type"],
            "parent": row["parent"] if row["type"] == "ARM" else "",
            "postcodes": set(postcodes[code]),
            "address": hall[code].address if code in hall else "",
            "lon": round(lon, 5),
            "lat": round(lat, 5),
            "area_km2": 0.0,
            "population": 0,
            "departement": departement,
            "region": region,
            "epci": epcis.get(owner["epci_id"] or "", ""),
            "density": densities.get(owner["code"], ""),
        }
    _add_people(result, census, shapes)
    return result


def _add_people(result: dict[str, dict[str, Any]], census: dict[str, dict[str, Any]], shapes: Shapes) -> None:
    for code, record in census.items():
        commune = result[shapes.current(code)]
        commune["population"] += record["people"]
        commune["area_km2"] += record["area"]
        commune["postcodes"] |= record["postcodes"]
    for whole, leaving in SPLIT.items():
        counts = {c: int(shapes.rows[c]["population_municipale"]) for c in [whole, *leaving]}
        total, people, area = sum(counts.values()), result[whole]["population"], result[whole]["area_km2"]
        for code in leaving:
            result[code]["population"] = round(people * counts[code] / total)
            result[code]["area_km2"] = area * counts[code] / total
            result[whole]["population"] -= result[code]["population"]
            result[whole]["area_km2"] -= result[code]["area_km2"]
    for departement, code in WHOLE_CITIES.items():
        parts = [c for c in result.values() if c["kind"] == "ARM" and c["departement"] == departement]
        result[code]["population"] = sum(c["population"] for c in parts)
        result[code]["area_km2"] = sum(c["area_km2"] for c in parts)
        result[code]["postcodes"] = set().union(*(c["postcodes"] for c in parts))
    for code, commune in result.items():
        commune["postcodes"] |= set() if commune["postcodes"] else set(POSTCODE.findall(commune["address"]))
        commune["area_km2"] = round(commune["area_km2"] or area_km2(shapes.rows[code]["shape"]), 2)


def former(
    rows: list[dict[str, str]],
    census: dict[str, dict[str, Any]],
    shapes: Shapes,
    current: dict[str, dict[str, Any]],
) -> list[dict[str, Any]]:
    """Former communes whose name is not that of the commune they are now in."""
    codes = {(r["insee_com"], r["commune"]): r["code_postal"] for r in rows if r["commune_type"] == "COMD"}
    result = {}
    for part in shapes.parts:
        record = census.get(part["code"]) if part["code"] not in shapes.rows else None
        shape = part["shape"]
        if fold(part["full"]) == fold(current[part["parent"]]["name"]) or (shape is None and not record):
            continue
        hall = shapely.from_wkb(part["mairie_localisation"]) if part["mairie_localisation"] else None
        spot = Hall(hall.x, hall.y, "") if hall is not None and not hall.is_empty and shape is not None else None
        lon, lat = centre(shape, spot, record)
        own = record["postcodes"] if record else {codes.get((part["parent"], part["nom"]), "")} - {""}
        result[part["code"], part["full"]] = {
            "code": part["code"],
            "name": part["full"],
            "insee": part["parent"],
            "postcodes": own or current[part["parent"]]["postcodes"],
            "lon": round(lon, 5),
            "lat": round(lat, 5),
            "area_km2": round(area_km2(shape) if shape is not None else record["area"], 2),
            "population_2017": int(part["population_municipale"] or 0),
        }
    for old, new in {**MERGED, **{c: shapes.current(c) for c in census if c not in shapes.rows}}.items():
        record = census[old]
        if not any(code == old for code, _ in result) and fold(record["name"]) != fold(current[new]["name"]):
            place = {k: record[k] for k in ("name", "postcodes", "lon", "lat")}
            size = {"area_km2": record["area"], "population_2017": record["people"]}
            result[old, record["name"]] = {"code": old, "insee": new, **place, **size}
    aliases = [
        {"code": old, "name": "", "insee": new, "postcodes": "", "lon": "", "lat": "", "area_km2": "",
         "population_2017": ""}
        for old, new in shapes.parent_of.items()
        if not any(code == old for code, _ in result)
    ]  # fmt: skip
    return sorted([*result.values(), *aliases], key=lambda r: (r["code"], r["name"]))


def build(source: Path, target: Path) -> None:
    """Write communes, former communes, areas, boundaries and outlines under `target`."""
    rows, table = read_census(source), read_shapes(source)
    census = fold_census(rows)
    shapes = Shapes(table, census)
    current = communes(source, table, census, shapes)
    old = former(rows, census, shapes, current)
    for record in [*current.values(), *old]:
        record["postcodes"] = " ".join(sorted(record["postcodes"]))
    write_csv(target / "communes.csv.gz", COMMUNE_COLUMNS, [[r[c] for c in COMMUNE_COLUMNS] for r in current.values()])
    write_csv(target / "former_communes.csv.gz", FORMER_COLUMNS, [[r[c] for c in FORMER_COLUMNS] for r in old])
    write_areas(source, target)
    drawn = {
        c: r["shape"]
        for c, r in sorted(shapes.rows.items())
        if r["shape"] is not None and c not in WHOLE_CITIES.values()
    }
    write_boundaries(target, drawn)
    write_outlines(target, drawn, {c: r["departement"] for c, r in current.items()})


def write_areas(source: Path, target: Path) -> None:
    regions = {r["id"]: r for r in read_lzma(source, "regions")}
    lines = [["region", r["code"], r["nom"], ""] for r in regions.values()]
    lines += [
        ["departement", r["code"], r["nom"], regions[r["region_id"]]["code"]] for r in read_lzma(source, "departements")
    ]
    lines += [["epci", r["code"], r["nom"], ""] for r in read_lzma(source, "epci")]
    write_csv(target / "areas.csv.gz", ["level", "code", "name", "region"], lines)


def write_boundaries(target: Path, drawn: dict[str, Any]) -> None:
    """Polygons as drawn by the source (doubles untouched), one row per commune or arrondissement."""
    table = pl.DataFrame({"insee": list(drawn), "geometry": list(shapely.to_wkb(list(drawn.values())))})
    table.write_parquet(target / "boundaries.parquet", compression="zstd", compression_level=19)


def write_outlines(target: Path, drawn: dict[str, Any], departement_of: dict[str, str]) -> None:
    """Outlines for display: neighbours simplified together, so that they still meet."""
    codes = np.array(list(drawn))
    simple = shapely.coverage_simplify(np.array(list(drawn.values())), 0.0016)
    simple = shapely.set_precision(simple, 1e-4)
    departements = np.array([departement_of[c] for c in codes])
    order = np.lexsort((codes, departements))
    pl.DataFrame(
        {
            "insee": codes[order],
            "departement": departements[order],
            "geometry": list(shapely.to_wkb(simple[order])),
        }
    ).write_parquet(target / "outlines_communes.parquet", compression="zstd", compression_level=19)
    names = sorted(set(departements))
    wholes = []
    for name in names:
        parts = np.array(list(drawn.values()))[departements == name]
        union = shapely.union_all(shapely.buffer(parts, 2e-4, join_style="mitre"))
        wholes.append(_without_slivers(shapely.buffer(union, -2e-4, join_style="mitre")))
    simple = shapely.set_precision(shapely.coverage_simplify(np.array(wholes), 0.01), 1e-3)
    pl.DataFrame({"departement": names, "geometry": list(shapely.to_wkb(simple))}).write_parquet(
        target / "outlines_departements.parquet", compression="zstd", compression_level=19
    )


def _without_slivers(shape: Any, smallest_km2: float = 1.0) -> Any:
    """`shape` without the tiny islands and holes that nobody sees on a national map."""
    parts = []
    for part in shapely.get_parts(shape):
        if area_km2(part) < smallest_km2:
            continue
        holes = [ring for ring in part.interiors if area_km2(shapely.Polygon(ring)) >= smallest_km2]
        parts.append(shapely.Polygon(part.exterior, holes))
    return shapely.MultiPolygon(parts)
