"""Renders the part of results that does not depend on the query: a GeoJSON feature per row, in a file of their own.

Its properties: place_id, space_id, name, kind, status, address, postcode, commune, insee, precision, time_zone,
opening_hours (the space's, else the place's), amenities {name: yes | no | unknown, all of them}, phone, website,
checked_on (ISO date or null), demo, space: null for a candidate, else {id, kind, name, seats, price_half_day_cents,
member_price_half_day_cents, demo}.

Which communities offer it depends on who asks: see `matching.search.audience`.
"""

import numpy as np
import polars as pl

from geo.types import Amenity, Answer
from matching.snapshot.rendered_features import Facts


def render(rows: pl.DataFrame) -> Facts:
    """The facts of all index rows, in their order."""
    texts = rows.select(_feature().struct.json_encode().alias("json"))["json"]
    if texts.is_empty():
        return Facts(np.zeros(1, np.int64), np.zeros(0, np.uint8))
    # Arrow keeps strings as just that: where each begins, and all of them in one piece.
    strings = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = strings.buffers()
    start = np.frombuffer(offsets, np.int64)[strings.offset : strings.offset + len(strings) + 1]
    return Facts(start - start[0], np.frombuffer(content, np.uint8)[start[0] : start[-1]])


def _feature() -> pl.Expr:
    space = pl.struct(
        pl.col("space_id").alias("id"),
        pl.col("space_kind_word").alias("kind"),
        pl.col("space_name").alias("name"),
        "seats",
        "price_half_day_cents",
        "member_price_half_day_cents",
        pl.col("space_demo").alias("demo"),
    )
    properties = pl.struct(
        "place_id",
        pl.when(~pl.col("candidate")).then(pl.col("space_id")).otherwise(None).alias("space_id"),
        "name",
        "kind",
        "status",
        "address",
        "postcode",
        "commune",
        "insee",
        "precision",
        "time_zone",
        pl.col("hours").alias("opening_hours"),
        pl.struct(_answer(bit, amenity) for bit, amenity in enumerate(Amenity)).alias("amenities"),
        "phone",
        "website",
        pl.col("checked_on").cast(pl.String),
        "demo",
        pl.when(~pl.col("candidate")).then(space).otherwise(None).alias("space"),
    )
    return pl.struct(
        pl.lit("Feature").alias("type"),
        pl.col("place_id").alias("id"),
        pl.struct(pl.lit("Point").alias("type"), pl.concat_list("lon", "lat").alias("coordinates")).alias("geometry"),
        properties.alias("properties"),
    )


def _answer(bit: int, amenity: Amenity) -> pl.Expr:
    mask = pl.lit(1 << bit, pl.UInt32)
    return (
        pl.when((pl.col("yes") & mask) > 0)
        .then(pl.lit(Answer.YES.value))
        .when((pl.col("no") & mask) > 0)
        .then(pl.lit(Answer.NO.value))
        .otherwise(pl.lit(Answer.UNKNOWN.value))
        .alias(amenity.value)
    )
