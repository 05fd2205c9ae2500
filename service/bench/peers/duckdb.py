"""DuckDB, columns sorted by H3 cell, the whole search in one statement."""

import duckdb

from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.database import Database
from service.bench.peers.sql import NAMES, statement, tables


def make(world: IndexInput, snapshot: Snapshot, store: str) -> Database:
    connection = duckdb.connect()
    for name, table in tables(world, snapshot).items():
        connection.register("arriving", table.to_arrow())
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608  our names
        connection.unregister("arriving")
    connection.execute("CREATE INDEX busy_space ON busy (space_id)")
    sql = statement(
        "spot s",
        "s.lon BETWEEN $west AND $east AND s.lat BETWEEN $south AND $north",
        {name: f"${name}" for name in NAMES},
        "least",
        "greatest",
    )
    return Database(snapshot, connection, sql)
