"""Ours."""

from matching.query.query import Query
from matching.search.engine import SnapshotLayer, rank, usable_weights
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer


class PlaceLibre(Peer):
    def __init__(self, snapshot: Snapshot) -> None:
        self._layer = SnapshotLayer(snapshot)

    def answer(self, query: Query) -> Answer:
        keys = rank(self._layer, query, usable_weights(query, self._layer.index.snapshot)).keys
        return [(place, space, score, metres) for score, metres, place, space in keys.tolist()]


def make(world: IndexInput, snapshot: Snapshot, store: str) -> PlaceLibre:
    return PlaceLibre(snapshot)
