"""PostGIS, the whole search in one statement: near spots by a GiST index, or by a b-tree over H3 cells.

Tables are temporary: nothing is left in the database.
"""

from collections.abc import Callable
from typing import Any

import h3.api.basic_int as h3
import polars as pl
import psycopg

from geo.cells import cells_of
from matching.query import Query
from matching.snapshot.input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.peer import Peer
from service.bench.plain import Answer
from service.bench.sql import NAMES, parameters, statement, tables

CELLS = 7
"""Resolution of the b-tree: cells of some 5 km²."""
EDGE_M = 1_900.0
"""More than the farthest that a point of a cell lies from its centre, with what cells vary in size."""
_TYPES = {"Float64": "double precision", "Int32": "integer"}


class PostGis(Peer):
    """`where` finds the spots near a query: a condition over `spot s`, and what it is bound to."""

    def __init__(
        self, world: IndexInput, snapshot: Snapshot, store: str, within: str, bound: Callable[[Query], dict[str, Any]]
    ) -> None:
        self._snapshot, self._bound = snapshot, bound
        self._connection = psycopg.connect(store.replace("postgresql+psycopg", "postgresql"), autocommit=True)
        for name, table in tables(world, snapshot).items():
            self._load(name, table)
        cells = cells_of(snapshot.columns.lon.tolist(), snapshot.columns.lat.tolist(), CELLS)
        ids = pl.DataFrame({"space_id": snapshot.columns.space_id, "cell": cells.astype("int64")})
        self._load("cell_of", ids)
        for command in (
            "ALTER TABLE spot ADD here geography(Point, 4326), ADD cell bigint",
            "UPDATE spot s SET here = ST_MakePoint(lon, lat)::geography, cell = c.cell FROM cell_of c "
            "WHERE c.space_id = s.space_id",
            "CREATE INDEX ON spot USING gist (here)",
            "CREATE INDEX ON spot (cell)",
            "CREATE UNIQUE INDEX ON hours (pattern, day)",
            "CREATE UNIQUE INDEX ON busy (space_id, slot) INCLUDE (taken)",
            "CREATE UNIQUE INDEX ON akin (community, set_id)",
            "VACUUM ANALYZE",
            "SET jit = off",
        ):
            self._connection.execute(command)
        marks = {name: f"%({name})s" for name in NAMES}
        self._statement = statement("spot s", within, marks, "least", "greatest")

    def _load(self, name: str, table: pl.DataFrame) -> None:
        columns = ", ".join(f"{column} {_TYPES.get(str(kind), 'bigint')}" for column, kind in table.schema.items())
        self._connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
        with self._connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
            for row in table.iter_rows():
                copy.write_row(row)

    def answer(self, query: Query) -> Answer:
        values = {**parameters(query, self._snapshot), **self._bound(query)}
        found = self._connection.execute(self._statement, values)
        return [(place, space, int(score), int(metres)) for place, space, score, metres in found]

    def close(self) -> None:
        self._connection.close()


def make(world: IndexInput, snapshot: Snapshot, store: str) -> PostGis:
    """By the GiST index."""
    within = "ST_DWithin(s.here, ST_MakePoint(%(lon)s, %(lat)s)::geography, %(metres)s, false)"
    return PostGis(world, snapshot, store, within, lambda query: {"metres": query.radius_m + 10})


def make_by_cells(world: IndexInput, snapshot: Snapshot, store: str) -> PostGis:
    """By the b-tree over H3 cells."""
    return PostGis(world, snapshot, store, "s.cell = ANY(%(cells)s)", _cells)


def _cells(query: Query) -> dict[str, Any]:
    """Cells whose centre is near enough that some of their points may be within the radius."""
    here = h3.latlng_to_cell(query.point.lat, query.point.lon, CELLS)
    rings = int((query.radius_m + EDGE_M) / (h3.average_hexagon_edge_length(CELLS, unit="m") * 1.4)) + 2
    return {"cells": list(h3.grid_disk(here, rings))}
