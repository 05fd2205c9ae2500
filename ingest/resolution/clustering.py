"""Listings into places: which new rows join which others, and what becomes of the places they had.

Rows of one list that are equal in all that is compared have one representative. A list that repeats a row a thousand
times has half a million pairs of the same row, and whatever resembles one of them resembles all. So pairs are only
looked for among representatives, and duplicates join without a pair. The places are those that all pairs would give:
duplicates have the same pairs, so whatever joins one, or keeps it away, does so for the others.
"""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import Connection

from ingest.resolution import linkage, stored_listings
from ingest.resolution.verdicts import Verdict, read_verdicts

Ints = npt.NDArray[np.int64]
Edge = tuple[int, int, float]
"""(smaller listing id, larger listing id, probability)"""

_COMPARED = [
    name
    for name, kind in linkage.COLUMNS.items()
    if name not in {"listing", "place_id", "source_key", "trust"} and not isinstance(kind, pl.List | pl.Array)
]
"""Columns that duplicates share; lists of numbers are made from the rest."""


@dataclass(slots=True)
class Groups:
    """Where listings belong. Ids of new listings and places are provisional (negative).

    `place_of`: of every listing that was grouped; new listings without a link are not in it. `previous`: the places
    that stored ones had. `pairs`: those worth keeping, without the pairs of duplicates. `merged`: places that lost all
    their listings, with the place that took them over. `stored`: the stored listings that were grouped, derived.
    """

    place_of: dict[int, int] = field(default_factory=dict)
    previous: dict[int, int] = field(default_factory=dict)
    pairs: list[Edge] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    stored: pl.DataFrame = field(default_factory=stored_listings.no_listings)


def group(
    connection: Connection,
    new: pl.DataFrame,
    changed: dict[int, int],
    cache: pl.DataFrame | None = None,
    *,
    removed: frozenset[int] = frozenset(),
    around: frozenset[int] = frozenset(),
    verdicts: Sequence[Verdict] | None = None,
) -> Groups:
    """Groups the new and changed listings (derived, new ones under negative ids) with those around them.

    `changed`: stored listings whose row changed, with their place. `cache`: every stored listing, derived. `removed`:
    listings that go; `around`: others to group again because of those. `verdicts`: people's decisions (None: those of
    the store).
    """
    groups = Groups()
    if new.is_empty() and not around:
        return groups
    stale = set(changed) | removed
    stored = _candidates(connection, new, stale, cache)
    verdicts = read_verdicts(connection) if verdicts is None else verdicts
    decisions = _decisions(connection, new, verdicts) if verdicts else []
    decided = {i for a, b, _ in decisions for i in (a, b)}
    scored, duplicates = _score_pairs(new, stored, decided)
    linked = {i for a, b, p in scored if p >= linkage.LINK for i in (a, b)} | duplicates | decided
    old = {i for i in linked if i > 0} | changed.keys() | around
    companions, stored_pairs = stored_listings.read_linked(connection, old, stale)
    companions -= removed
    nodes = (linked | companions | changed.keys()) - removed
    missing = sorted(companions - set(stored["listing"].to_list()) - changed.keys())
    stored = pl.concat([stored, stored_listings.read_listings(connection, missing)]) if missing else stored
    chosen = pl.concat([new, stored]).filter(pl.col("listing").is_in(list(nodes))).sort("source", "source_key")
    groups.stored = stored.filter(pl.col("listing").is_in(list(nodes)))
    groups.pairs = scored
    edges = [(a, b, p) for (a, b), p in stored_pairs.items()] + scored
    groups.place_of = _partition(chosen, edges, decisions, decided, changed)
    groups.previous = {row[0]: row[1] for row in groups.stored.select("listing", "place_id").iter_rows()} | changed
    groups.merged = _merged(groups)
    return groups


def representatives(derived: pl.DataFrame, excluded: Set[int]) -> Ints:
    """By row of `linkage.COLUMNS`, the row that represents it: the first of its duplicates by their keys, else itself.

    `excluded`: listings that people decided about, which represent themselves.
    """
    answer = np.arange(derived.height)
    repeated = derived.select(pl.struct("name", "lon", "lat").is_duplicated()).to_series()
    some = derived.with_row_index("row").filter(repeated & ~derived["listing"].is_in(list(excluded)))
    if some.is_empty():
        return answer
    equal = some.sort("source_key").group_by(_COMPARED).agg("row").filter(pl.col("row").list.len() > 1)
    groups = equal["row"].to_list()
    first, second = (np.array([rows[i] for rows in groups], np.int64) for i in (0, 1))
    joined = linkage.probabilities(derived, first, second) >= linkage.LINK
    for rows, is_one in zip(groups, joined.tolist(), strict=True):
        if is_one:
            answer[rows] = rows[0]
    return answer


def _candidates(
    connection: Connection, new: pl.DataFrame, excluded: set[int], cache: pl.DataFrame | None
) -> pl.DataFrame:
    if new.is_empty():
        return stored_listings.no_listings()
    stored = cache if cache is not None else stored_listings.find_candidates(connection, new, excluded)
    return stored.filter(~pl.col("listing").is_in(list(excluded))) if excluded else stored


