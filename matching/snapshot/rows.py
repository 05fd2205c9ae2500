"""From the input tables to the rows of the index: joined, coded and in their final order."""

import json
from datetime import date

import polars as pl

from geo.spatial.h3_cells import FINEST, cells_of
from geo.types import Amenity, Answer, PlaceKind, PlaceStatus, Precision, SpaceKind
from matching.snapshot.index_input import IndexInput
from matching.snapshot.layout import NONE, UNKNOWN_CENTS
from matching.snapshot.trust_score import trust

SET_SEPARATOR = "\x1f"
FIRST_YEAR = 1970
_BIT = {amenity: 1 << position for position, amenity in enumerate(Amenity)}


def index_rows(source: IndexInput, as_of: date) -> pl.DataFrame:
    """One row per space of an offered place, then one per candidate place, sorted as stored.

    Beside the input's columns: `candidate`, `hours` (the space's, else the place's), `yes`/`no` masks, kind codes,
    `offered_by` (slugs, sorted, joined by SET_SEPARATOR) and `trust`.
    """
    places = source.places.filter(pl.col("status") != PlaceStatus.CLOSED.value)
    cells = cells_of(places["lon"], places["lat"], FINEST)
    places = places.with_columns(pl.Series("cell", cells, dtype=pl.UInt64))
    spaces = source.spaces.rename(
        {
            "kind": "space_kind_word",
            "name": "space_name",
            "opening_hours": "space_hours",
            "amenities": "space_amenities",
            "communities": "space_communities",
            "demo": "space_demo",
        }
    )
    offered = places.filter(pl.col("status") == PlaceStatus.OFFERED.value).join(spaces, on="place_id")
    candidates = places.filter(pl.col("status") == PlaceStatus.CANDIDATE.value)
    rows = pl.concat([offered, candidates], how="diagonal").with_columns(
        candidate=pl.col("space_id").is_null(),
        space_id=pl.col("space_id").fill_null(0),
        hours=pl.coalesce("space_hours", "opening_hours"),
        offered_by=pl.when(pl.col("space_id").is_null())
        .then(pl.col("communities"))
        .otherwise(pl.col("space_communities"))
        .fill_null([])
        .list.unique()
        .list.sort(),
    )
    rows = rows.sort("candidate", "cell", "place_id", "space_id")
    return _with_codes(_with_masks(rows)).with_columns(trust(as_of))


def _with_masks(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `yes` and `no`: the place's amenities, overridden by the space's. JSON is parsed once per distinct text."""
    keys = ["amenities", "space_amenities"]
    distinct = rows.select(keys).unique(maintain_order=True)
    masks = [_masks(place, space) for place, space in distinct.iter_rows()]
    coded = distinct.with_columns(
        pl.Series("yes", [yes for yes, _ in masks], dtype=pl.UInt32),
        pl.Series("no", [no for _, no in masks], dtype=pl.UInt32),
    )
    return rows.join(coded, on=keys, how="left", nulls_equal=True, maintain_order="left")


def _masks(place: str | None, space: str | None) -> tuple[int, int]:
    answers: dict[str, str] = {**json.loads(place or "{}"), **json.loads(space or "{}")}
    yes = sum(_BIT[Amenity(name)] for name, answer in answers.items() if answer == Answer.YES.value)
    no = sum(_BIT[Amenity(name)] for name, answer in answers.items() if answer == Answer.NO.value)
    return yes, no


def _with_codes(rows: pl.DataFrame) -> pl.DataFrame:
    kinds = {kind.value: code for code, kind in enumerate(PlaceKind)}
    precisions = {precision.value: code for code, precision in enumerate(Precision)}
    space_kinds = {kind.value: code for code, kind in enumerate(SpaceKind)}
    return rows.with_columns(
        kind_code=pl.col("kind").replace_strict(kinds, return_dtype=pl.UInt8),
        space_kind_code=pl.col("space_kind_word")
        .replace_strict(space_kinds, default=None, return_dtype=pl.UInt8)
        .fill_null(NONE),
        precision_code=pl.col("precision").replace_strict(precisions, return_dtype=pl.UInt8),
        checked_year=(pl.col("checked_on").dt.year() - FIRST_YEAR).clip(0, 255).fill_null(0).cast(pl.UInt8),
        price=pl.col("price_half_day_cents").fill_null(UNKNOWN_CENTS),
        member_price=pl.col("member_price_half_day_cents").fill_null(UNKNOWN_CENTS),
        seats=pl.col("seats").fill_null(0),
        # Rounded here as distances are at the end: the larger of two rounded numbers is the larger one, rounded.
        expected_dm=(pl.col("expected_m") * 10).round(0, mode="half_to_even").cast(pl.Int32),
        offered_key=pl.col("offered_by").list.join(SET_SEPARATOR),
    )
