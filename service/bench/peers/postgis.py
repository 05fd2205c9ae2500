"""PostGIS, the whole search in one statement: near spots by a GiST index, or by a b-tree over H3 cells.

Tables are temporary: nothing is left in the database.
"""

from typing import Any

import h3.api.basic_int as h3
import polars as pl
import psycopg

from geo.errors import StoreUnavailable
from geo.spatial.h3_cells import cells_of
from matching.query.query import Query
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.database import Database
from service.bench.peers.sql import NAMES, statement, tables

CELLS = 7
"""Resolution of the b-tree: cells of some 5 km²."""
EDGE_M = 1_900.0
"""More than the farthest that a point of a cell lies from its centre, with what cells vary in size."""
PATIENCE_S = 10
_TYPES = {"Float64": "double precision", "Int32": "integer"}


class ByGist(Database):
    """Near spots by the GiST index over their points."""

    within = "ST_DWithin(s.here, ST_MakePoint(%(lon)s, %(lat)s)::geography, %(metres)s, false)"

    def reach(self, query: Query) -> dict[str, Any]:
        return {"metres": query.radius_m + 10}


class ByCells(Database):
    """Near spots by the b-tree over their cells."""

    within = "s.cell = ANY(%(cells)s)"

    def reach(self, query: Query) -> dict[str, Any]:
        """Cells whose centre is near enough that some of their points may be within the radius."""
        here = h3.latlng_to_cell(query.point.lat, query.point.lon, CELLS)
        rings = int((query.radius_m + EDGE_M) / (h3.average_hexagon_edge_length(CELLS, unit="m") * 1.4)) + 2
        return {"cells": list(h3.grid_disk(here, rings))}


def make(world: IndexInput, snapshot: Snapshot, store: str) -> ByGist:
    """By the GiST index."""
    return ByGist(snapshot, _loaded(world, snapshot, store), _statement(ByGist.within))


def make_by_cells(world: IndexInput, snapshot: Snapshot, store: str) -> ByCells:
    """By the b-tree over H3 cells."""
    return ByCells(snapshot, _loaded(world, snapshot, store), _statement(ByCells.within))


def _statement(within: str) -> str:
    return statement("spot s", within, {name: f"%({name})s" for name in NAMES}, "least", "greatest")


def check_server(store: str) -> None:
    """Raises StoreUnavailable when the database does not answer or has no PostGIS."""
    try:
        with psycopg.connect(_address(store), connect_timeout=PATIENCE_S) as connection:
            connection.execute("SELECT postgis_lib_version()")
    except psycopg.OperationalError as error:
        raise StoreUnavailable(
            fr="La base PostgreSQL ne répond pas ; vérifiez PLACELIBRE_STORE et que la base est démarrée.",
            en="The PostgreSQL database does not answer; check PLACELIBRE_STORE and that the database runs.",
        ) from error
    except psycopg.errors.UndefinedFunction as error:
        raise StoreUnavailable(
            fr="La base n'a pas PostGIS ; installez-le (apt-get install postgresql-postgis), puis exécutez "
            "« CREATE EXTENSION postgis ».",
            en="The database has no PostGIS; install it (apt-get install postgresql-postgis), then execute "
            "“CREATE EXTENSION postgis”.",
        ) from error


def _address(store: str) -> str:
    """The URL of the store as psycopg reads it."""
    return store.replace("postgresql+psycopg", "postgresql")


def _loaded(world: IndexInput, snapshot: Snapshot, store: str) -> psycopg.Connection[Any]:
    """A connection with the tables and both indexes."""
    connection = psycopg.connect(_address(store), autocommit=True)
    for name, table in tables(world, snapshot).items():
        _load(connection, name, table)
    cells = cells_of(snapshot.columns.lon.tolist(), snapshot.columns.lat.tolist(), CELLS)
    ids = pl.DataFrame({"space_id": snapshot.columns.space_id, "cell": cells.astype("int64")})
    _load(connection, "cell_of", ids)
    for command in (
        "ALTER TABLE spot ADD here geography(Point, 4326), ADD cell bigint",
        "UPDATE spot s SET here = ST_MakePoint(lon, lat)::geography, cell = c.cell FROM cell_of c "
        "WHERE c.space_id = s.space_id",
        "CREATE INDEX ON spot USING gist (here)",
        "CREATE INDEX ON spot (cell)",
        "CREATE UNIQUE INDEX ON hours (pattern, day)",
        "CREATE UNIQUE INDEX ON busy (space_id, slot) INCLUDE (taken)",
        "CREATE UNIQUE INDEX ON akin (community, set_id)",
        "VACUUM ANALYZE spot, hours, busy, akin",
        "SET jit = off",
    ):
        connection.execute(command)
    return connection


def _load(connection: psycopg.Connection[Any], name: str, table: pl.DataFrame) -> None:
    columns = ", ".join(f"{column} {_TYPES.get(str(kind), 'bigint')}" for column, kind in table.schema.items())
    connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
    with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
        for row in table.iter_rows():
            copy.write_row(row)
