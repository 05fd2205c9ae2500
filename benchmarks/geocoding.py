"""How big and how fast the address index is, on made-up addresses as many as one asks for, drawn like the real ones.

`python benchmarks/geocoding.py [--addresses 2000000]`: whole communes are drawn at random; each gets a street for ten
addresses, named from the shipped streets and surnames in them, houses every eleven metres. Prints the build's time,
memory and bytes per address with what 26 million would take, then rows per second of `ingest.rows.locate.locate` for
rows
without coordinates: with the index, with the shipped streets, and for rows with coordinates.
"""

import argparse
import gzip
import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geo.geocoder.ban_index_builder import BuiltIndex, build
from geo.geocoder.geocoder import Geocoder
from geo.reference import files
from geo.reference.communes import Areas, Commune
from ingest.mapping.suggest import suggest
from ingest.readers.open import read
from ingest.rows.locate import Finder, locate
from ingest.rows.record import Record

ROOT = Path(__file__).resolve().parent.parent
NATIONAL_ADDRESSES, NATIONAL_PEOPLE = 26_000_000, 67_000_000
ADDRESSES_PER_STREET = 10.4
HEADER = "numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat;type_position\n"
TYPES = ("Rue", "Rue", "Rue", "Chemin", "Impasse", "Allée", "Avenue", "Place")
MESS = (("Rue ", "r. "), ("Avenue ", "av "), ("Chemin ", "ch. "), ("é", "e"), ("è", "e"), ("Saint", "St"))
LIST = "nom,adresse,code postal,commune,latitude,longitude\nA,1 rue A,44000,Nantes,47.2,-1.5\n"

Address = tuple[int, str, str, float, float]


def communes_drawn(areas: Areas, addresses: int, seed: int) -> list[Commune]:
    """Communes whose people have about that many addresses, in order of code."""
    whole = {"75056", "69123", "13055"}
    every = [c for c in areas.communes if c.insee not in whole]
    share = min(1.0, addresses / NATIONAL_ADDRESSES)
    return sorted(random.Random(seed).sample(every, max(1, int(len(every) * share))), key=lambda c: c.insee)


