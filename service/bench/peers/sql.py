"""The same search as one SQL statement, for peers that are databases.

Tables: `spot` (a row per space), `hours` (per opening pattern and day, 48 half-hours as bits), `busy` (seats taken),
`akin` (per community and set of communities: whether it is one of them, and its affinity). Windows of the mix begin and
end on one UTC day.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from matching.query.query import Query
from matching.query.weights import TERM_NAMES
from matching.search.audience import build_audience
from matching.search.engine import usable_weights
from matching.search.prepared_index import amenity_mask
from matching.snapshot.index_input import IndexInput
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY
from matching.snapshot.open_slots import GeoCalendar, open_tables
from matching.snapshot.rows import index_rows
from matching.snapshot.snapshot import Snapshot

NO_COMMUNITY = -1
"""Number of "no community"."""

STATEMENT = """
WITH near AS (
    SELECT s.place_id, s.space_id, s.seats, s.trust, a.affinity,
        CASE WHEN a.own = 1 AND s.member_cents >= 0 THEN s.member_cents ELSE s.cents END AS cents,
        round(2 * 6371008.8 * asin(sqrt(least_of(1.0,
            pow(sin(radians(s.lat - {lat}) / 2), 2)
            + cos(radians({lat})) * cos(radians(s.lat)) * pow(sin(radians(s.lon - {lon}) / 2), 2)
        ))) * 10) AS dm
    FROM {spots} JOIN hours h ON h.pattern = s.pattern AND h.day = {day}
    JOIN akin a ON a.community = {community} AND a.set_id = s.set_id
    WHERE {within} AND (s.yes & {needs}) = {needs} AND s.seats >= {seats} AND (h.bits & {window}) = {window}
    AND NOT EXISTS (
        SELECT 1 FROM busy b WHERE b.space_id = s.space_id AND b.slot >= {first} AND b.slot < {stop}
        AND s.seats - b.taken < {seats}
    )
), scored AS (
    SELECT place_id, space_id, dm, round((
        {proximity} * pow(2, -dm / 10.0 / 3000.0)
        + {price} * CASE WHEN cents < 0 THEN 0.4 ELSE pow(2, -cents / 1500.0) END
        + {affinity} * affinity
        + {fit} * CASE WHEN seats <= 2 * {seats} THEN 1.0
            ELSE greatest_of(0.2, 1.0 - 0.8 * log10(seats / (2.0 * {seats}))) END
        + {trust} * trust
    ) * 1000000) AS score
    FROM near WHERE dm <= {reach}
), best AS (
    SELECT *, row_number() OVER (PARTITION BY place_id ORDER BY score DESC, dm, space_id) AS nth FROM scored
)
SELECT place_id, space_id, score, dm FROM best WHERE nth = 1 ORDER BY score DESC, dm, place_id LIMIT {limit}
"""


def tables(world: IndexInput, snapshot: Snapshot) -> dict[str, pl.DataFrame]:
    """The four tables."""
    meta, c = snapshot.meta, snapshot.columns
    rows = index_rows(world, meta.as_of.date())
    pattern_of_row, opened = open_tables(rows, GeoCalendar(meta.as_of.date()))
    days = opened.reshape(len(opened), DAYS, SLOTS_PER_DAY).astype(np.int64)
    bits = (days << np.arange(SLOTS_PER_DAY, dtype=np.int64)).sum(axis=2)
    pattern, day = np.indices(bits.shape)
    spot = pl.DataFrame(
        {
            "space_id": c.space_id, "place_id": c.place_id, "lon": c.lon, "lat": c.lat, "yes": c.yes.astype(np.int64),
            "seats": c.seats, "cents": c.price_cents, "member_cents": c.member_price_cents, "set_id": c.set_id,
            "trust": c.trust, "pattern": pattern_of_row,
        }
    )  # fmt: skip
    busy = world.busy.select("space_id", pl.col("slot") - meta.first_slot, pl.col("seats_taken").alias("taken"))
    return {
        "spot": spot,
        "hours": pl.DataFrame({"pattern": pattern.ravel(), "day": day.ravel(), "bits": bits.ravel()}),
        "busy": busy.sort("space_id", "slot"),
        "akin": _akin(snapshot),
    }


def _akin(snapshot: Snapshot) -> pl.DataFrame:
    all_slugs = frozenset(entry.slug for entry in snapshot.meta.communities)
    parts = []
    for number, slug in enumerate([*(entry.slug for entry in snapshot.meta.communities), None]):
        audience = build_audience(slug, all_slugs, snapshot)
        sets = np.arange(len(audience.set_own))
        parts.append(
            pl.DataFrame({"set_id": sets, "own": audience.set_own.astype(np.int64), "affinity": audience.set_affinity})
            .with_columns(community=pl.lit(NO_COMMUNITY if slug is None else number, pl.Int64))
            .select("community", "set_id", "own", "affinity")
        )
    return pl.concat(parts)


def parameters(query: Query, snapshot: Snapshot) -> dict[str, Any]:
    """The parameters of one query that are the same for every database: all but those of the radius."""
    window = query.windows[0] if query.windows else None
    if window is None:
        raise ValueError("the mix always asks for a time")
    first, stop = window.start - snapshot.meta.first_slot, window.stop - snapshot.meta.first_slot
    day = first // SLOTS_PER_DAY
    weights = usable_weights(query, snapshot)
    community = snapshot.community(query.community)
    return {
        **{name: weights.get(name, 0.0) for name in TERM_NAMES if name != "wishes"},
        "lon": query.point.lon,
        "lat": query.point.lat,
        "day": day,
        "community": NO_COMMUNITY if community is None else community,
        "needs": amenity_mask(query.needs),
        "seats": query.seats,
        "window": ((1 << (stop - first)) - 1) << (first - day * SLOTS_PER_DAY),
        "first": first,
        "stop": stop,
        "reach": query.radius_m * 10,
        "limit": query.limit,
    }


def statement(spots: str, within: str, bound: Mapping[str, str], least: str, greatest: str) -> str:
    """The statement in the dialect of a database: source of near spots and its condition, placeholders, names of the
    functions for the smaller and the larger of two values."""
    text = STATEMENT.format(spots=spots, within=within, **bound)
    return text.replace("least_of", least).replace("greatest_of", greatest)


NAMES = (
    *("lon", "lat", "day", "community", "needs", "seats", "window", "first", "stop", "reach", "limit"),
    *("proximity", "price", "affinity", "fit", "trust"),
)
"""Names of the values that `parameters` returns."""
