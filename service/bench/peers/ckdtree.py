"""scipy's cKDTree over points of the unit sphere, then numpy."""

import numpy as np
from scipy.spatial import cKDTree

from geo.spatial.distance import chord_of_m, unit_vectors
from matching.query.query import Query
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer, Plain


class Tree(Peer):
    def __init__(self, snapshot: Snapshot) -> None:
        self._plain = Plain(snapshot)
        self._tree = cKDTree(unit_vectors(snapshot.columns.lon, snapshot.columns.lat))

    def answer(self, query: Query) -> Answer:
        (here,) = unit_vectors(np.array([query.point.lon]), np.array([query.point.lat]))
        rows = self._tree.query_ball_point(here, chord_of_m(query.radius_m + 1))
        return self._plain.answer(query, np.sort(np.array(rows, np.int64)))


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Tree:
    return Tree(snapshot)
