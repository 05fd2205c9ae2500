"""shapely's STRtree over lon and lat, queried with a box, then numpy."""

import numpy as np
import shapely

from matching.query.query import Query
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.box import box_around
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer, Plain


class Boxes(Peer):
    def __init__(self, snapshot: Snapshot) -> None:
        self._plain = Plain(snapshot)
        self._tree = shapely.STRtree(shapely.points(snapshot.columns.lon, snapshot.columns.lat))

    def answer(self, query: Query) -> Answer:
        rows = self._tree.query(shapely.box(*box_around(query.point, query.radius_m)))
        return self._plain.answer(query, np.sort(rows))


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Boxes:
    return Boxes(snapshot)
