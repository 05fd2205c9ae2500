"""A small seeded world, as lists of plain rows: crowded Paris, empty Lozère, islands, the antimeridian, ties, gaps."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from geo.store.frames import BUSY, COMMUNITIES, MEMBERSHIPS, PLACES, SPACES
from geo.types import Amenity, PlaceKind, Point, SpaceKind
from matching.query.query import Mode, Preset, Query, Window
from matching.snapshot.index_input import IndexInput

AS_OF = datetime(2026, 10, 5, 10, 20, tzinfo=UTC)
"""63 days from here include the end of summer time and two public holidays."""
NOW = datetime(2026, 10, 5, 10, 40, tzinfo=UTC)
FIRST_SLOT = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp()) // 1800
SLOTS = 63 * 48

Row = dict[str, Any]

# name, lon, lat, spread in degrees, places, INSEE code, time zone
REGIONS = [
    ("Paris", 2.35, 48.86, 0.09, 800, "75111", "Europe/Paris"),
    ("Nantes", -1.55, 47.22, 0.12, 260, "44109", "Europe/Paris"),
    ("Strasbourg", 7.75, 48.58, 0.1, 130, "67482", "Europe/Paris"),
    ("Mende", 3.5, 44.52, 0.45, 60, "48095", "Europe/Paris"),
    ("Saint-Denis", 55.45, -20.9, 0.15, 150, "97411", "Indian/Reunion"),
    ("Les Abymes", -61.5, 16.27, 0.12, 110, "97101", "America/Guadeloupe"),
    ("Mata-Utu", -176.2, -13.28, 0.08, 40, "98613", "Pacific/Wallis"),
    ("La mer", 179.99, -13.3, 0.2, 60, "", "Pacific/Wallis"),
    # Around one of the twelve pentagons of H3, where cells and their order are irregular.
    ("Pentagone", 58.1577, 10.4473, 0.1, 60, "", "Indian/Reunion"),
]
HOURS = [
    "Mo-Fr 09:00-12:00,14:00-18:00",
    "Mo-Fr 08:30-17:15",
    "Mo-Sa 08:00-20:00; PH off",
    "24/7",
    "Tu,Th 10:00-12:30; Sa 09:00-12:00",
    "Mo-Fr 18:00-23:30",
    "Fr 18:00-02:00",
    "Mo-Fr 09:00-18:00; PH 10:00-12:00",
    None,
]
COMMUNITY_ROWS: list[Row] = [
    {
        "slug": "alpha",
        "name": "Alpha",
        "sharing": "network",
        "partners": ["beta", "nobody"],
        "values": ["entraide", "numérique"],
        "words": "Des mairies ouvrent une salle au bourg.",
    },
    {
        "slug": "beta",
        "name": "Bêta",
        "sharing": "partners",
        "partners": ["alpha", "gamma"],
        "values": ["confiance"],
        "words": "Un assureur prête ses salons, au calme.",
    },
    {
        "slug": "delta",
        "name": "Delta",
        "sharing": "network",
        "partners": [],
        "values": ["entraide", "bourg"],
        "words": "Le bourg, la mairie, l'entraide.",
    },
    {
        "slug": "gamma",
        "name": "Gamma",
        "sharing": "private",
        "partners": [],
        "values": ["numérique", "création"],
        "words": "Espaces de création numérique, café et entraide.",
    },
    {"slug": "mute", "name": "Muette", "sharing": "network", "partners": [], "values": [], "words": ""},
]
# Enough members in common (alpha, delta), too few (alpha, gamma), members without words (mute), no members (beta).
MEMBERSHIP_ROWS: list[Row] = [
    {"community": slug, "member": f"member {number}"}
    for slug, numbers in (
        ("alpha", range(12)),
        ("delta", range(5, 40)),
        ("gamma", range(10, 12)),
        ("mute", range(9, 30)),
    )
    for number in numbers
]


def frame(rows: list[Row], schema: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema))


class World:
    """Rows of the tables; `input()` gives them, or those of some places, as an IndexInput."""

    def __init__(self, seed: int = 7, scale: float = 1.0, regions: Sequence[tuple[Any, ...]] = REGIONS) -> None:
        # Ids are never reused, even if rows are removed.
        self.last_place_id, self.last_space_id = 997, 48
        self.random = random.Random(seed)
        self.places: list[Row] = []
        self.spaces: list[Row] = []
        self.busy: list[Row] = []
        self.communities = COMMUNITY_ROWS
        for region in regions:
            for _ in range(max(2, int(region[4] * scale))):
                self._place(region)
        self._duplicates(int(40 * scale) + 2)

    def input(self, place_ids: set[int] | None = None) -> IndexInput:
        spaces = [row for row in self.spaces if place_ids is None or row["place_id"] in place_ids]
        space_ids = {row["space_id"] for row in spaces}
        return IndexInput(
            places=frame([row for row in self.places if place_ids is None or row["place_id"] in place_ids], PLACES),
            spaces=frame(spaces, SPACES),
            busy=frame([row for row in self.busy if row["space_id"] in space_ids], BUSY),
            communities=frame(self.communities, COMMUNITIES),
            memberships=frame(MEMBERSHIP_ROWS, MEMBERSHIPS),
            revision=5,
        )

    def _amenities(self, odds: float) -> str:
        rng = self.random
        described = [amenity for amenity in Amenity if rng.random() < odds]
        return json.dumps({amenity.value: rng.choice(["yes", "yes", "no"]) for amenity in described})

    def _slugs(self, odds: float) -> list[str]:
        if self.random.random() > odds:
            return []
        slugs = [row["slug"] for row in self.communities] + ["stranger"]
        return self.random.sample(slugs, self.random.choice([1, 1, 1, 2, 3]))

    def _next_place_id(self) -> int:
        self.last_place_id += 3
        return self.last_place_id

    def _next_space_id(self) -> int:
        self.last_space_id += 2
        return self.last_space_id

    def _place(self, region: tuple[Any, ...]) -> Row:
        rng, (name, lon, lat, spread, _, insee, zone) = self.random, region
        at = lon + rng.gauss(0, spread / 2)
        commune_only = rng.random() < 0.08
        row = {
            "place_id": self._next_place_id(),
            "name": f"Lieu « {len(self.places)} »",
            "kind": rng.choice(list(PlaceKind)).value,
            "status": rng.choices(["offered", "candidate", "closed"], [62, 34, 4])[0],
            "address": rng.choice(["", f"{len(self.places)} rue d'Été"]),
            "postcode": insee,
            "commune": name,
            "insee": insee,
            "lon": (at + 180) % 360 - 180,
            "lat": lat + rng.gauss(0, spread / 2),
            "precision": "commune" if commune_only else "exact",
            "expected_m": rng.uniform(300, 4000) if commune_only else 0.0,
            "time_zone": zone,
            "opening_hours": rng.choice(HOURS),
            "amenities": self._amenities(0.55),
            "phone": rng.choice([None, "02 40 00 00 00"]),
            "website": rng.choice([None, "", "https://exemple.fr"]),
            "checked_on": rng.choice([None, date(2026, 9, 1), date(2025, 9, 1) - timedelta(rng.randrange(600))]),
            "communities": self._slugs(0.2),
            "demo": rng.random() < 0.5,
        }
        self.places.append(row)
        if row["status"] != "candidate" or rng.random() < 0.1:
            for _ in range(rng.choice([1, 1, 1, 2, 3, 4, 7])):
                self._space(row)
        return row

    def _space(self, place: Row) -> None:
        rng = self.random
        space_id = self._next_space_id()
        seats = rng.choice([1, 1, 2, 4, 6, 8, 12, 40, 150])
        row = {
            "space_id": space_id,
            "place_id": place["place_id"],
            "kind": rng.choice(list(SpaceKind)).value,
            "name": f"Salle {len(self.spaces)}",
            "seats": seats,
            "price_half_day_cents": rng.choice([None, 0, 300, 600, 1200, 1500, 4000]),
            "member_price_half_day_cents": rng.choice([None, None, 0, 200, 900]),
            "opening_hours": rng.choice([None, None, *HOURS]),
            "amenities": self._amenities(0.15),
            "communities": self._slugs(0.6),
            "demo": place["demo"],
        }
        self.spaces.append(row)
        ledger: dict[int, int] = {}
        for _ in range(rng.choice([0, 0, 2, 6, 20])):
            day = rng.choice([0, 1, 2, 7, 15, 20, 40, 61, rng.randrange(63)])
            start = FIRST_SLOT + 48 * day + rng.randrange(-20, 40)
            seats_taken = rng.randint(1, seats)
            for slot in range(start, start + rng.randint(1, 12)):
                ledger.setdefault(slot, seats_taken)
        self.busy += [
            {"space_id": space_id, "slot": slot, "seats_taken": seats_taken} for slot, seats_taken in ledger.items()
        ]

    def _duplicates(self, count: int) -> None:
        """Copies of places that differ only in their ids: ties that only the ids can break."""
        offered = [row for row in self.places if row["status"] == "offered"]
        for original in self.random.sample(offered, min(count, len(offered))):
            duplicate = {**original, "place_id": self._next_place_id()}
            self.places.append(duplicate)
            for space in [row for row in self.spaces if row["place_id"] == original["place_id"]]:
                for _ in range(2):
                    self.spaces.append({**space, "space_id": self._next_space_id(), "place_id": duplicate["place_id"]})


def query_from(rng: random.Random) -> Query:
    """A plausible query; most of them have results."""
    name, lon, lat, spread, *_ = rng.choices(REGIONS, [5, 3, 2, 3, 2, 2, 1, 1, 1])[0]
    reach = rng.choice([0.3, 1.0, 2.0])
    at = lon + rng.gauss(0, spread / 2) * reach
    point = Point((at + 180) % 360 - 180, lat + rng.gauss(0, spread / 2) * reach)
    dense = name in {"Paris", "Nantes"}
    radii = [1500.0, 3000.0, 6000.0, 12_000.0] if dense else [5000.0, 20_000.0, 30_000.0, 100_000.0]
    radii = [0.0] if rng.random() < 0.01 else radii
    slugs = [row["slug"] for row in COMMUNITY_ROWS]
    community = rng.choice([None, *slugs, "unheard-of"])
    seats, extra = rng.choice([1, 1, 1, 2, 3, 8]), rng.choice([None, None, None, 0, 3, 20])
    visible = {slug for slug in slugs if rng.random() < 0.6} | ({community} if community in slugs else set())
    return Query(
        point=point,
        windows=(windows := windows_from(rng)),
        most_windows=len(windows) > 1 and rng.random() < 0.6,
        seats=seats,
        max_seats=None if extra is None else seats + extra,
        needs=frozenset(rng.sample(list(Amenity), rng.choice([0, 0, 0, 1, 1, 2]))),
        wishes=frozenset(rng.sample(list(Amenity), rng.choice([0, 0, 1, 2, 4]))),
        kinds=frozenset(rng.sample(list(PlaceKind), 6)) if rng.random() < 0.15 else frozenset(),
        space_kinds=frozenset(rng.sample(list(SpaceKind), 2)) if rng.random() < 0.15 else frozenset(),
        max_price_cents=rng.choice([None, None, None, 0, 600, 1500]),
        community=community,
        visible=frozenset(visible),
        radius_m=rng.choice(radii),
        mode=rng.choice([None, None, *Mode]),
        preset=rng.choice(list(Preset)),
        weights=rng.choice([None, None, None, (("proximity", 3.0), ("trust", 1.0)), (("price", 0.2), ("fit", 0.1))]),
        candidates=rng.random() < 0.25,
        limit=rng.choice([1, 5, 20, 20, 100]),
    )


def windows_from(rng: random.Random) -> tuple[Window, ...]:
    """None, one, or the same hours of several days."""
    if rng.random() < 0.35:
        return ()
    first = window_from(rng)
    if rng.random() < 0.75 or first.stop - first.start > 48:
        return (first,)
    step, last = rng.choice([48, 336]), FIRST_SLOT + SLOTS
    later = [replace(first, start=first.start + step * n, stop=first.stop + step * n) for n in range(1, 9)]
    return (first, *[window for window in later[: rng.choice([1, 3, 8])] if window.stop <= last])


def window_from(rng: random.Random) -> Window:
    now_slot = int(NOW.timestamp()) // 1800
    day = rng.choice([0, 1, 2, 7, 15, 20, 40, 61])
    start = max(now_slot, FIRST_SLOT + 48 * day + rng.randrange(0, 44))
    last = FIRST_SLOT + SLOTS
    if rng.random() < 0.3:
        length = rng.choice([1, 2, 6])
        return Window(start, min(last, start + rng.choice([length, 12, 48, 130])), any_slots=min(length, last - start))
    return Window(start, min(last, start + rng.choice([1, 2, 2, 4, 6, 9])))
