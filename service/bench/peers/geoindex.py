"""geoindex-rs, a packed Hilbert R-tree in Rust, queried with a box, then numpy."""

import numpy as np
from geoindex_rs import rtree

from matching.query.query import Query
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.box import box_around
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer, Plain


class Packed(Peer):
    def __init__(self, snapshot: Snapshot) -> None:
        c = snapshot.columns
        self._plain = Plain(snapshot)
        builder = rtree.RTreeBuilder(num_items=snapshot.meta.rows)
        lon, lat = np.array(c.lon), np.array(c.lat)
        builder.add(lon, lat, lon, lat)
        self._tree = builder.finish(method="hilbert")

    def answer(self, query: Query) -> Answer:
        rows = rtree.search(self._tree, *box_around(query.point, query.radius_m))
        return self._plain.answer(query, np.sort(np.asarray(rows).astype(np.int64)))


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Packed:
    return Packed(snapshot)
