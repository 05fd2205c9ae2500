"""Draws pairs of listings from real lists to be labelled, and puts the labelled ones together.

    python -m benchmarks.sample_pairs draw --lists FOLDER --out FOLDER     candidates.csv, candidate_listings.csv
    python -m benchmarks.sample_pairs assemble --from FOLDER --labels FILE [--out tests/data/pairs]

`draw` reads the lists of `data/lists` and those of FOLDER (the public downloads: `lists/`, `fabriques/`,
`conseillers_numeriques/`) as an import does, and pairs their rows by simple blocks: the same telephone, site,
address or name, a shared word in the commune, the nearest row, a namesake elsewhere, chance. No score of
resemblance is computed: what is easy or hard for a model has no say in what is drawn. The same lists, normalisers
and seed give the same pairs. Two smaller rounds add pairs of
lists in which one site often has a row in each.

`assemble` splits the labelled pairs into `train` and `held_out` by connected component of listings, so that no
listing is in both, and writes `pairs.csv`, `unsure.csv` and `listings.csv`.
"""

import argparse
import csv
import hashlib
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from geo.areas import Areas
from geo.distance import haversine_m
from geo.toponyms import fold
from geo.types import Precision
from ingest.keys import nth_key
from ingest.mapping.load import parse
from ingest.mapping.model import Mapping
from ingest.normalise.address import match_address
from ingest.normalise.name import match_name
from ingest.pipeline import understand
from ingest.prepare import Choices, prepare
from ingest.readers.open import read
from ingest.records import Record

ROOT = Path(__file__).resolve().parents[1]
SEED = 20261125
NEAR_M = 300.0
MOST_PER_LISTING = 3
"""Pairs a listing may be in: beyond, components grow and the split could not be even."""

LISTING_COLUMNS = (
    "source", "source_key", "name", "kind", "address", "complement", "postcode", "commune", "insee", "lon", "lat",
    "precision", "expected_m", "hours", "capacity", "phone", "email", "website", "siret", "checked_on",
)  # fmt: skip
PAIR_COLUMNS = ("pair_id", "stratum", "list_a", "key_a", "list_b", "key_b", "label", "tag", "split")

# The codes of the guideline (tests/data/pairs/README.md): label, and tag as hardness/reason.
CODES = {
    "E": ("same", "easy/agrees"),
    "A": ("same", "hard/spelling"),
    "N": ("same", "hard/other_name"),
    "M": ("same", "hard/other_address"),
    "L": ("same", "hard/legal_body"),
    "K": ("same", "hard/other_kind"),
    "C": ("same", "hard/no_address"),
    "b": ("different", "hard/two_bodies"),
    "c": ("different", "hard/branches"),
    "h": ("different", "hard/homonyms"),
    "m": ("different", "hard/annexe"),
    "n": ("different", "hard/neighbours"),
    "o": ("different", "hard/two_sites"),
    "f": ("different", "easy/unrelated"),
    "?": ("unsure", ""),
}

IN_REPOSITORY = {
    "cget_2019": "cget_2019.csv.gz",
    "france_services": "france_services.csv.gz",
    "hotels": "hotels.csv.gz",
    "libraries": "libraries.csv.gz",
    "mairies": "mairies.csv.gz",
    "osm_cafes": "osm_cities/cofee_france.geojson.gz",
    "osm_coworkings": "osm_cities/coworking_france.geojson.gz",
    "osm_libraries": "osm_cities/libraries_france.geojson.gz",
    "paris_wifi": "osm_cities/pariswifi_sites.geojson.gz",
}
ELSEWHERE = {
    "fabriques": "fabriques/fabt_geom.geojson",
    "manufactures": "fabriques/manuprox_geom.geojson",
    "conseillers": "conseillers_numeriques/cnfs.json",
    "aix": "lists/aix-en-provence.json",
    "angers": "lists/angers.json",
    "etapes": "lists/etapes-numerique.json",
    "nouvelle_caledonie": "lists/nouvelle-caledonie.json",
    "reunion": "lists/ultra-num.json",
    "bretagne": "lists/map_bzh_fablab.geojson",
}

