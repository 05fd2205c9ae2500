"""The review queue: pairs of listings that a person should decide, and explanations of places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import ColumnElement, Connection, Engine, FromClause, and_, exists, func, or_, select, tuple_

from geo.errors import InvalidInput, Language, NotFound
from geo.store.engine import reading
from geo.store.publication import published_listing
from geo.store.queries import read_place
from geo.store.schema import listing, place_alias
from ingest.journal.tables import decision, listing_pair
from ingest.publication.source_records import SourceRecord, record_of
from ingest.publication.survivorship import compose, ranking
from ingest.resolution import linkage, stored_listings
from ingest.resolution.explanations import PairReason, explain_pairs
from ingest.resolution.verdicts import read_verdicts
from ingest.rows import facts as facts_of
from ingest.rows.facts import Facts

SURELY = 0.95
"""Two listings of one place need no review from this probability on."""
MOST_COMPARED = 30
"""At most so many listings of a place are explained pair by pair."""
_FACTS_SHOWN = ("name", "kind", "address", "postcode", "commune", "phone", "website", "siret", "precision")
_FIELDS = (
    "name",
    "kind",
    "position",
    "address",
    "complement",
    "opening_hours",
    "capacity",
    "phone",
    "email",
    "website",
)
_MORE_FIELDS = ("siret", "parent")


@dataclass(frozen=True, slots=True)
class Listed:
    """A listing as it is shown to a person."""

    key: str
    source: str
    place_id: int
    facts: Facts

    def to_dict(self) -> dict[str, Any]:
        """Its main facts; those it lacks are left out."""
        facts = {name: value for name in _FACTS_SHOWN if (value := getattr(self.facts, name)) not in (None, "")}
        return {"key": self.key, "source": self.source, "place_id": self.place_id, **facts}


@dataclass(frozen=True, slots=True)
class ReviewPair:
    """Two listings, the probability that they are one place, and reasons; `decided`: a person's decision, if any."""

    left: Listed
    right: Listed
    probability: float
    reasons: tuple[PairReason, ...]
    decided: bool | None = None

    @property
    def together(self) -> bool:
        """Whether they are one place now."""
        return self.left.place_id == self.right.place_id

    def to_dict(self, language: Language) -> dict[str, Any]:
        """For `--json` and the API."""
        return {
            "probability": round(self.probability, 3),
            "one_place_now": self.together,
            "decided": self.decided,
            "a": self.left.to_dict(),
            "b": self.right.to_dict(),
            "reasons": [reason.to_dict(language) for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Page:
    """Pairs to decide, and the cursor of the next page (None: this is the last)."""

    pairs: list[ReviewPair]
    next: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a place is composed: its listings, the source of each field, reasons they were joined, former ids."""

    place_id: int
    name: str
    listings: list[Listed]
    fields: dict[str, tuple[str, str | None]]
    pairs: list[ReviewPair]
    aliases: list[int]

    def to_dict(self, language: Language) -> dict[str, Any]:
        """For `--json` and the API. A field without a list was changed by hand."""
        return {
            "place_id": self.place_id,
            "name": self.name,
            "aliases": self.aliases,
            "listings": [listing.to_dict() for listing in self.listings],
            "fields": {name: {"value": value, "source": source} for name, (value, source) in self.fields.items()},
            "pairs": [pair.to_dict(language) for pair in self.pairs],
        }


def uncertain(engine: Engine, limit: int = 20, after: str | None = None, source: str | None = None) -> Page:
    """Pairs without a decision that need one: unclear ones, and likely ones in two places.

    The most uncertain (nearest to the probability from which listings are joined) come first; `after`: `Page.next` of
    the page before. Raises InvalidInput (`after`, `limit`).
    """
    if limit < 1:
        raise InvalidInput(
            field="limit",
            value=limit,
            fr="Le nombre de paires est au moins 1.",
            en="The number of pairs is at least 1.",
        )
    left, right = listing.alias("one"), listing.alias("other")
    distance = func.abs(listing_pair.c.probability - linkage.LINK)
    unclear = or_(listing_pair.c.probability < SURELY, left.c.place_id != right.c.place_id)
    statement = (
        select(listing_pair)
        .join(left, left.c.id == listing_pair.c.listing_a)
        .join(right, right.c.id == listing_pair.c.listing_b)
        .where(unclear, published_listing(left), published_listing(right), ~_is_decided(left, right))
        .where(listing_pair.c.probability >= linkage.REVIEW)
        .order_by(distance, listing_pair.c.listing_a, listing_pair.c.listing_b)
        .limit(limit + 1)
    )
    if source is not None:
        statement = statement.where(or_(left.c.source == source, right.c.source == source))
    if after is not None:
        probability, a, b = _read_cursor(after)
        cursor = (abs(probability - linkage.LINK), a, b)
        statement = statement.where(
            tuple_(distance, listing_pair.c.listing_a, listing_pair.c.listing_b) > tuple_(*cursor)
        )
    with reading(engine) as connection:
        rows = [(row.listing_a, row.listing_b, row.probability) for row in connection.execute(statement)]
        more = len(rows) > limit
        rows = rows[:limit]
        pairs = _review_pairs(connection, rows)
    return Page(pairs, f"{rows[-1][2]!r}:{rows[-1][0]}:{rows[-1][1]}" if more else None)


def explain(engine: Engine, place_id: int) -> Explanation:
    """How a place (or the one that took it over) came to be one. Raises NotFound."""
    record = read_place(engine, place_id)
    if record is None:
        raise NotFound(
            fr=f"Aucun lieu {place_id} ; « placelibre search » montre leurs numéros.",
            en=f"There is no place {place_id}; “placelibre search” shows their numbers.",
        )
    place = record.place
    place_id = int(place["id"])
    with reading(engine) as connection:
        rows = connection.execute(
            select(listing).where(listing.c.place_id == place_id, published_listing()).order_by(listing.c.id)
        ).all()
        records = [record_of(row._mapping) for row in rows]
        members = [_listed(row) for row in rows]
        pairs = _review_pairs(connection, _compared(connection, [row.id for row in rows][:MOST_COMPARED]))
        aliases = connection.execute(
            select(place_alias.c.alias_id).where(place_alias.c.place_id == place_id).order_by(place_alias.c.alias_id)
        ).scalars()
        return Explanation(place_id, str(place["name"]), members, _fields(place, records), pairs, list(aliases))


def _is_decided(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    a, b = (end.c.source + "|" + end.c.source_key for end in (left, right))
    either = or_(and_(decision.c.key_a == a, decision.c.key_b == b), and_(decision.c.key_a == b, decision.c.key_b == a))
    return exists().where(either)


def _read_cursor(after: str) -> tuple[float, int, int]:
    probability, _, ids = after.partition(":")
    try:
        a, b = ids.split(":")
        return float(probability), int(a), int(b)
    except ValueError:
        raise InvalidInput(
            field="after",
            value=after,
            fr=f"« {after} » n'est pas le début d'une page ; reprenez celui que la page précédente donne.",
            en=f"“{after}” is not where a page begins; take the one that the page before gives.",
        ) from None


def _review_pairs(connection: Connection, pairs: Sequence[tuple[int, int, float]]) -> list[ReviewPair]:
    """Pairs of listing ids with their facts and reasons."""
    ids = sorted({i for a, b, _ in pairs for i in (a, b)})
    derived = stored_listings.read_listings(connection, ids)
    at = {listing_id: i for i, listing_id in enumerate(derived["listing"].to_list())}
    left, right = (np.array([at[pair[side]] for pair in pairs], np.int64) for side in (0, 1))
    listed: dict[int, Listed] = {}
    for chunk in stored_listings.chunks(ids):
        listed |= {row.id: _listed(row) for row in connection.execute(select(listing).where(listing.c.id.in_(chunk)))}
    decided = {(v.key_a, v.key_b): v.same for v in read_verdicts(connection)} if pairs else {}
    return [
        ReviewPair(listed[a], listed[b], p, tuple(pair_reasons), decided.get(_in_order(listed[a].key, listed[b].key)))
        for (a, b, p), pair_reasons in zip(pairs, explain_pairs(derived, left, right), strict=True)
    ]


def _listed(row: Any) -> Listed:
    return Listed(f"{row.source}|{row.source_key}", row.source, int(row.place_id), facts_of.decode(row.facts))


def _in_order(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _compared(connection: Connection, ids: Sequence[int]) -> list[tuple[int, int, float]]:
    """Every pair of these listings with its probability, the likeliest first."""
    derived: pl.DataFrame = stored_listings.read_listings(connection, ids)
    order = derived["listing"].to_list()
    ends = list(combinations(range(len(order)), 2))
    left, right = (np.array([pair[side] for pair in ends], np.int64) for side in (0, 1))
    probability = linkage.probabilities(derived, left, right).tolist()
    pairs = [(order[a], order[b], p) for (a, b), p in zip(ends, probability, strict=True)]
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))


def _fields(place: dict[str, Any], records: Sequence[SourceRecord]) -> dict[str, tuple[str, str | None]]:
    """{field: (its value, the list it comes from; None: changed by hand)}; unknown fields are left out."""
    composed = compose(records) if records else {}
    first = ranking(records)[0].source if records else None
    answer: dict[str, tuple[str, str | None]] = {}
    for name in _known_fields(place):
        value = f"{place['lat']:.6f}, {place['lon']:.6f}" if name == "position" else str(place[name])
        names = ("lon", "lat") if name == "position" else (name,)
        untouched = bool(composed) and all(composed.get(column) == place[column] for column in names)
        answer[name] = (value, composed["origins"].get(name, first) if untouched else None)
    return answer


def _known_fields(place: dict[str, Any]) -> Iterable[str]:
    for name in (*_FIELDS, *_MORE_FIELDS):
        if name == "position" or place.get(name) not in (None, ""):
            yield name
