"""Lists in a few lines, and the reference tables they are read against."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, select

from geo.reference.communes import Areas
from geo.store.schema import community, listing, place, space
from ingest.journal.row_images import dump
from ingest.pipeline import import_file

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEADER = ("nom", "adresse", "code postal", "commune")


def as_csv(rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER) -> bytes:
    """A CSV file of these rows."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


@pytest.fixture
def bring(store: Engine, areas: Areas) -> Callable[..., Any]:
    """Imports bytes, a path or rows into the store of the test."""

    def run(content: Any, name: str = "liste.csv", **options: Any) -> Any:
        if isinstance(content, list):
            content = as_csv(content, options.pop("header", HEADER))
        return import_file(store, areas, content, name=name, now=NOW, **options)

    return run


@pytest.fixture
def communities(store: Engine) -> None:
    blank = {"colours": {}, "values": [], "words": "", "partners": [], "website": None, "sharing": "network"}
    with store.begin() as connection:
        connection.execute(
            insert(community), [{"slug": slug, "name": slug, **blank} for slug in ("ruraconnect", "base10")]
        )


class Seen:
    """What the store of the test holds."""

    def __init__(self, store: Engine) -> None:
        self._store = store

    def dump(self) -> dict[str, list[str]]:
        with self._store.connect() as connection:
            return dump(connection)

    def rows(self, table: Table) -> list[Any]:
        with self._store.connect() as connection:
            return list(connection.execute(select(table).order_by(*table.primary_key.columns)))

    def places(self) -> list[Any]:
        return self.rows(place)

    def spaces(self) -> list[Any]:
        return self.rows(space)

    def listings(self) -> list[Any]:
        return self.rows(listing)


@pytest.fixture
def seen(store: Engine) -> Seen:
    return Seen(store)