def streets_of(commune: Commune, names: Sequence[str], words: Sequence[str], seed: int) -> Iterator[Address]:
    """(number, suffix, street, lon, lat) of every made-up house of a commune."""
    draw = np.random.default_rng([seed, int(commune.insee.replace("A", "0").replace("B", "1"))])
    count = int(40 + 0.36 * commune.population)
    streets = max(5, int(count / ADDRESSES_PER_STREET))
    drawn = {names[i] for i in draw.integers(0, len(names), streets // 2)}
    for kind, one, other in zip(
        *(draw.integers(0, n, streets) for n in (len(TYPES), len(words), len(words))), strict=True
    ):
        drawn.add(f"{TYPES[kind]} {words[one]} {words[other]}")
    sizes = draw.lognormal(0.0, 1.0, len(drawn))
    side = commune.area_km2**0.5 / 280
    for name, houses in zip(sorted(drawn), np.maximum(1, sizes / sizes.sum() * count).astype(int), strict=True):
        lon, lat = commune.lon + draw.uniform(-side, side), commune.lat + draw.uniform(-side, side)
        turn = draw.uniform(0.0, 6.28)
        for number in np.cumsum(draw.integers(1, 3, houses)).tolist():
            away = number * 1e-4
            yield number, "bis" if number % 17 == 0 else "", name, lon + away * np.cos(turn), lat + away * np.sin(turn)


def write_ban(areas: Areas, folder: Path, addresses: int, seed: int = 7) -> list[Path]:
    """Writes made-up BAN files, one per département."""
    names = sorted({row[1] for row in files.rows(areas.data_dir, files.STREETS)})
    words = sorted({word for name in names for word in name.split() if len(word) > 3 and word[0].isupper()})
    lines: dict[str, list[str]] = {}
    for commune in communes_drawn(areas, addresses, seed):
        file = lines.setdefault(commune.insee[:2], [HEADER])
        place = f"{commune.postcodes[0]};{commune.insee};{commune.name}"
        for number, suffix, street, lon, lat in streets_of(commune, names, words, seed):
            file.append(f"{number};{suffix};{street};{place};{lon:.6f};{lat:.6f};entrée\n")
    paths = []
    for departement, text in lines.items():
        paths.append(folder / f"adresses-{departement}.csv.gz")
        paths[-1].write_bytes(gzip.compress("".join(text).encode(), 1))
    return paths


def asked_rows(areas: Areas, paths: Sequence[Path], rows: int, seed: int = 3) -> list[Record]:
    """Rows of a list, drawn from BAN files: half with abbreviations or a letter lost, a tenth with another number."""
    draw = random.Random(seed)
    houses = [line for path in paths for line in gzip.decompress(path.read_bytes()).decode().splitlines()[1:]]
    records = []
    for i, line in enumerate(draw.sample(houses, min(rows, len(houses)))):
        number, suffix, street, postcode, _, town, *_ = line.split(";")
        if draw.random() < 0.5:
            for full, short in MESS:
                street = street.replace(full, short)
            at = draw.randrange(len(street))
            street = street[:at] + street[at + 1 :] if draw.random() < 0.3 else street
        number = str(int(number) + draw.randrange(1, 6)) if draw.random() < 0.1 else number
        records.append(
            Record(i, i, {}, name="A", address=f"{number}{suffix} {street}", postcode=postcode, commune=town.upper())
        )
    return records


def with_coordinates(areas: Areas, rows: int, seed: int = 4) -> list[Record]:
    """Rows that state a commune and a point near its middle."""
    draw, communes = random.Random(seed), list(areas.communes)
    records = []
    for i in range(rows):
        one = draw.choice(communes)
        lon, lat = one.lon + draw.gauss(0, 0.005), one.lat + draw.gauss(0, 0.005)
        raw = {"latitude": f"{lat:.6f}", "longitude": f"{lon:.6f}"}
        records.append(Record(i, i, raw, name="A", postcode=one.postcodes[0], commune=one.name.upper()))
    return records


def rows_per_s(records: Sequence[Record], finder: Finder) -> float:
    """Rows per second of processor time, so that what else runs on the machine does not count."""
    mapping = suggest(read(LIST.encode(), "liste.csv"))
    locate(with_coordinates(finder.areas, 1), mapping, finder)  # tables and outlines are read once
    started = time.process_time()
    locate(records, mapping, finder)
    return len(records) / (time.process_time() - started)


def measure(addresses: int, rows: int) -> dict[str, Any]:
    """Every figure of the page docs/geocoding.md."""
    areas = Areas.load(ROOT / "data")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_ban(areas, folder, addresses)
        started = time.perf_counter()
        built: BuiltIndex = build(paths, folder / "index", areas)
        seconds = time.perf_counter() - started
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found = Finder(areas, Geocoder(areas, folder / "index"))
        asked = asked_rows(areas, paths, rows)
        speed = rows_per_s(asked, found)
        shares = {str(p): sum(r.precision == p for r in asked) / len(asked) for p in {r.precision for r in asked}}
        shipped = Finder(areas, Geocoder(areas))
        return {
            "addresses": built.addresses,
            "streets": built.streets,
            "build_s": round(seconds, 1),
            "addresses_per_s": round(built.addresses / seconds),
            "peak_mb": round(peak_mb),
            "bytes_per_address": round(built.bytes / built.addresses, 2),
            "national_mb": round(built.bytes / built.addresses * NATIONAL_ADDRESSES / 1e6),
            "rows_per_s_with_index": round(speed),
            "precision": {name: round(share, 3) for name, share in sorted(shares.items())},
            "rows_per_s_with_shipped_streets": round(rows_per_s(asked_rows(areas, paths, rows), shipped)),
            "rows_per_s_with_coordinates": round(rows_per_s(with_coordinates(areas, rows), shipped)),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--addresses", type=int, default=2_000_000)
    parser.add_argument("--rows", type=int, default=50_000)
    asked = parser.parse_args()
    print(json.dumps(measure(asked.addresses, asked.rows), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