# The points of the two lists of labels are the middles of communes: the rows are placed by their code instead.
_LABELLED_PLACES = """
source = "{source}"
title = "{source}"
licence = "Licence Ouverte 2.0"
recognise = []
source_key = "id_territoire"
[fields]
name = "lib_territoire"
commune = "lib_geo"
insee = "id_geo"
[kind]
is = "other"
"""
_CONSEILLERS = """
source = "conseillers"
title = "Structures d'accueil de conseillers numériques"
licence = "Licence Ouverte 2.0"
recognise = []
source_key = "id"
[fields]
name = "raison_sociale"
address = "adresse"
postcode = "code_postal_bis"
commune = "commune_insee"
insee = "insee_com"
lon = "longitude"
lat = "latitude"
kind = "type"
[kind]
default = "association"
[kind.values]
"publique" = "public_body"
"privée" = "association"
[precision]
column = "result_score"
label = "result_label"
thresholds = [[0.8, "exact"], [0.6, "street"], [0.4, "locality"], [0, "commune"]]
"""
DECLARED = {
    "fabriques": _LABELLED_PLACES.format(source="fabriques"),
    "manufactures": _LABELLED_PLACES.format(source="manufactures"),
    "conseillers": _CONSEILLERS,
}

QUOTAS: dict[tuple[str, str], int] = {
    ("libraries", "osm_libraries"): 230,
    ("conseillers", "mairies"): 280,
    ("cget_2019", "fabriques"): 170,
    ("cget_2019", "osm_coworkings"): 150,
    ("france_services", "mairies"): 150,
    ("libraries", "paris_wifi"): 110,
    ("osm_libraries", "paris_wifi"): 90,
    ("conseillers", "france_services"): 130,
    ("hotels", "hotels"): 170,
    ("libraries", "mairies"): 110,
    ("france_services", "libraries"): 100,
    ("cget_2019", "conseillers"): 90,
    ("bretagne", "cget_2019"): 110,
    ("cget_2019", "cget_2019"): 130,
    ("conseillers", "libraries"): 80,
    ("libraries", "libraries"): 90,
    ("mairies", "mairies"): 80,
    ("mairies", "paris_wifi"): 50,
    ("conseillers", "conseillers"): 50,
    ("conseillers", "fabriques"): 70,
    ("fabriques", "manufactures"): 50,
    ("cget_2019", "manufactures"): 40,
    ("cget_2019", "hotels"): 30,
    ("cget_2019", "libraries"): 40,
    ("cget_2019", "france_services"): 40,
    ("cget_2019", "mairies"): 40,
    ("hotels", "osm_cafes"): 40,
    ("osm_cafes", "osm_coworkings"): 50,
    ("osm_cafes", "osm_libraries"): 30,
    ("cget_2019", "osm_cafes"): 40,
    ("france_services", "france_services"): 50,
    ("etapes", "france_services"): 40,
    ("aix", "libraries"): 15,
    ("aix", "mairies"): 10,
    ("aix", "conseillers"): 15,
    ("aix", "aix"): 15,
    ("angers", "libraries"): 20,
    ("angers", "osm_libraries"): 10,
    ("angers", "mairies"): 10,
    ("angers", "conseillers"): 15,
    ("angers", "france_services"): 10,
    ("angers", "angers"): 25,
    ("libraries", "reunion"): 35,
    ("france_services", "reunion"): 30,
    ("mairies", "reunion"): 30,
    ("conseillers", "reunion"): 30,
    ("reunion", "reunion"): 40,
    ("bretagne", "fabriques"): 30,
    ("bretagne", "bretagne"): 30,
    ("nouvelle_caledonie", "nouvelle_caledonie"): 40,
    ("osm_coworkings", "osm_coworkings"): 30,
    ("osm_libraries", "osm_libraries"): 20,
}

SECOND_QUOTAS: dict[tuple[str, str], int] = {
    ("conseillers", "mairies"): 100,
    ("conseillers", "conseillers"): 15,
    ("libraries", "paris_wifi"): 10,
    ("osm_libraries", "paris_wifi"): 15,
    ("mairies", "paris_wifi"): 10,
    ("cget_2019", "hotels"): 6,
    ("cget_2019", "osm_coworkings"): 6,
    ("bretagne", "cget_2019"): 6,
    ("paris_wifi", "paris_wifi"): 25,
    ("osm_cafes", "osm_cafes"): 10,
    ("bretagne", "conseillers"): 6,
    ("bretagne", "libraries"): 8,
    ("angers", "libraries"): 8,
    ("libraries", "osm_libraries"): 12,
}

