"""Listings into places: which new rows join which others, and what becomes of the places they had."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import polars as pl
from sqlalchemy import Connection

from ingest.resolution import linkage, stored_listings
from ingest.resolution.duplicate_rows import speakers
from ingest.resolution.verdicts import Verdict, read_verdicts

Edge = tuple[int, int, float]


@dataclass(slots=True)
class Groups:
    """Where listings belong. Ids of new listings and places are provisional (negative).

    `place_of`: of every listing that takes thought; new listings that nobody else is linked to are not in it.
    `was`: the places those listings had. `pairs`: (smaller id, larger id, probability) worth keeping, those of twins
    left out. `gone`: places all of whose listings left, with the place that took them over.
    """

    place_of: dict[int, int] = field(default_factory=dict)
    was: dict[int, int] = field(default_factory=dict)
    pairs: list[Edge] = field(default_factory=list)
    gone: dict[int, int] = field(default_factory=dict)
    stored: pl.DataFrame = field(default_factory=stored_listings.nobody)


def group(
    connection: Connection,
    new: pl.DataFrame,
    changed: dict[int, int],
    memory: pl.DataFrame | None = None,
    *,
    removed: frozenset[int] = frozenset(),
    around: frozenset[int] = frozenset(),
    verdicts: Sequence[Verdict] | None = None,
) -> Groups:
    """Groups of the new and changed listings (derived, new ones under negative ids) and those around them.

    `changed`: known listings whose row says something new, with their place. `removed`: listings that go away;
    `around`: others to think over again, because of those. `verdicts`: the decisions of people that count, when not
    those of the store.
    """
    answer = Groups()
    if new.is_empty() and not around:
        return answer
    stale = set(changed) | removed
    stored = _around(connection, new, stale, memory)
    verdicts = read_verdicts(connection) if verdicts is None else verdicts
    decided = _decided(connection, new, verdicts) if verdicts else []
    judged = {i for a, b, _ in decided for i in (a, b)}
    scored, twins = _scored(new, stored, judged)
    linked = {i for a, b, p in scored if p >= linkage.LINK for i in (a, b)} | twins | judged
    old = {i for i in linked if i > 0} | changed.keys() | around
    companions, kept = stored_listings.companions(connection, old, stale)
    companions -= removed
    nodes = (linked | companions | changed.keys()) - removed
    missing = sorted(companions - set(stored["listing"].to_list()) - changed.keys())
    stored = pl.concat([stored, stored_listings.by_id(connection, missing)]) if missing else stored
    chosen = pl.concat([new, stored]).filter(pl.col("listing").is_in(list(nodes))).sort("source", "source_key")
    answer.stored = stored.filter(pl.col("listing").is_in(list(nodes)))
    answer.pairs = scored
    known = [(a, b, p) for (a, b), p in kept.items()] + scored
    answer.place_of = _settled(chosen, known, decided, judged, changed)
    answer.was = {row[0]: row[1] for row in answer.stored.select("listing", "place_id").iter_rows()} | changed
    answer.gone = _gone(answer)
    return answer


def _around(connection: Connection, new: pl.DataFrame, but: set[int], memory: pl.DataFrame | None) -> pl.DataFrame:
    if new.is_empty():
        return stored_listings.nobody()
    stored = memory if memory is not None else stored_listings.near(connection, new, but)
    return stored.filter(~pl.col("listing").is_in(list(but))) if but else stored


def _scored(new: pl.DataFrame, stored: pl.DataFrame, judged: set[int]) -> tuple[list[Edge], set[int]]:
    """Pairs with a new listing that are likely or unclear: (smaller id, larger id, probability), those of twins left
    out; and the twins of new listings, these included. `judged`: listings that people decided about."""
    if new.is_empty():
        return [], set()
    # Only the list's own rows can be twins of new ones: the others are not even copied.
    is_own = stored["source"].is_in(new["source"].unique().to_list())
    own, is_new = pl.concat([new, stored.filter(is_own)]), np.arange(new.height + int(is_own.sum())) < new.height
    speaking, position = np.unique(speakers(own, judged), return_inverse=True)
    told = pl.concat([own if len(speaking) == own.height else own[speaking], stored.filter(~is_own)])
    has_new = np.zeros(told.height, bool)
    has_new[position[is_new]] = True
    left, right = linkage.pairs(told, has_new)
    probability = linkage.probabilities(told, left, right)
    kept = probability >= linkage.REVIEW
    scored = zip(left[kept].tolist(), right[kept].tolist(), probability[kept].tolist(), strict=True)
    ids = told["listing"].to_list()
    if len(speaking) == own.height:
        return [_edge(ids[a], ids[b], p) for a, b, p in scored], set()
    own_ids, fresh = own["listing"].to_list(), set(new["listing"].to_list())
    behind: dict[int, list[int]] = defaultdict(list)
    for listing_id, speaker in zip(own_ids, position.tolist(), strict=True):
        behind[speaker].append(listing_id)
    edges = [
        _edge(a, b, p)
        for one, other, p in scored
        for a, b in product(behind.get(one, [ids[one]]), behind.get(other, [ids[other]]))
        if a in fresh or b in fresh
    ]
    twins = {i for many in behind.values() if len(many) > 1 and not fresh.isdisjoint(many) for i in many}
    return edges, twins


def _edge(a: int, b: int, probability: float) -> Edge:
    return min(a, b), max(a, b), probability


def _decided(connection: Connection, new: pl.DataFrame, verdicts: Sequence[Verdict]) -> list[tuple[int, int, bool]]:
    """What people decided of pairs, by listing ids; decisions about listings nobody has are not wanted now."""
    names = {name for one in verdicts for name in (one.key_a, one.key_b)}
    ids = stored_listings.named(connection, names)
    here = new.select("listing", "source", "source_key").iter_rows()
    ids |= {name: row[0] for row in here if (name := f"{row[1]}|{row[2]}") in names}
    return [(ids[one.key_a], ids[one.key_b], one.same) for one in verdicts if one.key_a in ids and one.key_b in ids]


def _settled(
    chosen: pl.DataFrame,
    pairs: Sequence[Edge],
    decided: Sequence[tuple[int, int, bool]],
    judged: set[int],
    changed: dict[int, int],
) -> dict[int, int]:
    """Place of every chosen listing: the oldest of the places its group had, or a new one."""
    if chosen.is_empty():
        return {}
    speaking, position = np.unique(speakers(chosen, judged), return_inverse=True)
    told = chosen[speaking]
    at = dict(zip(chosen["listing"].to_list(), position.tolist(), strict=True))
    edges: dict[tuple[int, int], float] = {}
    for a, b, p in pairs:
        if a in at and b in at and at[a] != at[b]:
            # Stores of before hold pairs the model called certain.
            edges[min(at[a], at[b]), max(at[a], at[b])] = min(p, linkage.SURE[1])
    for a, b, same in decided:
        if a in at and b in at:
            edges[min(at[a], at[b]), max(at[a], at[b])] = 1.0 if same else 0.0
    left, right = (np.array([pair[side] for pair in edges], np.int64) for side in (0, 1))
    order = (told["source"] + "|" + told["source_key"]).to_list()
    labels = linkage.partition(told, left, right, np.array(list(edges.values()), np.float64), order)
    groups: dict[int, list[int]] = defaultdict(list)
    for listing_id, label in zip(chosen["listing"].to_list(), labels[position].tolist(), strict=True):
        groups[label].append(listing_id)
    had = dict(zip(chosen["listing"].to_list(), chosen["place_id"].to_list(), strict=True)) | changed
    return _places_of(list(groups.values()), had)


def _places_of(groups: Sequence[Sequence[int]], had: dict[int, int]) -> dict[int, int]:
    """A place follows its oldest listing; a group that several places follow goes to the oldest of them."""
    eldest: dict[int, int] = {}
    for listing_id in sorted(i for i in had if i > 0):
        eldest.setdefault(had[listing_id], listing_id)
    answer: dict[int, int] = {}
    fresh = 0
    for members in sorted(groups, key=lambda group_: min(_age(i) for i in group_)):
        claims = [had[i] for i in members if i > 0 and eldest.get(had[i]) == i]
        if claims:
            place_id = min(claims)
        else:
            # Numbered by the new row that came first, so that rows alone in their place never meet these.
            fresh = min((i for i in members if i < 0), key=_age, default=0)
            place_id = fresh if fresh else _split_of(members)
        answer.update(dict.fromkeys(members, place_id))
    return answer


def _age(listing_id: int) -> tuple[bool, int]:
    """Older first: stored listings by their ids, then new ones by their rows."""
    return listing_id < 0, abs(listing_id)


_SPLIT = 1 << 40


def _split_of(members: Sequence[int]) -> int:
    """Provisional id of a place that leaves another one with stored listings only."""
    return -_SPLIT - min(members)


def _gone(groups: Groups) -> dict[int, int]:
    """Places that lost every listing to another one, with the one that took their oldest."""
    still = set(groups.place_of.values())
    gone: dict[int, int] = {}
    for listing_id in sorted(groups.was):
        place_id = groups.was[listing_id]
        if place_id not in still and listing_id in groups.place_of:
            gone.setdefault(place_id, groups.place_of[listing_id])
    return gone
