"""What a store holds, as plain values that are equal for equal content, on either database and at any revision."""

import io
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl
import shapely
from geoalchemy2 import WKBElement
from geoalchemy2.shape import to_shape
from sqlalchemy import Connection, inspect, select

from tests.service.migrations.sample_rows import Row, is_unseen, reflect

Dump = dict[str, list[Row]]


def dump(connection: Connection) -> Dump:
    """Rows by table, in one order. Three subjects that revisions store differently appear under a name of their own:
    `blocking` (keys of listings), `outcomes` (of rows of lists) and `changed` (last revision of places).
    """
    raw = {
        name: [{str(k): _plain(k, v) for k, v in row.items()} for row in connection.execute(select(table)).mappings()]
        for name, table in reflect(connection).items()
    }
    raw["blocking"] = [*raw.pop("listing_key", []), *(pair for run in raw.pop("key_run", []) for pair in _pairs(run))]
    reports = raw.pop("import_report", [])
    raw["outcomes"] = [
        *raw.pop("import_row", []),
        *({"import_id": report["import_id"]} | row for report in reports for row in _report(report["rows"])),
    ]
    raw["changed"] = _changed(raw)
    raw["inserted"] = _inserted(raw)
    return {name: sorted(rows, key=lambda row: json.dumps(row, sort_keys=True)) for name, rows in raw.items()}


def _plain(name: str, value: Any) -> Any:
    if name == "position":
        point = to_shape(value) if isinstance(value, WKBElement) else shapely.from_wkb(value)
        return [point.x, point.y]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _pairs(run: Row) -> list[Row]:
    keys, listings = (np.frombuffer(bytes.fromhex(run[name]), "<i8").tolist() for name in ("block_keys", "listing_ids"))
    assert len(keys) == run["size"]
    assert keys == sorted(keys)
    return [
        {"import_id": run["import_id"], "key": key, "listing_id": listing}
        for key, listing in zip(keys, listings, strict=True)
    ]


def _report(parquet: str) -> list[Row]:
    return pl.read_parquet(io.BytesIO(bytes.fromhex(parquet))).to_dicts()


def _changed(raw: Dump) -> list[Row]:
    last: dict[int, int] = {row["place_id"]: row["revision"] for row in raw["place_change"]}
    for span in raw.get("bulk_change", []):
        for place_id in range(span["first_id"], span["last_id"] + 1):
            last[place_id] = max(span["revision"], last.get(place_id, 0))
    return [{"place_id": place_id, "revision": revision} for place_id, revision in last.items()]


def _inserted(raw: Dump) -> list[Row]:
    single = {
        (row["import_id"], row["table_name"], row["row_id"]) for row in raw["import_change"] if row["before"] is None
    }
    for span in raw.get("import_range", []):
        ids = range(span["first_id"], span["last_id"] + 1)
        single |= {(span["import_id"], span["table_name"], row_id) for row_id in ids}
    return [dict(zip(("import_id", "table_name", "row_id"), one, strict=True)) for one in single]


LOST_BELOW: dict[str, dict[str, set[str] | None]] = {
    "0009": {"store_identity": None},
    "0006": {"impression": None, "impression_result": None},
    "0005": {"membership": None, "counter: communities": None},
    "0004": {"blocking": {"import_id"}},
    "0003": {"feed": None, "counter: feed": None},
    "0002": {
        **{"decision": None, "listing_pair": None, "blocking": None, "unpublished": None},
        **{"bulk_change": None, "place_change": None},  # held as one row for each place: `changed`
        "place": {"complement", "score", "email", "siret", "parent", "origins", "h3_r5", "h3_r7"},
        "listing": {"facts", "trust"},
        "import_run": {"written_at"},
        "outcomes": {"line", "name", "notes"},
    },
}
"""Tables (None) and columns that no store below a revision can hold."""


def held_below(content: Dump, lowest: str) -> Dump:
    """What is left of a dump in a store that has been at revision `lowest`."""
    left = {name: rows for name, rows in content.items() if name != "counter"}
    left |= {f"counter: {row['name']}": [row] for row in content["counter"]}
    for revision, losses in LOST_BELOW.items():
        if lowest >= revision:
            continue
        for name, columns in losses.items():
            if columns is None:
                left.pop(name, None)
            elif name in left:
                left[name] = [{k: v for k, v in row.items() if k not in columns} for row in left[name]]
    if lowest < "0002":
        left = {name: [row for row in rows if not is_unseen(row)] for name, rows in left.items()}
    if lowest < "0008":
        left["listing"] = [_without_spaces(row) for row in left["listing"]]
    return {name: sorted(rows, key=lambda row: json.dumps(row, sort_keys=True)) for name, rows in left.items()}


def _without_spaces(listing: Row) -> Row:
    """A listing without the spaces that it names and the agreement of its host, which the upgrade to 0008 finds again
    in the tables and the journal."""
    facts = listing.get("facts")
    return listing | {"facts": {k: v for k, v in facts.items() if k not in {"spaces", "offered"}}} if facts else listing


def schema(connection: Connection) -> dict[str, Any]:
    """Columns, keys, indexes, checks and comments of every table; no defaults, which only help while rows exist."""
    seen = inspect(connection)
    return {
        name: {
            "columns": sorted(
                (c["name"], str(c["type"]), c["nullable"], c.get("comment")) for c in seen.get_columns(name)
            ),
            "primary key": seen.get_pk_constraint(name)["constrained_columns"],
            "foreign keys": sorted(
                (k["constrained_columns"], k["referred_table"], str(k["options"])) for k in seen.get_foreign_keys(name)
            ),
            "unique": sorted(key["column_names"] for key in seen.get_unique_constraints(name)),
            "indexes": sorted((str(i["name"]), i["column_names"], bool(i["unique"])) for i in seen.get_indexes(name)),
            "checks": checks(connection, name),
            "comment": seen.get_table_comment(name)["text"] if connection.dialect.supports_comments else None,
        }
        for name in [*reflect(connection), *(n for n in seen.get_table_names() if n.startswith("place_rtree"))]
    }


def checks(connection: Connection, table: str) -> dict[str, list[str]]:
    """Words and numbers in each CHECK of a table, in order; each database writes the rest in its own way."""
    found = inspect(connection).get_check_constraints(table)
    return {str(check["name"]): literals(str(check["sqltext"])) for check in found}


def literals(sql: str) -> list[str]:
    """Words in quotes and numbers of an expression, in order."""
    return re.findall(r"(?<=')[a-z_]+(?=')|\d+", sql)
