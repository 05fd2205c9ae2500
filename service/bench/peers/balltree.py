"""scikit-learn's BallTree with the haversine metric, then numpy."""

import numpy as np
from sklearn.neighbors import BallTree

from geo.spatial.distance import EARTH_RADIUS_M
from matching.query.query import Query
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer, Plain


class Balls(Peer):
    def __init__(self, snapshot: Snapshot) -> None:
        c = snapshot.columns
        self._plain = Plain(snapshot)
        self._tree = BallTree(np.radians(np.column_stack([c.lat, c.lon])), metric="haversine")

    def answer(self, query: Query) -> Answer:
        here = np.radians([[query.point.lat, query.point.lon]])
        (rows,) = self._tree.query_radius(here, (query.radius_m + 1) / EARTH_RADIUS_M)
        return self._plain.answer(query, np.sort(rows))


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Balls:
    return Balls(snapshot)
