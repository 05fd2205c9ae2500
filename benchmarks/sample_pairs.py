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
from collections import Counter, defaultdict
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pair_blocks import Pair, blocks
from benchmarks.pair_lists import LISTING_COLUMNS, ROOT, Key, Listing, listing_row, read_lists
from geo.spatial.distance import haversine_m
from ingest.rows.record import Record

SEED = 20261125
MOST_PER_LISTING = 3
"""Pairs a listing may be in: beyond, components grow and the split could not be even."""

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

THIRD_QUOTAS: dict[tuple[str, str], int] = {("conseillers", "mairies"): 84}
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


def write(path: Path, columns: Iterable[str], rows: Iterable[Dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, tuple(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run_draw(folder: Path, out: Path, seed: int) -> None:
    """Writes what is to be labelled: the pairs and their listings."""
    drawn = [item for item in draw(read_lists(folder), seed) if item.is_presentable()]
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