def _score_pairs(new: pl.DataFrame, stored: pl.DataFrame, decided: set[int]) -> tuple[list[Edge], set[int]]:
    """Pairs with a new listing that are likely or unclear, without those of duplicates; and the new listings that are
    duplicates, with theirs. `decided`: listings that people decided about."""
    if new.is_empty():
        return [], set()
    # Only the list's own rows can be duplicates of new ones: the others are not even copied.
    is_own = stored["source"].is_in(new["source"].unique().to_list())
    own, is_new = pl.concat([new, stored.filter(is_own)]), np.arange(new.height + int(is_own.sum())) < new.height
    chosen, position = np.unique(representatives(own, decided), return_inverse=True)
    compared = pl.concat([own if len(chosen) == own.height else own[chosen], stored.filter(~is_own)])
    has_new = np.zeros(compared.height, bool)
    has_new[position[is_new]] = True
    left, right = linkage.pairs(compared, has_new)
    probability = linkage.probabilities(compared, left, right)
    relevant = probability >= linkage.REVIEW
    scored = zip(left[relevant].tolist(), right[relevant].tolist(), probability[relevant].tolist(), strict=True)
    ids = compared["listing"].to_list()
    if len(chosen) == own.height:
        return [_edge(ids[a], ids[b], p) for a, b, p in scored], set()
    fresh = set(new["listing"].to_list())
    represented: dict[int, list[int]] = defaultdict(list)
    for listing_id, representative in zip(own["listing"].to_list(), position.tolist(), strict=True):
        represented[representative].append(listing_id)
    edges = [
        _edge(a, b, p)
        for first, second, p in scored
        for a, b in product(represented.get(first, [ids[first]]), represented.get(second, [ids[second]]))
        if a in fresh or b in fresh
    ]
    duplicates = {i for rows in represented.values() if len(rows) > 1 and not fresh.isdisjoint(rows) for i in rows}
    return edges, duplicates


def _edge(a: int, b: int, probability: float) -> Edge:
    return min(a, b), max(a, b), probability


def _decisions(connection: Connection, new: pl.DataFrame, verdicts: Sequence[Verdict]) -> list[tuple[int, int, bool]]:
    """People's decisions by listing ids; those about listings that do not exist now are left out."""
    names = {name for verdict in verdicts for name in (verdict.key_a, verdict.key_b)}
    ids = stored_listings.ids_by_name(connection, names)
    rows = new.select("listing", "source", "source_key").iter_rows()
    ids |= {name: row[0] for row in rows if (name := f"{row[1]}|{row[2]}") in names}
    return [(ids[v.key_a], ids[v.key_b], v.same) for v in verdicts if v.key_a in ids and v.key_b in ids]


def _partition(
    chosen: pl.DataFrame,
    pairs: Sequence[Edge],
    decisions: Sequence[tuple[int, int, bool]],
    decided: set[int],
    changed: dict[int, int],
) -> dict[int, int]:
    """Place of every chosen listing: the oldest of the places its group had, or a new one."""
    if chosen.is_empty():
        return {}
    rows, position = np.unique(representatives(chosen, decided), return_inverse=True)
    compared = chosen[rows]
    at = dict(zip(chosen["listing"].to_list(), position.tolist(), strict=True))
    edges: dict[tuple[int, int], float] = {}
    for a, b, p in pairs:
        if a in at and b in at and at[a] != at[b]:
            # Older stores hold pairs that the model called certain.
            edges[min(at[a], at[b]), max(at[a], at[b])] = min(p, linkage.SURE[1])
    for a, b, same in decisions:
        if a in at and b in at:
            edges[min(at[a], at[b]), max(at[a], at[b])] = 1.0 if same else 0.0
    left, right = (np.array([pair[side] for pair in edges], np.int64) for side in (0, 1))
    order = (compared["source"] + "|" + compared["source_key"]).to_list()
    labels = linkage.partition(compared, left, right, np.array(list(edges.values()), np.float64), order)
    groups: dict[int, list[int]] = defaultdict(list)
    for listing_id, label in zip(chosen["listing"].to_list(), labels[position].tolist(), strict=True):
        groups[label].append(listing_id)
    previous = dict(zip(chosen["listing"].to_list(), chosen["place_id"].to_list(), strict=True)) | changed
    return _places_of(list(groups.values()), previous)


def _places_of(groups: Sequence[Sequence[int]], previous: dict[int, int]) -> dict[int, int]:
    """A place follows its oldest listing; a group that several places follow goes to the oldest of them."""
    eldest: dict[int, int] = {}
    for listing_id in sorted(i for i in previous if i > 0):
        eldest.setdefault(previous[listing_id], listing_id)
    place_of: dict[int, int] = {}
    for members in sorted(groups, key=lambda group_: min(_age(i) for i in group_)):
        claims = [previous[i] for i in members if i > 0 and eldest.get(previous[i]) == i]
        if claims:
            place_id = min(claims)
        else:
            # Numbered by its first new row, so that rows alone in their place never meet these.
            place_id = min((i for i in members if i < 0), key=_age, default=0) or _split_id(members)
        place_of.update(dict.fromkeys(members, place_id))
    return place_of


def _age(listing_id: int) -> tuple[bool, int]:
    """Older first: stored listings by their ids, then new ones by their rows."""
    return listing_id < 0, abs(listing_id)


_SPLIT = 1 << 40


def _split_id(members: Sequence[int]) -> int:
    """Provisional id of a place that leaves another one with stored listings only."""
    return -_SPLIT - min(members)


def _merged(groups: Groups) -> dict[int, int]:
    """Places that lost every listing to another one, with the one that took their oldest."""
    remaining = set(groups.place_of.values())
    merged: dict[int, int] = {}
    for listing_id in sorted(groups.previous):
        place_id = groups.previous[listing_id]
        if place_id not in remaining and listing_id in groups.place_of:
            merged.setdefault(place_id, groups.place_of[listing_id])
    return merged
