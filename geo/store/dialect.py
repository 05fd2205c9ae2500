"""The differences between SQLite and PostgreSQL + PostGIS.

SQLite keeps points as WKB in a BLOB and finds them through the index on their H3 cell: the descendants of a cell are
one range of cell numbers, and that index costs a fifth of the built-in R*Tree on a large import.
PostGIS has a real geometry column with a GiST index. Queries are written once against `PointColumn`, `in_box`, `upsert`
and `insert_many`; the compiler picks the variant.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Table,
    event,
    func,
    or_,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import JSON, TypeDecorator

from geo.types import Point

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""64-bit integer; SQLite makes only `INTEGER` an alias of the row id."""

Json = JSON().with_variant(postgresql.JSONB(), "postgresql")

LOCK_TIMEOUT_S = 5
MAX_PARAMETERS = 30_000
"""Both databases refuse a statement with more than about 32,000 bound values."""

SQLITE_CACHE_KIB = 32 * 1024
"""Cache large enough for the indexes of a national store, so that no transaction of an import reads them again."""
SQLITE_CHECKPOINT_PAGES = 16_000
"""Log size (64 MiB) between checkpoints: a page written by many transactions is copied to the file once."""

_WKB_POINT = struct.Struct("<BIdd")
MAX_BOX_CELLS = 60
"""Maximum cell ranges in one box query; a larger box is covered by larger cells."""
_BOX_RESOLUTIONS = range(7, -1, -1)
_H3_RESOLUTION = 9


class _PointType(TypeDecorator[Point]):
    """A WGS 84 point: little-endian WKB on SQLite, `geometry(Point, 4326)` on PostGIS."""

    impl = LargeBinary
    cache_ok = True
    spatial_index = False  # read by GeoAlchemy2: the first migration creates the index

    def load_dialect_impl(self, dialect: "Dialect | None") -> "TypeEngine[Any]":
        if dialect is None or dialect.name != "postgresql":  # GeoAlchemy2 also calls without a dialect
            return self.impl_instance
        from geoalchemy2 import Geometry  # takes a third of a second, so not on SQLite

        return dialect.type_descriptor(Geometry("POINT", srid=4326, spatial_index=False))

    def process_bind_param(self, value: Point | None, dialect: "Dialect") -> Any:
        return None if value is None else stored_point(dialect.name, value.lon, value.lat)

    def process_result_value(self, value: Any, dialect: "Dialect") -> Point | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return Point(*_ewkb_point(str(value.desc)))
        _, _, lon, lat = _WKB_POINT.unpack(value)
        return Point(lon, lat)


PointColumn = _PointType()
"""Column type of a position; its Python value is a `Point`."""


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
    exactly = place.c.lon.between(min_lon, max_lon) & place.c.lat.between(min_lat, max_lat)
    cells = _cells_over(min_lon, min_lat, max_lon, max_lat)
    if not cells:
        return exactly
    return or_(*(place.c.h3_r9.between(*_descendants(cell)) for cell in cells)) & exactly


def _cells_over(min_lon: float, min_lat: float, max_lon: float, max_lat: float) -> list[int]:
    """H3 cells that cover a box, at the finest resolution with at most MAX_BOX_CELLS; none beyond 30°."""
    import h3.api.basic_int as h3

    corners = [(min_lat, min_lon), (min_lat, max_lon), (max_lat, max_lon), (max_lat, min_lon)]
    if max_lon - min_lon > 30 or max_lat - min_lat > 30:
        return []  # edges of cells are great circles, far from the parallels of so large a box
    for resolution in _BOX_RESOLUTIONS:
        # The ring around what overlaps makes up for edges that bend away from the box's.
        inside = h3.h3shape_to_cells_experimental(h3.LatLngPoly(corners), resolution, "overlap")
        if len(inside) <= MAX_BOX_CELLS:
            return sorted({near for cell in inside for near in h3.grid_disk(cell, 1)})
    return []


def _descendants(cell: int) -> tuple[int, int]:
    """First and last number of the resolution-9 cells under a cell: digits below its own are free."""
    import h3.api.basic_int as h3

    children = h3.cell_to_center_child(cell, _H3_RESOLUTION)
    free = (1 << 3 * (_H3_RESOLUTION - h3.get_resolution(cell))) - 1
    shift = 3 * (15 - _H3_RESOLUTION)
    return children & ~(free << shift), children | (free << shift)


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


def insert_many(connection: Connection, into: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts many rows fast, without bound parameters: positions come from `stored_point`, JSON as text."""
    names = ", ".join(f'"{name}"' for name in columns)
    if connection.dialect.name == "postgresql":
        _copy(connection, f'COPY "{into.name}" ({names}) FROM STDIN', rows)
        return
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(
        f'INSERT INTO "{into.name}" ({names}) VALUES ({marks})',  # noqa: S608  names of our own schema
        [tuple(row) for row in rows],
    )


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    import psycopg  # only where it is used: the command line starts without it

    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect) from error
    finally:
        cursor.close()


def stored_point(engine_name: str, lon: float, lat: float) -> bytes | str:
    """The value of a position for `insert_many`."""
    if engine_name == "postgresql":
        return f"SRID=4326;POINT({lon!r} {lat!r})"
    return _WKB_POINT.pack(1, 1, lon, lat)


SPATIAL_TABLES = frozenset({"spatial_ref_sys"})
"""Tables of PostGIS itself, left out when a schema is compared with its metadata."""


def prepare_engine(engine: Engine) -> Engine:
    """Configures every connection: WAL, foreign keys and a bounded wait for locks."""

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten, however SQLite was built
            cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT_S * 1000}")
            cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {SQLITE_CHECKPOINT_PAGES}")
            cursor.close()

    else:
        import geoalchemy2  # noqa: F401  listens to the creation of tables, so it must be imported before the first one

        @event.listens_for(engine, "connect")
        def _configure_postgres(connection: Any, _record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'")
            connection.commit()

    return engine


def begin_writing(connection: Connection) -> None:
    """Takes SQLite's single write lock at once: waiting for it later in the transaction would deadlock."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("BEGIN IMMEDIATE"))


def begin_reading(connection: Connection) -> None:
    """Starts a read transaction: all reads see the store at one moment, whatever is written meanwhile."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("BEGIN"))
    else:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