THIRD_QUOTAS: dict[tuple[str, str], int] = {("conseillers", "mairies"): 64}
ROUNDS = (QUOTAS, SECOND_QUOTAS, THIRD_QUOTAS)
"""The first for breadth; the others where one site often has a row in both lists, so that matches are not too few."""

# Blocks from the most to the least telling, with the share of a quota each may take; a pair belongs to its first block.
SHARES = {
    "same_name": 0.30,
    "phone": 0.12,
    "website": 0.14,
    "address": 0.22,
    "shared_word": 0.14,
    "near": 0.14,
    "namesake_elsewhere": 0.06,
    "nearest": 0.06,
    "chance": 0.03,
}

TELLING = frozenset(("same_name", "phone", "website", "address", "shared_word"))
NEAR_TELLS = frozenset(
    (
        ("conseillers", "mairies"),
        ("libraries", "osm_libraries"),
        ("libraries", "paris_wifi"),
        ("osm_libraries", "paris_wifi"),
    )
)
"""What may fill up a quota. Neighbours only where one site has another name in each of the two lists."""

_COMMON = frozenset(
    (
        "mairie", "commune", "communes", "bibliotheque", "mediatheque", "municipale", "municipal", "france", "services",
        "service", "espace", "maison", "hotel", "cafe", "coworking", "fablab", "centre", "public", "numerique",
        "communaute", "association", "saint", "sainte", "ville", "point", "annexe", "reseau", "intercommunale",
        "intercommunal", "departement", "syndicat", "mixte", "pays", "agglomeration", "tiers", "lieu", "restaurant",
        "quartier", "social", "societe",
    )
)  # fmt: skip
_SIRET = re.compile(r"^\d{14}$")
_PERSON = re.compile(r"^(?:m|mr|mme|mlle|monsieur|madame|mademoiselle)\b\.?\s", re.IGNORECASE)
_PERSON_IN_ADDRESS = re.compile(r",?\s*\b(?:mr|mme|mlle|monsieur|madame|chez)\b\.?\s[^,]*", re.IGNORECASE)
_MOBILE_987 = re.compile(r"^\+687[5-9]")
_PREFIXES = {"0262": "+262", "0269": "+262", "0590": "+590", "0594": "+594", "0596": "+596"}


@dataclass(frozen=True, slots=True)
class Listing:
    """One row of a list as an import reads it, with the cells the blocks look at."""

    source: str
    record: Record
    complement: str
    siret: str

    @property
    def key(self) -> "Key":
        return self.source, self.record.source_key

    def where(self) -> str:
        """The commune, or the postcode where there are no communes."""
        return self.record.insee or self.record.postcode

    def words(self) -> frozenset[str]:
        """The words of the name that are neither those of its kind nor its commune's."""
        own = {word for word in fold(self.record.name).split() if len(word) > 3}
        return frozenset(own - _COMMON - set(fold(self.record.commune).split()))


Key = tuple[str, str]
Pair = tuple[Listing, Listing]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Two listings to be compared and the block that brought them together."""

    identity: str
    block: str
    first: Listing
    second: Listing

    def is_presentable(self) -> bool:
        """Whether both rows have a name, and not a person's (the register writes "SURNAME*FIRST NAME/")."""
        names = (self.first.record.name, self.second.record.name)
        return all(any(map(str.isalpha, name)) and "*" not in name for name in names)


def listings_of(source: str, path: Path, areas: Areas) -> list[Listing]:
    """The rows of a list that make places, in order; repeated keys get the mark an import gives them."""
    table = read(path)
    mapping: Mapping = parse(DECLARED[source], source) if source in DECLARED else understand(table)
    seen: Counter[str] = Counter()
    found = []
    for record in prepare(table, mapping, areas, Choices()):
        if record.rejection is not None or _PERSON.match(record.name):
            continue
        seen[record.source_key] += 1
        record.source_key = nth_key(record.source_key, seen[record.source_key])
        complement = record.raw.get("complement_adresse", "")
        sirets = (record.raw.get(column, "") for column in ("siret", "SIRET", "pivot", "ref:FR:SIRET"))
        siret = next((value for value in sirets if _SIRET.match(value)), "")
        found.append(Listing(source, record, complement, siret))
    return found


