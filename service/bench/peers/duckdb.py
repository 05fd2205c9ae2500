"""DuckDB, columns sorted by H3 cell, the whole search in one statement."""

import duckdb

from matching.query import Query
from matching.snapshot.input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.box import box_around
from service.bench.peers.peer import Peer
from service.bench.plain import Answer
from service.bench.sql import NAMES, parameters, statement, tables


class Duck(Peer):
    def __init__(self, world: IndexInput, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._connection = duckdb.connect()
        for name, table in tables(world, snapshot).items():
            arrow = table.to_arrow()
            self._connection.register("arriving", arrow)
            self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608  our names
            self._connection.unregister("arriving")
        self._connection.execute("CREATE INDEX busy_space ON busy (space_id)")
        self._statement = statement(
            "spot s",
            "s.lon BETWEEN $west AND $east AND s.lat BETWEEN $south AND $north",
            {name: f"${name}" for name in NAMES},
            "least",
            "greatest",
        )

    def answer(self, query: Query) -> Answer:
        west, south, east, north = box_around(query.point, query.radius_m)
        bound = {**parameters(query, self._snapshot), "west": west, "south": south, "east": east, "north": north}
        found = self._connection.execute(self._statement, bound).fetchall()
        return [(place, space, int(score), int(metres)) for place, space, score, metres in found]

    def close(self) -> None:
        self._connection.close()


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Duck:
    return Duck(world, snapshot)
