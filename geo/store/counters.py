"""Ids that are never reused, and the revision of the store.

One row per counter: a writer that takes from it holds the row until it commits, so revisions become
visible in order and no reader can skip one.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select, update

from geo.store.dialect import upsert
from geo.store.schema import counter, place_change

COUNTERS = ("place", "space", "listing", "import_run", "booking", "api_key", "revision")


def mint(connection: Connection, name: str, count: int = 1) -> range:
    """`count` fresh consecutive ids from a counter of `COUNTERS`."""
    statement = (
        update(counter).where(counter.c.name == name).values(value=counter.c.value + count).returning(counter.c.value)
    )
    last = int(connection.execute(statement).scalar_one())
    return range(last - count + 1, last + 1)


def record_changes(connection: Connection, place_ids: Iterable[int]) -> int:
    """Notes that these places (or their spaces, slots or removal) changed; returns the new revision."""
    (revision,) = mint(connection, "revision")
    rows = [{"place_id": place_id, "revision": revision} for place_id in sorted(set(place_ids))]
    upsert(connection, place_change, rows, key=["place_id"])
    return revision


def revision(connection: Connection) -> int:
    """The revision of the last committed change."""
    return int(connection.execute(select(counter.c.value).where(counter.c.name == "revision")).scalar_one())


def changed_since(connection: Connection, since: int) -> list[int]:
    """Ids of the places changed after revision `since`, removed ones included."""
    statement = select(place_change.c.place_id).where(place_change.c.revision > since).order_by(place_change.c.place_id)
    return [int(place_id) for place_id in connection.execute(statement).scalars()]
