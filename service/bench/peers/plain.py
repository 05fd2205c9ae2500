"""Answers with numpy over the rows within reach, which any index of points can give.

Filter, free window, score and best space per place, with the formulas of `docs/ranking.md`. Over all rows it is the
brute force that checks the answers of the other peers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.spatial.distance import haversine_array_m, quantise_m
from geo.spatial.packed_tree import BLOCK_ROWS, expand
from matching.query.query import Query
from matching.query.weights import TERM_NAMES
from matching.search.audience import build_audience
from matching.search.engine import usable_weights
from matching.search.prepared_index import amenity_mask
from matching.snapshot.layout import SLOTS_PER_DAY, UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms.fit import values_of_seats
from matching.terms.price import values_of_cents
from matching.terms.proximity import HALF_M

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Answer = list[tuple[int, int, int, int]]
"""Place, space, score in millionths, distance in decimetres; best first."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Answers queries of the mix over rows of a snapshot that holds offered places only."""

    snapshot: Snapshot

    def answer(self, query: Query, rows: Ints) -> Answer:
        """The best places among `rows`, which hold all rows within the radius."""
        c = self.snapshot.columns
        metres = quantise_m(haversine_array_m(query.point.lon, query.point.lat, c.lon[rows], c.lat[rows]))
        metres = np.maximum(metres, c.expected_dm[rows] / 10)
        needs = np.uint32(amenity_mask(query.needs))
        audience = build_audience(query.community, query.visible, self.snapshot)
        keep = (metres <= query.radius_m) & ((c.yes[rows] & needs) == needs) & (c.seats[rows] >= query.seats)
        keep &= audience.set_visible[c.set_id[rows]]
        rows, metres = rows[keep], metres[keep]
        free = self._free(query, rows)
        rows, metres = rows[free], metres[free]
        own = audience.set_own[c.set_id[rows]] & (c.member_price_cents[rows] != UNKNOWN_CENTS)
        values = {
            "proximity": np.exp2(-metres / HALF_M[query.mode]),
            "price": values_of_cents(np.where(own, c.member_price_cents[rows], c.price_cents[rows])),
            "affinity": audience.set_affinity[c.set_id[rows]],
            "fit": values_of_seats(c.seats[rows], query.seats),
            "trust": c.trust[rows],
        }
        weights = usable_weights(query, self.snapshot)
        score = np.zeros(len(rows))
        for name in TERM_NAMES:
            if name in weights:
                score += weights[name] * values[name]
        return self._best(
            rows, np.rint(score * 1e6).astype(np.int64), np.rint(metres * 10).astype(np.int64), query.limit
        )

    def _free(self, query: Query, rows: Ints) -> npt.NDArray[np.bool_]:
        free = np.ones(len(rows), np.bool_)
        blocks, which = np.unique(rows // BLOCK_ROWS, return_inverse=True)
        for window in query.windows:
            words = free_words(self.snapshot, blocks, window.start, window.stop, query.seats)
            word = fitting_words(words, window.any_slots)[which]
            free &= (word >> (rows % BLOCK_ROWS).astype(np.uint64)) & np.uint64(1) == 1
        return free

    def _best(self, rows: Ints, score: Ints, decimetres: Ints, limit: int) -> Answer:
        place, space = self.snapshot.columns.place_id[rows], self.snapshot.columns.space_id[rows]
        by_place = np.lexsort((space, decimetres, -score, place))
        ordered = place[by_place]
        first = by_place[np.concatenate((np.ones(min(1, len(ordered)), np.bool_), ordered[1:] != ordered[:-1]))]
        best = first[np.lexsort((place[first], decimetres[first], -score[first]))][:limit]
        columns = (place[best], space[best], score[best], decimetres[best])
        return [(int(a), int(b), int(d), int(e)) for a, b, d, e in zip(*columns, strict=True)]


def free_words(snapshot: Snapshot, blocks: Ints, start: int, stop: int, seats: int) -> Words:
    """Shape (blocks, stop - start): bit i says that row i of an offered block has `seats` free in that slot."""
    first = snapshot.meta.first_slot
    days, of_day = np.divmod(np.arange(start - first, stop - first), SLOTS_PER_DAY)
    words: Words = snapshot.days()[snapshot.block_days()[days[None, :], blocks[:, None]], of_day[None, :]]
    if seats > 1:
        _clear_short(snapshot, blocks, start - first, seats, words)
    return words


def _clear_short(snapshot: Snapshot, blocks: Ints, first: int, seats: int, words: Words) -> None:
    """Clears the bits of slots in which fewer than `seats` remain; `words` begins at slot `first` of the snapshot."""
    c = snapshot.columns
    entries = expand(c.left_start, blocks)
    counts = c.left_start[blocks + 1] - c.left_start[blocks]
    block = np.repeat(np.arange(len(blocks)), counts)
    slot = c.left_slot[entries] - first
    short = (slot >= 0) & (slot < words.shape[1]) & (c.left_seats[entries] < seats)
    lane = (c.left_row[entries[short]] % BLOCK_ROWS).astype(np.uint64)
    np.bitwise_and.at(words, (block[short], slot[short]), ~(np.uint64(1) << lane))


def fitting_words(words: Words, any_slots: int | None) -> Words:
    """One word per block: its rows free in all slots, or in any run of `any_slots` consecutive slots."""
    if any_slots is None:
        all_along: Words = np.bitwise_and.reduce(words, axis=1)
        return all_along
    runs = words[:, : words.shape[1] - any_slots + 1].copy()
    for shift in range(1, any_slots):
        runs &= words[:, shift : shift + runs.shape[1]]
    somewhere: Words = np.bitwise_or.reduce(runs, axis=1)
    return somewhere
