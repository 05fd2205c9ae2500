"""A France of bookable spaces, of any size, drawn from a seed: spaces lie where people live.

Spaces are spread over communes by population and around each commune's centre by its area; a place has one to five of
them. Amenities are known for half of the places, prices for two thirds; seven spaces in ten have a booking in the days
to come. Nothing is read from a store: the same seed gives the same world everywhere.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.reference.communes import Areas
from geo.types import Amenity, PlaceKind, SpaceKind
from matching.snapshot.index_input import IndexInput
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY, first_slot_of

AS_OF = datetime(2026, 11, 23, 5, tzinfo=UTC)
SPACES_OF_PLACE = (0.55, 0.25, 0.12, 0.05, 0.03)
HOURS = (
    "Mo-Fr 09:00-12:00,14:00-18:00",
    "Mo-Fr 08:30-17:30",
    "Mo-Sa 08:00-20:00; PH off",
    "24/7",
    "Tu,Th 10:00-12:30; Sa 09:00-12:00",
    "Mo,We,Fr 09:00-17:00",
    "Mo-Fr 08:00-19:00; Sa 09:00-13:00",
    "Mo-Fr 09:00-12:30,13:30-17:00",
)
HOURS_SHARE = (0.26, 0.18, 0.12, 0.05, 0.09, 0.08, 0.12, 0.10)
KIND_SHARE = {
    PlaceKind.COWORKING: 0.06, PlaceKind.COMPANY: 0.18, PlaceKind.ASSOCIATION: 0.12, PlaceKind.HOTEL: 0.10,
    PlaceKind.MAIRIE: 0.18, PlaceKind.PUBLIC_BODY: 0.08, PlaceKind.LIBRARY: 0.12, PlaceKind.FRANCE_SERVICES: 0.02,
    PlaceKind.STATION: 0.02, PlaceKind.CAFE: 0.06, PlaceKind.EDUCATION: 0.03, PlaceKind.FABLAB: 0.01,
    PlaceKind.OTHER: 0.02,
}  # fmt: skip
COMMUNITIES = 40
PUBLIC_SHARE = 0.5
BOOKED_SHARE = 0.7
KNOWN_SHARE = 0.5
YES_SHARE = 0.6
M_PER_DEGREE = 111_195.0

Random = np.random.Generator


def build_world(areas: Areas, spaces: int, seed: int = 7, as_of: datetime = AS_OF) -> IndexInput:
    """Tables of a world with exactly `spaces` spaces, whose bookings begin on the day of `as_of`."""
    random = np.random.default_rng(seed)
    sizes = random.choice(np.arange(1, 6), spaces, p=SPACES_OF_PLACE)
    places = int(np.searchsorted(np.cumsum(sizes), spaces)) + 1
    sizes = sizes[:places]
    sizes[-1] -= int(sizes.sum()) - spaces
    place_ids = np.arange(1, places + 1)
    communities = [f"c{number:02}" for number in range(COMMUNITIES)]
    offered_by = _draw_communities(random, places, communities)
    space_table = _spaces(random, np.repeat(place_ids, sizes), offered_by)
    return IndexInput(
        _places(random, areas, place_ids, offered_by, as_of),
        space_table,
        _busy(random, space_table, as_of),
        _communities(communities),
    )


def _places(
    random: Random, areas: Areas, place_ids: npt.NDArray[np.int64], offered_by: pl.Series, as_of: datetime
) -> pl.DataFrame:
    communes = [commune for commune in areas.communes if commune.kind == "COM" and commune.population > 0]
    people = np.array([commune.population for commune in communes], np.float64)
    commune_of = random.choice(len(communes), len(place_ids), p=people / people.sum())
    lon, lat, area = (np.array([getattr(commune, name) for commune in communes]) for name in ("lon", "lat", "area_km2"))
    reach_m = np.sqrt(area[commune_of] * 1e6 / np.pi) * np.sqrt(random.random(len(commune_of)))
    angle = random.random(len(commune_of)) * 2 * np.pi
    north, east = reach_m * np.sin(angle), reach_m * np.cos(angle)
    zones = pl.Series([areas.time_zone(commune.insee) for commune in communes])
    insee = pl.Series([commune.insee for commune in communes])
    checked = np.array([as_of.date() - timedelta(days=days) for days in range(0, 1_000, 10)], dtype="datetime64[D]")
    count = len(place_ids)
    return pl.DataFrame(
        {
            "place_id": place_ids,
            "name": pl.select(pl.format("Lieu {}", pl.Series(place_ids))).to_series(),
            "kind": _draw(random, list(KIND_SHARE), list(KIND_SHARE.values()), count),
            "status": pl.repeat("offered", count, eager=True),
            "address": pl.select(pl.format("{} rue de la Paix", pl.Series(random.integers(1, 200, count)))).to_series(),
            "postcode": insee.gather(commune_of),
            "commune": insee.gather(commune_of),
            "insee": insee.gather(commune_of),
            "lon": lon[commune_of] + east / (M_PER_DEGREE * np.cos(np.radians(lat[commune_of]))),
            "lat": lat[commune_of] + north / M_PER_DEGREE,
            "precision": _draw(random, ["exact", "street"], [0.9, 0.1], count),
            "expected_m": np.zeros(count),
            "time_zone": zones.gather(commune_of),
            "opening_hours": _draw(random, HOURS, HOURS_SHARE, count),
            "amenities": _amenities(random, count),
            "phone": pl.repeat("+33123456789", count, eager=True),
            "website": pl.repeat(None, count, dtype=pl.String, eager=True),
            "checked_on": checked[random.integers(0, len(checked), count)],
            "communities": offered_by,
            "demo": pl.repeat(False, count, eager=True),
        }
    )


def _spaces(random: Random, place_of: npt.NDArray[np.int64], offered_by: pl.Series) -> pl.DataFrame:
    count = len(place_of)
    seats = random.choice([1, 2, 4, 6, 8, 12, 20, 40], count, p=[0.2, 0.2, 0.2, 0.14, 0.1, 0.08, 0.05, 0.03])
    price = random.choice([0, 500, 800, 1000, 1250, 1500, 2000, 3000, 6000], count)
    has_price = random.random(count) < 2 / 3
    cents = pl.Series(price.astype(np.int32))
    member = pl.Series((price * 4 // 5).astype(np.int32))
    has_member_price = random.random(count) < 1 / 3
    return pl.DataFrame(
        {
            "space_id": np.arange(1, count + 1),
            "place_id": place_of,
            "kind": _draw(random, list(SpaceKind), [0.4, 0.2, 0.2, 0.15, 0.05], count),
            "name": pl.select(pl.format("Salle {}", pl.Series(np.arange(1, count + 1)))).to_series(),
            "seats": seats.astype(np.int32),
            "price_half_day_cents": cents.set(pl.Series(~has_price), None),
            "member_price_half_day_cents": member.set(pl.Series(~has_price | ~has_member_price), None),
            "opening_hours": pl.repeat(None, count, dtype=pl.String, eager=True),
            "amenities": pl.repeat("{}", count, eager=True),
            "communities": offered_by.gather(place_of - 1),
            "demo": pl.repeat(False, count, eager=True),
        }
    )


def _busy(random: Random, spaces: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Bookings by day, of two to eight hours, of one seat or of all seats."""
    booked_rows = np.flatnonzero(random.random(spaces.height) < BOOKED_SHARE)
    day = random.integers(0, DAYS, len(booked_rows))
    begin = random.integers(14, 28, len(booked_rows))
    length = random.integers(4, 17, len(booked_rows))
    seats = spaces["seats"].to_numpy()[booked_rows]
    seats_taken = np.where(random.random(len(booked_rows)) < 0.5, seats, 1)
    first = first_slot_of(as_of.date()) + day * SLOTS_PER_DAY + begin
    booking_of = np.repeat(np.arange(len(booked_rows)), length)
    offset = np.arange(len(booking_of)) - np.repeat(np.cumsum(length) - length, length)
    return pl.DataFrame(
        {
            "space_id": spaces["space_id"].to_numpy()[booked_rows][booking_of],
            "slot": first[booking_of] + offset,
            "seats_taken": seats_taken[booking_of].astype(np.int32),
        }
    )