def _groups(rows: Iterable[Listing], key: Callable[[Listing], Iterable[str]]) -> dict[str, list[Listing]]:
    groups: dict[str, list[Listing]] = defaultdict(list)
    for row in rows:
        for value in key(row):
            groups[value].append(row)
    return groups


def _phone(row: Listing) -> list[str]:
    return [row.record.phone] if row.record.phone else []


def _website(row: Listing) -> list[str]:
    site = re.sub(r"^https?://(?:www\.)?", "", row.record.website or "").rstrip("/").lower()
    return [f"{row.where()}|{site}"] if site else []


def _address(row: Listing) -> list[str]:
    said = match_address(row.record.address)
    return [f"{row.where()}|{said}"] if any(map(str.isdigit, said)) else []


def _name(row: Listing) -> list[str]:
    return [f"{row.where()}|{match_name(row.record.name, row.record.kind)}"]


def _word(row: Listing) -> list[str]:
    return [f"{row.where()}|{word}" for word in row.words()]


def _name_alone(row: Listing) -> list[str]:
    return [match_name(row.record.name, row.record.kind)]


def _by_key(a: list[Listing], b: list[Listing], key: Callable[[Listing], Iterable[str]]) -> Iterator[Pair]:
    """Pairs that share a value; groups above 30 rows say nothing (a national site, a call centre)."""
    left = _groups(a, key)
    if a is b:
        for rows in left.values():
            if len(rows) <= 30:
                yield from combinations(rows, 2)
        return
    right = _groups(b, key)
    for value, rows in left.items():
        others = right.get(value, [])
        if others and len(rows) <= 30 and len(others) <= 30:
            yield from product(rows, others)


def _points(rows: list[Listing]) -> np.ndarray:
    lons = np.radians([row.record.lon or 0.0 for row in rows])
    lats = np.radians([row.record.lat or 0.0 for row in rows])
    return 6_371_008.8 * np.column_stack((np.cos(lats) * np.cos(lons), np.cos(lats) * np.sin(lons), np.sin(lats)))


def _near(a: list[Listing], b: list[Listing], nearest: int, limit_m: float) -> Iterator[Pair]:
    """Each row of the shorter list with its nearest of the other, up to `limit_m`."""
    if len(a) > len(b):
        yield from ((first, second) for second, first in _near(b, a, nearest, limit_m))
        return
    far, found = cKDTree(_points(b)).query(_points(a), k=min(nearest + 1, len(b)), distance_upper_bound=limit_m)
    for i, (distances, indices) in enumerate(zip(np.atleast_2d(far), np.atleast_2d(found), strict=True)):
        for distance, j in zip(distances, indices, strict=True):
            if np.isfinite(distance) and a[i] is not b[j]:
                yield a[i], b[j]


def _chance(a: list[Listing], b: list[Listing], rng: random.Random) -> Iterator[Pair]:
    right = _groups(b, lambda row: [row.where()])
    for _ in range(200):
        first = rng.choice(a)
        others = [row for row in right.get(first.where(), []) if row is not first]
        if others:
            yield first, rng.choice(others)


def blocks(a: list[Listing], b: list[Listing], rng: random.Random) -> Iterator[tuple[str, Iterator[Pair]]]:
    """The blocks of two lists (or of one with itself), the most telling first."""
    yield "same_name", _by_key(a, b, _name)
    yield "phone", _by_key(a, b, _phone)
    yield "website", _by_key(a, b, _website)
    yield "address", _by_key(a, b, _address)
    yield "shared_word", _by_key(a, b, _word)
    yield "near", _near(a, b, 3, NEAR_M)
    yield "namesake_elsewhere", _by_key(a, b, _name_alone)
    yield "nearest", _near(a, b, 1, 5_000.0)
    yield "chance", _chance(a, b, rng)


def pair_id(one: Key, other: Key) -> str:
    """The same for the same two listings, whichever comes first."""
    text = "\n".join("\t".join(key) for key in sorted((one, other)))
    return "p" + hashlib.sha256(text.encode()).hexdigest()[:10]


