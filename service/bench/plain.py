"""The plain way, which every peer with a good index of points takes: numpy over all rows within reach.

Filter, free window, score and best space per place, with the formulas of `docs/ranking.md`. Over all rows it is the
brute force that the others are checked against.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.blocks import BLOCK_ROWS
from geo.distance import haversine_array_m, quantise_m
from matching.audience import audience_of
from matching.engine import weights_of
from matching.free import fitting, free_words
from matching.presets import TERM_NAMES
from matching.query import Query
from matching.searchable import mask_of
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms.fit import all_suit
from matching.terms.price import worths
from matching.terms.proximity import HALF_M

Ints = npt.NDArray[np.int64]
Answer = list[tuple[int, int, int, int]]
"""Place, space, score in millionths, distance in decimetres; best first."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Answers queries of the mix over rows of a snapshot that holds offered places only."""

    snapshot: Snapshot

    def answer(self, query: Query, rows: Ints) -> Answer:
        """The best places among `rows`, among which are all within the radius."""
        c = self.snapshot.columns
        metres = quantise_m(haversine_array_m(query.point.lon, query.point.lat, c.lon[rows], c.lat[rows]))
        metres = np.maximum(metres, c.expected_dm[rows] / 10)
        needs = np.uint32(mask_of(query.needs))
        audience = audience_of(query.community, query.visible, self.snapshot)
        keep = (metres <= query.radius_m) & ((c.yes[rows] & needs) == needs) & (c.seats[rows] >= query.seats)
        keep &= audience.set_visible[c.set_id[rows]]
        rows, metres = rows[keep], metres[keep]
        free = self._free(query, rows)
        rows, metres = rows[free], metres[free]
        own = audience.set_own[c.set_id[rows]] & (c.member_price_cents[rows] != UNKNOWN_CENTS)
        values = {
            "proximity": np.exp2(-metres / HALF_M[query.mode]),
            "price": worths(np.where(own, c.member_price_cents[rows], c.price_cents[rows])),
            "affinity": audience.set_affinity[c.set_id[rows]],
            "fit": all_suit(c.seats[rows], query.seats),
            "trust": c.trust[rows],
        }
        weights = weights_of(query, self.snapshot)
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
            word = fitting(words, window.any_slots)[which]
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
