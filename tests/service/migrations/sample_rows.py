"""Rows for a store at any revision of the schema: every table and column that a revision has gets a value."""

import io
import struct
from datetime import UTC, date, datetime
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import polars as pl
from sqlalchemy import Connection, MetaData, Table, inspect, text

UNSEEN = 9000
"""From this id on, rows belong to an import that was never published."""

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
HASH = "5f" * 32
DIGEST = "ab" * 16
MEMBER = "c0ffee" + "0" * 26
IMPRESSION = "d1" * 16
SLOT = 991_000
Row = dict[str, Any]


def fill(connection: Connection) -> None:
    """Writes rows into every table of the store; fails when a table or a column has none here."""
    tables = reflect(connection)
    has_unseen = "unpublished" in tables
    for name, value in COUNTERS.items():
        connection.execute(text("UPDATE counter SET value = :value WHERE name = :name"), {"name": name, "value": value})
    for name, table in tables.items():
        if name in {"counter", "store_identity"}:  # the migration that creates them fills them
            continue
        for row in _rows(connection)[name]:
            assert set(table.c.keys()) <= row.keys(), name
            if _fits(table, row) and (has_unseen or not is_unseen(row)):
                connection.execute(table.insert(), {key: value for key, value in row.items() if key in table.c})


def _fits(table: Table, row: Row) -> bool:
    """Whether the revision can hold the row: the first one cannot say that an import removed something."""
    return all(column.nullable or row[column.name] is not None for column in table.columns)


def reflect(connection: Connection) -> dict[str, Table]:
    """The tables of the store as the database describes them, parents first, without those of other programs."""
    ours = [
        name
        for name in inspect(connection).get_table_names()
        if not name.startswith("place_rtree") and name not in {"spatial_ref_sys", "alembic_version"}
    ]
    metadata = MetaData()
    metadata.reflect(connection, only=ours)
    return {table.name: table for table in metadata.sorted_tables}


def is_unseen(row: Row) -> bool:
    """Whether a row belongs to the import that was never published."""
    return any(
        isinstance(value, int) and value >= UNSEEN
        for name, value in row.items()
        if name in {"id", "place_id", "space_id", "listing_id", "import_id"}
    )


COUNTERS = {
    **{"place": 9100, "space": 40, "listing": 9100, "import_run": 9000, "booking": 3, "api_key": 2},
    **{"feed": 2, "communities": 11, "revision": 12},
}


def _rows(connection: Connection) -> dict[str, list[Row]]:
    return {**_store_rows(connection.dialect.name), **_journal_rows(), **_service_rows()}


def _place(dialect: str, place_id: int, name: str, lon: float, lat: float, **others: Any) -> Row:
    position = f"SRID=4326;POINT({lon!r} {lat!r})" if dialect == "postgresql" else struct.pack("<BIdd", 1, 1, lon, lat)
    row = {
        **{"id": place_id, "name": name, "match_key": f"{name.lower()}|44109", "kind": "coworking"},
        **{"status": "offered", "address": "3 rue de la Fosse", "complement": "bât. B", "postcode": "44000"},
        **{"commune": "Nantes", "insee": "44109", "lon": lon, "lat": lat, "position": position},
        **{f"h3_r{r}": h3.latlng_to_cell(lat, lon, r) for r in (5, 7, 9)},
        **{"precision": "exact", "expected_m": 0.0, "time_zone": "Europe/Paris", "opening_hours": "Mo-Fr 08:30-19:00"},
        **{"hours_assumed": False, "capacity": 24, "amenities": {"wifi": "yes", "parking": "no"}, "score": 0.87},
        **{"phone": "+33 2 40 00 00 00", "email": "accueil@exemple.fr", "website": "https://exemple.fr"},
        **{"siret": "12345678901234", "parent": "Ville de Nantes", "origins": {"phone": "mairies"}},
        **{"checked_on": date(2026, 3, 1), "demo": False},
    }
    return row | others


def _listing(listing_id: int, place_id: int, import_id: int, community: str | None) -> Row:
    return {
        **{"id": listing_id, "source": f"liste-{import_id}", "source_key": f"clé {listing_id}", "fingerprint": HASH},
        **{"raw": {"Nom": "L'Écluse", "Capacité": "24"}, "facts": {"name": "L'Écluse", "capacity": 24}, "trust": 70},
        **{"place_id": place_id, "community": community, "licence": "ODbL", "import_id": import_id},
        "has_own_key": listing_id % 2 == 0,
    }


