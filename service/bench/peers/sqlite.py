"""SQLite with its R*Tree, the whole search in one statement."""

import sqlite3

from matching.query import Query
from matching.snapshot.input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.box import box_around
from service.bench.peers.peer import Peer
from service.bench.plain import Answer
from service.bench.sql import NAMES, parameters, statement, tables


class Sqlite(Peer):
    def __init__(self, world: IndexInput, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._connection = connection = sqlite3.connect(":memory:")
        for name, table in tables(world, snapshot).items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(table.columns)})")
            marks = ", ".join("?" * table.width)
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", table.iter_rows())  # noqa: S608  our names
        connection.execute("CREATE UNIQUE INDEX spot_id ON spot (space_id)")
        connection.execute("CREATE UNIQUE INDEX hours_key ON hours (pattern, day)")
        connection.execute("CREATE UNIQUE INDEX busy_key ON busy (space_id, slot, taken)")
        connection.execute("CREATE UNIQUE INDEX akin_key ON akin (community, set_id)")
        connection.execute("CREATE VIRTUAL TABLE here USING rtree (id, x0, x1, y0, y1)")
        connection.execute("INSERT INTO here SELECT space_id, lon, lon, lat, lat FROM spot")
        connection.execute("ANALYZE")
        self._statement = statement(
            "here JOIN spot s ON s.space_id = here.id",
            "here.x0 <= :east AND here.x1 >= :west AND here.y0 <= :north AND here.y1 >= :south",
            {name: f":{name}" for name in NAMES},
            "min",
            "max",
        )

    def answer(self, query: Query) -> Answer:
        west, south, east, north = box_around(query.point, query.radius_m)
        bound = {**parameters(query, self._snapshot), "west": west, "south": south, "east": east, "north": north}
        found = self._connection.execute(self._statement, bound)
        return [(place, space, int(score), int(metres)) for place, space, score, metres in found]

    def close(self) -> None:
        self._connection.close()


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Sqlite:
    return Sqlite(world, snapshot)
