"""How far what we say of a place can be relied on: freshness times completeness, each in [0, 1].

Freshness: 1 while the facts were checked less than 183 days before the index was built, 0 from 730 days on, a straight
line between; 0.4 when nobody knows when they were checked. Completeness: the share of six facts that are known:
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


def _known(column: str) -> pl.Expr:
    return pl.col(column).fill_null("").str.strip_chars().str.len_chars() > 0


def trust(as_of: date) -> pl.Expr:
    """Expression over index rows: trust in [0, 1]."""
    age = (pl.lit(as_of) - pl.col("checked_on")).dt.total_days()
    fresh = ((STALE_DAYS - age) / (STALE_DAYS - FRESH_DAYS)).clip(0.0, 1.0).fill_null(UNKNOWN_FRESHNESS)
    facts = [
        _known("address"),
        pl.col("precision") != Precision.COMMUNE.value,
        _known("hours"),
        _known("phone") | _known("website"),
        pl.col("price_half_day_cents").is_not_null(),
        (pl.col("yes") | pl.col("no")).bitwise_count_ones() >= KNOWN_AMENITIES,
    ]
    complete = pl.sum_horizontal(fact.cast(pl.Int32) for fact in facts) / len(facts)
    return (fresh * complete).alias("trust")