def draw(lists: dict[str, list[Listing]], seed: int) -> list[Drawn]:
    """The pairs of all rounds, each round shuffled; `seed` decides which."""
    used: Counter[Key] = Counter()
    drawn: list[Drawn] = []
    for i, quotas in enumerate(ROUNDS):
        known = frozenset(item.identity for item in drawn)
        most = MOST_PER_LISTING if i == 0 else 2 * MOST_PER_LISTING
        drawn += _round(lists, quotas, random.Random(seed + i), used, most, known)
    return drawn


def _round(
    lists: dict[str, list[Listing]],
    quotas: dict[tuple[str, str], int],
    rng: random.Random,
    used: Counter[Key],
    most: int,
    known: frozenset[str],
) -> list[Drawn]:
    """Fills the quotas block by block, then what is left of them from the telling blocks."""
    drawn = []
    for names, quota in quotas.items():
        a, b = (lists[name] for name in names)
        seen = set(known)
        spare: list[Drawn] = []
        taken: list[Drawn] = []
        for block, pairs in blocks(a, b, rng):
            fresh = _fresh(block, pairs, seen)
            fresh.sort(key=lambda item: item.identity)
            rng.shuffle(fresh)
            taken += _take(fresh, max(1, round(SHARES[block] * quota)), used, most)
            if block in TELLING or (block == "near" and names in NEAR_TELLS):
                spare += fresh
        rng.shuffle(spare)
        got = {item.identity for item in taken}
        taken += _take([item for item in spare if item.identity not in got], quota - len(taken), used, most)
        drawn += taken[:quota]
    rng.shuffle(drawn)
    return drawn


def _fresh(block: str, pairs: Iterable[Pair], seen: set[str]) -> list[Drawn]:
    """The pairs of a block that no block before it had."""
    found = []
    for first, second in pairs:
        identity = pair_id(first.key, second.key)
        if first.key != second.key and identity not in seen:
            seen.add(identity)
            found.append(Drawn(identity, block, first, second))
    return found


def _take(pairs: list[Drawn], room: int, used: Counter[Key], most: int) -> list[Drawn]:
    """The first pairs whose listings were not drawn too often."""
    kept: list[Drawn] = []
    for item in pairs:
        if len(kept) >= room:
            break
        if all(used[key] < most for key in (item.first.key, item.second.key)):
            used.update((item.first.key, item.second.key))
            kept.append(item)
    return kept


def phone_e164(said: str | None) -> str:
    """ "02 40 12 34 56" as "+33240123456"; short numbers and mobiles are left out."""
    digits = re.sub(r"[^\d+]", "", said or "")
    if digits.startswith("+"):
        return "" if _MOBILE_987.match(digits) else digits
    if len(digits) < 10:
        return ""
    return _PREFIXES.get(digits[:4], "+33") + digits[1:]


def listing_row(listing: Listing) -> dict[str, object]:
    """A listing as a line of `listings.csv`. No e-mail is ever kept."""
    record = listing.record
    return {
        "source": listing.source,
        "source_key": record.source_key,
        "name": record.name,
        "kind": str(record.kind),
        "address": _PERSON_IN_ADDRESS.sub("", record.address),
        "complement": listing.complement,
        "postcode": record.postcode,
        "commune": record.commune,
        "insee": record.insee,
        "lon": f"{record.lon:.6f}",
        "lat": f"{record.lat:.6f}",
        "precision": str(record.precision),
        "expected_m": f"{record.expected_m:.0f}" if record.precision == Precision.COMMUNE else "0",
        "hours": record.hours or "",
        "capacity": "" if record.capacity is None else record.capacity,
        "phone": phone_e164(record.phone),
        "email": "",
        "website": record.website or "",
        "siret": listing.siret,
        "checked_on": record.checked_on.isoformat() if record.checked_on else "",
    }


