"""The exact search: filter, score, quantise, best space per place, order. Scanned plainly over the blocks in reach.

`docs/ranking.md` gives every formula. Layers are searched apart and merged: the snapshot, and the overlay of what
changed since, which masks in the snapshot the places it replaces.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geo.blocks import BLOCK_ROWS
from geo.distance import haversine_array_m, quantise_m, quantise_score
from geo.types import PlaceKind, Point, SpaceKind
from matching.free import check_window, fitting, free_run, free_words
from matching.presets import asked_weights, renormalised
from matching.query import Query, Window, slot_start
from matching.results import Result, SearchResults, TermScore
from matching.snapshot.layout import UNKNOWN_CENTS, block_of
from matching.snapshot.snapshot import Snapshot
from matching.terms import TERMS
from matching.terms.price import asked_cents
from matching.terms.term import Asked, Rows, Term, prepare, visible_communities

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Layer(Protocol):
    """One part of what is searched."""

    @property
    def snapshot(self) -> Snapshot: ...

    def rows_within(self, point: Point, radius_m: float, *, candidates: bool) -> Ints:
        """Rows, ascending, among which are all live ones within the radius."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A snapshot with nothing masked."""

    snapshot: Snapshot

    def rows_within(self, point: Point, radius_m: float, *, candidates: bool) -> Ints:
        return self.snapshot.rows_within(point, radius_m, candidates=candidates)


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of a layer that fit, with the values of the weighted terms (rows x terms), and what is to be confirmed."""

    snapshot: Snapshot
    asked: Asked
    rows: Rows
    cents: npt.NDArray[np.int32]
    values: Floats
    unsure_places: Ints


def search(layers: Sequence[Layer], query: Query, now: datetime, version: str | None = None) -> SearchResults:
    """The best places for a query, over layers that share no place. The first layer decides what the index knows.

    Raises InvalidInput for a window partly over or beyond the days known, and for weights that cannot be used.
    """
    base = layers[0].snapshot
    if query.window is not None:
        check_window(query.window, base.meta, now)
    usable = frozenset(term.name for term in TERMS if term.usable(query, base))
    weights = renormalised(asked_weights(query), usable)
    terms = [term for term in TERMS if term.name in weights]
    found = [_scan(layer, query, terms) for layer in layers]
    best = _best(found, np.array(list(weights.values())))
    top = best.top(query.limit)
    return SearchResults(
        query=query,
        results=tuple(_result(found[layer], row, others, score, weights, now) for layer, row, others, score in top),
        total=len(best.order),
        to_confirm=_count_unsure(found),
        as_of=base.meta.as_of,
        index_version=version or base.meta.version,
    )


def _scan(layer: Layer, query: Query, terms: Sequence[Term]) -> _Found:
    snapshot = layer.snapshot
    c, asked = snapshot.columns, prepare(query, snapshot)
    index = layer.rows_within(query.point, query.radius_m, candidates=query.candidates)
    spherical_m = quantise_m(haversine_array_m(query.point.lon, query.point.lat, c.lon[index], c.lat[index]))
    rows = Rows(c, index, np.maximum(spherical_m, c.expected_dm[index] / 10))
    rows = _kept(rows, rows.distance_m <= query.radius_m)
    rows = _kept(rows, (c.no[rows.index] & asked.needs) == 0)
    rows = _kept(rows, _filters(rows, asked))
    if query.window is not None:
        rows = _kept(rows, _free(snapshot, rows.index, query.window, query.seats))
    sure = (c.yes[rows.index] & asked.needs) == asked.needs
    unsure = c.place_id[rows.index[~sure]]
    rows = _kept(rows, sure)
    values = np.column_stack([term.value(rows, asked) for term in terms])
    return _Found(snapshot, asked, rows, asked_cents(rows, asked), values, unsure)


def _kept(rows: Rows, keep: Bools) -> Rows:
    return Rows(rows.columns, rows.index[keep], rows.distance_m[keep])


def _filters(rows: Rows, asked: Asked) -> Bools:
    """Visible, of the kinds asked, with seats enough, not too expensive. What only an offer can tell (kind of space,
    seats, price) does not rule out a candidate, which is shown as not confirmed anyway."""
    c, query = rows.columns, asked.query
    keep = asked.set_visible[c.set_id[rows.index]]
    if query.kinds:
        keep &= _among(PlaceKind, query.kinds)[c.kind[rows.index]]
    fits = c.seats[rows.index] >= query.seats
    if query.space_kinds:
        fits &= _among(SpaceKind, query.space_kinds)[c.space_kind[rows.index]]
    if query.max_price_cents is not None:
        cents = asked_cents(rows, asked)
        fits &= (cents != UNKNOWN_CENTS) & (cents <= query.max_price_cents)
    result: Bools = keep & (fits | (c.space_id[rows.index] == 0))
    return result


def _among(words: type[StrEnum], wanted: Collection[StrEnum]) -> Bools:
    """Table from kind code to "is wanted"; 256 entries, so that "no kind" is one of them."""
    table = np.zeros(256, np.bool_)
    table[[code for code, word in enumerate(words) if word in wanted]] = True
    return table


def _free(snapshot: Snapshot, index: Ints, window: Window, seats: int) -> Bools:
    """Offered rows that are free for the window; candidates pass, since nobody knows when they are."""
    free = np.ones(len(index), np.bool_)
    offered = index < snapshot.meta.offered_rows
    rows = index[offered]
    blocks, which = np.unique(block_of(rows, snapshot.meta), return_inverse=True)
    words = fitting(free_words(snapshot, blocks, window.start, window.stop, seats), window.any_slots)
    free[offered] = (words[which] >> (rows % BLOCK_ROWS).astype(np.uint64)) & np.uint64(1) == 1
    return free


@dataclass(frozen=True, slots=True)
class _Best:
    """Best row of each place, over all layers; `order` ranks them."""

    layer: Ints
    row: Ints
    others: Ints
    score: Floats
    order: Ints

    def top(self, limit: int) -> list[tuple[int, int, int, float]]:
        """(layer, position in the layer's found rows, other spaces, score), best first."""
        first = self.order[:limit]
        columns = (self.layer[first], self.row[first], self.others[first], self.score[first])
        return [(int(a), int(b), int(c), float(d)) for a, b, c, d in zip(*columns, strict=True)]


def _best(found: Sequence[_Found], weights: Floats) -> _Best:
    """Score descending, then distance, then place id, then space id, on quantised numbers: no tie is left to chance."""
    layer = np.repeat(np.arange(len(found)), [len(one.rows.index) for one in found])
    row = np.concatenate([np.arange(len(one.rows.index)) for one in found])
    place = np.concatenate([one.snapshot.columns.place_id[one.rows.index] for one in found])
    space = np.concatenate([one.snapshot.columns.space_id[one.rows.index] for one in found])
    distance_m = np.concatenate([one.rows.distance_m for one in found])
    score = quantise_score(np.concatenate([_weighted(one.values, weights) for one in found]))
    by_place = np.lexsort((space, distance_m, -score, place))
    sorted_place = place[by_place]
    is_first = np.concatenate((np.ones(min(1, len(place)), np.bool_), sorted_place[1:] != sorted_place[:-1]))
    starts = np.flatnonzero(is_first)
    best = by_place[starts]
    others = np.diff(np.concatenate((starts, [len(place)]))) - 1
    order = np.lexsort((place[best], distance_m[best], -score[best]))
    return _Best(layer[best], row[best], others, score[best], order)


def _weighted(values: Floats, weights: Floats) -> Floats:
    """Sum of contributions, term after term: the same additions, in the same order, as a reader would do."""
    total = np.zeros(len(values))
    for column, weight in enumerate(weights):
        total += weight * values[:, column]
    return total


def _count_unsure(found: Sequence[_Found]) -> int:
    """Places of which no space fits for sure, but one would if a need that nobody told were met."""
    unsure = np.unique(np.concatenate([one.unsure_places for one in found]))
    sure = np.concatenate([one.snapshot.columns.place_id[one.rows.index] for one in found])
    return int((~np.isin(unsure, sure)).sum())


def _result(
    found: _Found, position: int, others: int, score: float, weights: dict[str, float], now: datetime
) -> Result:
    snapshot, query = found.snapshot, found.asked.query
    c, row = snapshot.columns, int(found.rows.index[position])
    space_id, cents = int(c.space_id[row]) or None, int(found.cents[position])
    facts = snapshot.facts.of(row)
    members = visible_communities(found.asked, snapshot, int(c.set_id[row]))
    slugs = [snapshot.meta.communities[member].slug for member in members]
    facts["communities"] = [slug for slug in facts["communities"] if slug in slugs]
    run = None
    if query.window is not None and space_id is not None:
        run = free_run(snapshot, row, query.window, query.seats, now)
    return Result(
        place_id=int(c.place_id[row]),
        space_id=space_id,
        other_spaces=others,
        score=score,
        distance_m=float(found.rows.distance_m[position]),
        terms=tuple(
            TermScore(name, float(value), weight)
            for (name, weight), value in zip(weights.items(), found.values[position], strict=True)
        ),
        facts=facts,
        seats_left=None if run is None else run.seats_left,
        free_from=None if run is None else slot_start(run.start),
        free_until=None if run is None else slot_start(run.stop),
        price_cents=None if cents == UNKNOWN_CENTS else cents,
        wishes=query.wishes,
        closest_community=slugs[0] if slugs and query.community is not None else None,
    )
