"""Peers that answer by one SQL statement (`service.bench.peers.sql`)."""

from typing import Any

from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.box import box_around
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer
from service.bench.peers.sql import parameters


class Database(Peer):
    """A connection with the tables and the statement; `connection.execute(statement, values).fetchall()` must work."""

    def __init__(self, snapshot: Snapshot, connection: Any, statement: str) -> None:
        self._snapshot, self._connection, self._statement = snapshot, connection, statement

    def reach(self, query: Query) -> dict[str, Any]:
        """Parameters of the statement that select near spots: the box around the disk."""
        return dict(zip(("west", "south", "east", "north"), box_around(query.point, query.radius_m), strict=True))

    def answer(self, query: Query) -> Answer:
        values = {**parameters(query, self._snapshot), **self.reach(query)}
        rows = self._connection.execute(self._statement, values).fetchall()
        return [(place, space, int(score), int(metres)) for place, space, score, metres in rows]

    def close(self) -> None:
        self._connection.close()