def _store_rows(dialect: str) -> dict[str, list[Row]]:
    unknown = {"opening_hours": None, "capacity": None, "checked_on": None, "score": None, "siret": None}
    return {
        "community": [
            {
                **{"slug": slug, "name": slug.title(), "sharing": "partners", "colours": {"brand": "#123456"}},
                **{"values": ["écologie", "entraide"], "words": "Un tiers-lieu.", "partners": others, "website": None},
            }
            for slug, others in (("ecluse", ["ruche"]), ("ruche", []))
        ],
        "place": [
            _place(dialect, 1, "L'Écluse", -1.5603, 47.2131),
            _place(dialect, 2, "La Ruche", 55.4481, -20.8789, kind="fablab", demo=True),
            _place(dialect, 3, "Mairie de Mende", 3.5001, 44.5181, status="candidate", amenities={}, **unknown),
            _place(dialect, 9001, "Pas encore", -1.5, 47.2),
        ],
        "place_alias": [{"alias_id": 77, "place_id": 1}],
        "place_change": [
            {"place_id": 1, "revision": 4},
            {"place_id": 2, "revision": 9},
            {"place_id": 77, "revision": 5},
        ],
        "bulk_change": [
            {"first_id": 1, "last_id": 3, "revision": 6},
            {"first_id": 3, "last_id": 4, "revision": 3},
        ],
        "space": [
            {
                **{"id": space_id, "place_id": place_id, "key": f"{kind} {space_id}", "kind": kind, "name": "Salle"},
                **{"seats": 8, "price_half_day_cents": 2500, "member_price_half_day_cents": None},
                **{"opening_hours": None, "amenities": {"screen": "yes"}, "closed": False, "demo": place_id == 2},
            }
            for space_id, place_id, kind in ((10, 1, "meeting_room"), (11, 1, "desk"), (12, 2, "event_room"))
        ],
        "space_community": [{"space_id": 10, "community": "ecluse"}, {"space_id": 10, "community": "ruche"}],
        "listing": [
            *(_listing(1, 1, 1, "ecluse"), _listing(2, 2, 1, None), _listing(3, 3, 3, None), _listing(4, 3, 3, None)),
            _listing(9001, 9001, 9000, None),
        ],
        "unpublished": [
            {"table_name": name, "first_id": 9001, "last_id": 9005, "import_id": 9000} for name in ("place", "listing")
        ],
        "busy": [
            {"space_id": 10, "slot": SLOT, "seats_taken": 8, "seats": 8},
            {"space_id": 12, "slot": SLOT + 1, "seats_taken": 1, "seats": 8},
        ],
    }


def _run(import_id: int, state: str, community: str | None = None) -> Row:
    return {
        **{"id": import_id, "source": f"liste-{import_id}", "community": community, "file_name": "été.csv"},
        **{"file_sha256": HASH, "licence": "ODbL", "started_at": NOW, "written_at": NOW, "state": state},
        **{"published_at": None if state == "writing" else NOW, "undone_at": NOW if state == "undone" else None},
        **{"offered": True, "counts": {"rows": 3, "accepted": 1, "merged": 1, "rejected": 1}},
    }


def _change(import_id: int, table: str, row_id: int, before: str | None, after: str | None, detail: str = "") -> Row:
    entry = {"import_id": import_id, "table_name": table, "row_id": row_id, "detail": detail}
    return entry | {"before": before, "after": after}


def _outcome(import_id: int, row: int, outcome: str, place_id: int | None) -> Row:
    rejected = ("no_location", "adresse", "3 rue d'Été") if outcome == "rejected" else (None, None, None)
    told = dict(zip(("reason", "field", "value"), rejected, strict=True))
    return {"import_id": import_id, "row": row, "outcome": outcome, "place_id": place_id} | told


