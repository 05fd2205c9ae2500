"""numpy over every row: the brute force."""

import numpy as np

from matching.query.query import Query
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer, Plain


class Scan(Peer):
    def __init__(self, snapshot: Snapshot) -> None:
        self._plain, self._rows = Plain(snapshot), np.arange(snapshot.meta.rows)

    def answer(self, query: Query) -> Answer:
        return self._plain.answer(query, self._rows)


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Scan:
    return Scan(snapshot)