def _communities(slugs: list[str]) -> pl.DataFrame:
    """Communities with three partners each."""
    partners = [[slugs[(number + step) % len(slugs)] for step in (1, 5, 11)] for number in range(len(slugs))]
    return pl.DataFrame(
        {
            "slug": slugs,
            "name": slugs,
            "sharing": ["network"] * len(slugs),
            "partners": partners,
            "values": [[] for _ in slugs],
            "words": [""] * len(slugs),
        },
        schema_overrides={"values": pl.List(pl.String)},
    )


def _draw_communities(random: Random, count: int, slugs: list[str]) -> pl.Series:
    sets = [[], *([slug] for slug in slugs), *([slugs[i], slugs[(i + 7) % len(slugs)]] for i in range(len(slugs)))]
    which = np.where(random.random(count) < PUBLIC_SHARE, 0, random.integers(1, len(sets), count))
    return pl.Series(sets, dtype=pl.List(pl.String)).gather(which)


def _amenities(random: Random, count: int) -> pl.Series:
    """Answers of places: one of a thousand sets, because real lists repeat themselves."""
    texts = ["{}"]
    for _ in range(1_000):
        answered = [amenity for amenity in Amenity if random.random() < 0.6]
        answers = ", ".join(f'"{amenity}": "{"yes" if random.random() < YES_SHARE else "no"}"' for amenity in answered)
        texts.append(f"{{{answers}}}")
    which = np.where(random.random(count) < KNOWN_SHARE, random.integers(1, len(texts), count), 0)
    return pl.Series(texts).gather(which)


def _draw(
    random: Random, words: "list[str] | tuple[str, ...]", shares: "list[float] | tuple[float, ...]", count: int
) -> pl.Series:
    return pl.Series([str(word) for word in words]).gather(random.choice(len(words), count, p=shares))
