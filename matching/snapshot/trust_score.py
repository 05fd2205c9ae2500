"""How reliable the facts of a place are: freshness times completeness, each in [0, 1].

Freshness: 1 while the facts were checked less than 183 days before the index was built, 0 from 730 days on, a straight
line between; 0.4 when that date is unknown. Completeness: the share of six facts that are known:
address, position better than the commune, opening hours, phone or website, price, and at least three amenities (yes
or no).
"""

from datetime import date

import polars as pl

from geo.types import Precision

FRESH_DAYS = 183
STALE_DAYS = 730
UNKNOWN_FRESHNESS = 0.4
KNOWN_AMENITIES = 3


def _is_known(column: str) -> pl.Expr:
    return pl.col(column).fill_null("").str.strip_chars().str.len_chars() > 0


def _divided(whole: pl.Expr, by: int) -> pl.Expr:
    """Division that rounds alike for one row and for many: polars divides one, and multiplies many by a reciprocal. A
    place must have the same trust in the snapshot and in an overlay."""
    return whole.map_batches(lambda values: pl.Series(values.to_numpy() / by), return_dtype=pl.Float64)


def trust(as_of: date) -> pl.Expr:
    """Expression over index rows: trust in [0, 1]."""
    age = (pl.lit(as_of) - pl.col("checked_on")).dt.total_days()
    span = STALE_DAYS - FRESH_DAYS
    share = _divided((STALE_DAYS - age).clip(0, span).fill_null(0), span)
    freshness = pl.when(age.is_null()).then(UNKNOWN_FRESHNESS).otherwise(share)
    facts = [
        _is_known("address"),
        pl.col("precision") != Precision.COMMUNE.value,
        _is_known("hours"),
        _is_known("phone") | _is_known("website"),
        pl.col("price_half_day_cents").is_not_null(),
        (pl.col("yes") | pl.col("no")).bitwise_count_ones() >= KNOWN_AMENITIES,
    ]
    completeness = _divided(pl.sum_horizontal(fact.cast(pl.Int32) for fact in facts), len(facts))
    return (freshness * completeness).alias("trust")
