"""SQLite with its R*Tree, the whole search in one statement."""

import sqlite3

from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.database import Database
from service.bench.peers.sql import NAMES, statement, tables


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Database:
    connection = sqlite3.connect(":memory:")
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
    sql = statement(
        "here JOIN spot s ON s.space_id = here.id",
        "here.x0 <= :east AND here.x1 >= :west AND here.y0 <= :north AND here.y1 >= :south",
        {name: f":{name}" for name in NAMES},
        "min",
        "max",
    )
    return Database(snapshot, connection, sql)