def write(path: Path, columns: Iterable[str], rows: Iterable[Dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, tuple(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run_draw(folder: Path, out: Path, seed: int) -> None:
    areas = Areas.load(ROOT / "data")
    paths = {name: ROOT / "data" / "lists" / file for name, file in IN_REPOSITORY.items()}
    paths |= {name: folder / file for name, file in ELSEWHERE.items()}
    lists = {name: listings_of(name, path, areas) for name, path in paths.items()}
    drawn = [item for item in draw(lists, seed) if item.is_presentable()]
    out.mkdir(parents=True, exist_ok=True)
    known = {row.key: row for item in drawn for row in (item.first, item.second)}
    write(out / "candidate_listings.csv", LISTING_COLUMNS, (listing_row(known[key]) for key in sorted(known)))
    write(
        out / "candidates.csv",
        ("pair_id", "stratum", "list_a", "key_a", "list_b", "key_b", "distance_m"),
        (
            {
                "pair_id": item.identity,
                "stratum": item.block,
                "list_a": item.first.source,
                "key_a": item.first.record.source_key,
                "list_b": item.second.source,
                "key_b": item.second.record.source_key,
                "distance_m": _distance(item.first.record, item.second.record),
            }
            for item in drawn
        ),
    )


def _distance(one: Record, other: Record) -> int:
    return round(haversine_m(one.lon or 0.0, one.lat or 0.0, other.lon or 0.0, other.lat or 0.0))


def components(pairs: Iterable[dict[str, str]]) -> list[list[dict[str, str]]]:
    """Pairs that hang together by their listings, largest groups first."""
    root: dict[Key, Key] = {}

    def top(key: Key) -> Key:
        root.setdefault(key, key)
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    rows = list(pairs)
    for row in rows:
        root[top((row["list_a"], row["key_a"]))] = top((row["list_b"], row["key_b"]))
    groups: dict[Key, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        groups[top((row["list_a"], row["key_a"]))].append(row)
    return sorted(groups.values(), key=lambda group: (-len(group), min(row["pair_id"] for row in group)))


def split(pairs: Iterable[dict[str, str]]) -> dict[str, str]:
    """{pair id: "train" or "held_out"}: whole components, half of every pair of lists and label on each side."""
    weight: Counter[tuple[str, str, str, str]] = Counter()
    total: Counter[str] = Counter()
    sides: dict[str, str] = {}
    for group in components(pairs):
        kinds = [(row["list_a"], row["list_b"], row["label"]) for row in group]
        load = {side: sum(weight[side, *kind] for kind in kinds) for side in ("train", "held_out")}
        side = min(load, key=lambda name: (load[name], total[name], name))
        total[side] += len(group)
        for row, kind in zip(group, kinds, strict=True):
            weight[side, *kind] += 1
            sides[row["pair_id"]] = side
    return sides


def run_assemble(drawn: Path, labels: Path, out: Path) -> None:
    """Writes the set from what was drawn and a CSV of `pair_id, code`. Raises KeyError for an unknown code."""
    codes = {row["pair_id"]: row["code"] for row in rows_of(labels)}
    rows = [row for row in rows_of(drawn / "candidates.csv") if row["pair_id"] in codes]
    for row in rows:
        row["label"], row["tag"] = CODES[codes[row["pair_id"]]]
        row.pop("distance_m")
    rows.sort(key=lambda row: row["pair_id"])
    decided = [row for row in rows if row["label"] != "unsure"]
    sides = split(decided)
    for row in rows:
        row["split"] = sides.get(row["pair_id"], "")
    write(out / "pairs.csv", PAIR_COLUMNS, decided)
    write(
        out / "unsure.csv",
        PAIR_COLUMNS[:6],
        ({name: row[name] for name in PAIR_COLUMNS[:6]} for row in rows if not row["split"]),
    )
    named = {(row[f"list_{side}"], row[f"key_{side}"]) for row in rows for side in "ab"}
    listings = [row for row in rows_of(drawn / "candidate_listings.csv") if (row["source"], row["source_key"]) in named]
    write(out / "listings.csv", LISTING_COLUMNS, listings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw", help="draw pairs to be labelled")
    drawing.add_argument("--lists", type=Path, required=True, help="folder of the public downloads")
    drawing.add_argument("--out", type=Path, required=True)
    drawing.add_argument("--seed", type=int, default=SEED)
    assembling = commands.add_parser("assemble", help="put the labelled pairs together")
    assembling.add_argument("--from", type=Path, required=True, dest="drawn", help="folder that `draw` wrote")
    assembling.add_argument("--labels", type=Path, required=True, help="CSV of pair_id, code (see the guideline)")
    assembling.add_argument("--out", type=Path, default=ROOT / "tests" / "data" / "pairs")
    said = parser.parse_args()
    if said.command == "draw":
        run_draw(said.lists, said.out, said.seed)
    else:
        run_assemble(said.drawn, said.labels, said.out)


if __name__ == "__main__":
    main()