def _report(outcomes: list[Row]) -> bytes:
    rows = [
        {name: value for name, value in row.items() if name != "import_id"}
        | {"line": row["row"] + 3, "name": "L'Écluse", "notes": '["axes_swapped"]'}
        for row in outcomes
    ]
    buffer = io.BytesIO()
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _journal_rows() -> dict[str, list[Row]]:
    outcomes = {
        1: [_outcome(1, 1, "accepted", 1), _outcome(1, 2, "merged", 2), _outcome(1, 4, "rejected", None)],
        2: [_outcome(2, 1, "updated", 1), _outcome(2, 2, "unchanged", 2)],
        9000: [_outcome(9000, 1, "accepted", None)],
    }
    keys = {1: ([(-5, 1), (7, 1), (2**62, 2)]), 3: [(-5, 3), (7, 3), (7, 4)]}
    return {
        "import_run": [_run(1, "published", "ecluse"), _run(2, "undone"), _run(3, "published"), _run(9000, "writing")],
        "import_change": [
            _change(1, "place", 1, None, DIGEST),
            _change(1, "space_community", 10, None, DIGEST, "ecluse"),
            _change(2, "place", 2, '{"name":"La Ruche d\'avant"}', DIGEST),
            _change(3, "place", 77, '{"name":"L\'Écluse en double"}', None),
            _change(3, "place_alias", 77, None, DIGEST),
        ],
        "import_row": [row for rows in outcomes.values() for row in rows],
        "import_report": [{"import_id": import_id, "rows": _report(rows)} for import_id, rows in outcomes.items()],
        "import_range": [
            {"import_id": 3, "table_name": "place", "first_id": 3, "last_id": 3},
            {"import_id": 3, "table_name": "listing", "first_id": 3, "last_id": 4},
            {"import_id": 9000, "table_name": "place", "first_id": 9001, "last_id": 9005},
        ],
        "listing_key": [{"key": key, "listing_id": listing} for pairs in keys.values() for key, listing in pairs],
        "key_run": [
            {
                **{"import_id": import_id, "part": 0, "size": len(pairs)},
                "block_keys": np.array([key for key, _ in pairs], "<i8").tobytes(),
                "listing_ids": np.array([listing for _, listing in pairs], "<i8").tobytes(),
            }
            for import_id, pairs in keys.items()
        ],
        "listing_pair": [{"listing_a": 1, "listing_b": 3, "probability": 0.42}],
        "decision": [{"key_a": "liste-1|clé 1", "key_b": "liste-3|clé 3", "same": True, "decided_at": NOW}],
        "feed": [
            {
                **{"id": 2, "source": "liste-3", "url": "https://exemple.fr/liste.csv", "community": "ruche"},
                **{"kind": "library", "column_map": {"Nom": "name"}, "offered": False, "as_space": "desk"},
                **{"every_hours": 24, "next_at": NOW, "last_at": NOW, "last_status": "imported", "last_import_id": 3},
                **{"last_error": {"fr": "Refusé", "en": "Refused"}, "last_change": {"rows": 2}, "etag": '"a1"'},
                **{"last_modified": "Mon, 23 Nov 2026 14:00:00 GMT", "file_sha256": HASH, "failures": 1},
                **{"state": "running", "claim": "worker-1", "claimed_until": NOW},
            }
        ],
    }


def _service_rows() -> dict[str, list[Row]]:
    booking = {
        **{"space_id": 10, "community": "ecluse", "starts_slot": SLOT, "stop_slot": SLOT + 1, "seats": 8},
        **{"state": "confirmed", "idempotency_key": "ecluse:1", "request_hash": HASH, "created_at": NOW, "demo": False},
    }
    terms = {"proximity": 0.9, "wishes": 0.5, "price": None, "affinity": 0.1, "fit": 1.0, "trust": 0.75}
    return {
        "api_key": [
            {
                **{"id": 2, "community": "ecluse", "hash": HASH, "hint": "pl_ecluse_ab"},
                **{"created_at": NOW, "revoked_at": NOW},
            }
        ],
        "booking": [
            {"id": 1, **booking},
            {"id": 2, **booking, "space_id": 12, "community": None, "state": "cancelled", "idempotency_key": None},
        ],
        "membership": [{"community": slug, "member": MEMBER} for slug in ("ecluse", "ruche")],
        "impression": [
            {
                **{"id": IMPRESSION, "hour": NOW, "h3_r7": h3.latlng_to_cell(47.2131, -1.5603, 7), "mode": "bike"},
                **{"preset": "balanced", "seats": 2, "windowed": True, "candidates": False, "lost_before": 0},
            }
        ],
        "impression_result": [
            {
                **{"impression_id": IMPRESSION, "rank": rank, "place_id": place_id, "space_id": space_id},
                **terms,
                **{"clicked": rank == 1, "booked": False},
            }
            for rank, place_id, space_id in ((1, 1, 10), (2, 3, None))
        ],
    }
