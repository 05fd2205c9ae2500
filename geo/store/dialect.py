"""Every difference between SQLite and PostgreSQL + PostGIS, and nothing else.

SQLite keeps points as WKB in a BLOB and finds them through its built-in R*Tree (kept by triggers);
PostGIS has a real geometry column with a GiST index. Queries are written once against `PointColumn`,
`in_box` and `upsert`; the compiler picks the variant.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, cast

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Table,
    event,
    func,
    select,
    table,
    text,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import JSON, TypeDecorator

from geo.types import Point

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""64-bit integer; SQLite makes only `INTEGER` an alias of the row id."""

Json = JSON().with_variant(postgresql.JSONB(), "postgresql")

LOCK_TIMEOUT_S = 5
MAX_PARAMETERS = 30_000
"""Both databases refuse a statement with more than about 32,000 bound values."""

_WKB_POINT = struct.Struct("<BIdd")
_RTREE = table("place_rtree", sql_column("id"), *(sql_column(n) for n in ("min_lon", "max_lon", "min_lat", "max_lat")))


class _WkbPoint(TypeDecorator[Point]):
    """A WGS 84 point as little-endian WKB."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Point | None, dialect: Any) -> Any:
        return None if value is None else _WKB_POINT.pack(1, 1, value.lon, value.lat)

    def process_result_value(self, value: Any, dialect: Any) -> Point | None:
        if value is None:
            return None
        _, _, lon, lat = _WKB_POINT.unpack(value)
        return Point(lon, lat)


class _PostgisPoint(TypeDecorator[Point]):
    """A WGS 84 point as `geometry(Point, 4326)`."""

    impl = Geometry
    cache_ok = True

    def process_bind_param(self, value: Point | None, dialect: Any) -> Any:
        return None if value is None else f"SRID=4326;POINT({value.lon!r} {value.lat!r})"

    def process_result_value(self, value: Any, dialect: Any) -> Point | None:
        if value is None:
            return None
        lon, lat = _ewkb_point(str(value.desc))
        return Point(lon, lat)


PointColumn = _WkbPoint().with_variant(_PostgisPoint("POINT", srid=4326, spatial_index=False), "postgresql")
"""Type of the column that holds a position; takes and gives `Point`."""


def _ewkb_point(hexadecimal: str) -> tuple[float, float]:
    raw = bytes.fromhex(hexadecimal)
    order = "<" if raw[0] == 1 else ">"
    (kind,) = struct.unpack_from(order + "I", raw, 1)
    offset = 9 if kind & 0x20000000 else 5
    lon, lat = struct.unpack_from(order + "dd", raw, offset)
    return lon, lat


def in_box(
    engine_name: str, place: Table, min_lon: float, min_lat: float, max_lon: float, max_lat: float
) -> ColumnElement[bool]:
    """Condition: the place lies in the box, answered by the spatial index of either database."""
    if engine_name == "postgresql":
        envelope = func.ST_MakeEnvelope(min_lon, min_lat, max_lon, max_lat, 4326)
        return cast("ColumnElement[bool]", place.c.position.op("&&", is_comparison=True)(envelope))
    inside = select(_RTREE.c.id).where(
        _RTREE.c.min_lon <= max_lon,
        _RTREE.c.max_lon >= min_lon,
        _RTREE.c.min_lat <= max_lat,
        _RTREE.c.max_lat >= min_lat,
    )
    # The R*Tree stores 32-bit floats rounded outwards, so the exact bounds are checked as well.
    return place.c.id.in_(inside) & place.c.lon.between(min_lon, max_lon) & place.c.lat.between(min_lat, max_lat)


def upsert(
    connection: Connection,
    into: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    update: Mapping[str, Any] | None = None,
) -> None:
    """Insert rows; where `key` exists already, replace the other columns (or apply `update`)."""
    if not rows:
        return
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(into)
    changes = update or {name: statement.excluded[name] for name in rows[0] if name not in key}
    if changes:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    connection.execute(statement, list(rows))


SPATIAL_INDEX: dict[str, tuple[str, ...]] = {
    "postgresql": ("CREATE INDEX place_position_gist ON place USING gist (position)",),
    "sqlite": (
        "CREATE VIRTUAL TABLE place_rtree USING rtree(id, min_lon, max_lon, min_lat, max_lat)",
        "CREATE TRIGGER place_rtree_insert AFTER INSERT ON place BEGIN "
        "INSERT OR REPLACE INTO place_rtree VALUES (new.id, new.lon, new.lon, new.lat, new.lat); END",
        "CREATE TRIGGER place_rtree_update AFTER UPDATE OF lon, lat ON place BEGIN "
        "UPDATE place_rtree SET min_lon = new.lon, max_lon = new.lon, min_lat = new.lat, max_lat = new.lat "
        "WHERE id = new.id; END",
        "CREATE TRIGGER place_rtree_delete AFTER DELETE ON place BEGIN DELETE FROM place_rtree WHERE id = old.id; END",
    ),
}
"""Statements of the first migration; alembic cannot express them."""

SPATIAL_TABLES = frozenset(
    {"place_rtree", "place_rtree_node", "place_rtree_parent", "place_rtree_rowid", "spatial_ref_sys"}
)
"""Tables that are not ours to compare when a schema is checked against its metadata."""


def prepare_engine(engine: Engine) -> Engine:
    """Sets per-connection behaviour: WAL, foreign keys and a bounded wait for locks."""

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT_S * 1000}")
            cursor.close()

    else:

        @event.listens_for(engine, "connect")
        def _configure_postgres(connection: Any, _record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'")
            connection.commit()

    return engine


def begin_writing(connection: Connection) -> None:
    """Takes SQLite's single write lock now rather than halfway through, where waiting would deadlock."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("BEGIN IMMEDIATE"))


def create_spatial_extension(connection: Connection) -> None:
    """Makes sure PostGIS is there; nothing to do on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
