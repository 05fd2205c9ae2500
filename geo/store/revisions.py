"""Ids that are never reused, and the revision of the store.

One row per counter: a writer that takes from it locks the row until it commits, so revisions become
visible in order and no reader can skip one.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select, update

from geo.store.dialect import upsert
from geo.store.schema import bulk_change, counter, place_change

COUNTERS = ("place", "space", "listing", "import_run", "booking", "api_key", "feed", "communities", "revision")


def mint(connection: Connection, name: str, count: int = 1) -> range:
    """`count` fresh consecutive ids from a counter of `COUNTERS`."""
    statement = (
        update(counter).where(counter.c.name == name).values(value=counter.c.value + count).returning(counter.c.value)
    )
    last = int(connection.execute(statement).scalar_one())
    return range(last - count + 1, last + 1)


def record_changes(connection: Connection, place_ids: Iterable[int]) -> int:
    """Records that these places (or their spaces, slots or removal) changed; returns the new revision."""
    (revision,) = mint(connection, "revision")
    rows = [{"place_id": place_id, "revision": revision} for place_id in sorted(set(place_ids))]
    upsert(connection, place_change, rows, key=["place_id"])
    return revision


def record_range(connection: Connection, first_id: int, last_id: int, change: int) -> None:
    """Records that all places of a range appeared or went at revision `change`."""
    row = {"first_id": first_id, "last_id": last_id, "revision": change}
    upsert(connection, bulk_change, [row], key=["first_id", "last_id"])


def revision(connection: Connection) -> int:
    """The revision of the last committed change."""
    return int(connection.execute(select(counter.c.value).where(counter.c.name == "revision")).scalar_one())


def record_communities_change(connection: Connection) -> int:
    """Records that communities or their memberships changed; returns the new revision."""
    (revision,) = mint(connection, "revision")
    connection.execute(update(counter).where(counter.c.name == "communities").values(value=revision))
    return revision


def communities_revision(connection: Connection) -> int:
    """The revision of the last committed change to communities or their memberships."""
    return int(connection.execute(select(counter.c.value).where(counter.c.name == "communities")).scalar_one())


def revisions(connection: Connection) -> tuple[int, int]:
    """`revision` and `communities_revision`, at one moment."""
    names = ("revision", "communities")
    rows = connection.execute(select(counter.c.name, counter.c.value).where(counter.c.name.in_(names)))
    values = {row.name: row.value for row in rows}
    return int(values["revision"]), int(values["communities"])


def changed_since(connection: Connection, since: int) -> list[int]:
    """Ids of the places changed after revision `since`, removed ones included."""
    one_by_one = select(place_change.c.place_id).where(place_change.c.revision > since)
    ids = {int(place_id) for place_id in connection.execute(one_by_one).scalars()}
    for row in connection.execute(select(bulk_change).where(bulk_change.c.revision > since)):
        ids.update(range(row.first_id, row.last_id + 1))
    return sorted(ids)


def count_changed_since(connection: Connection, since: int) -> int:
    """Upper bound of the number of places in `changed_since`: a cheap check before building an overlay."""
    one_by_one = select(func.count()).select_from(place_change).where(place_change.c.revision > since)
    ranges = select(func.coalesce(func.sum(bulk_change.c.last_id - bulk_change.c.first_id + 1), 0)).where(
        bulk_change.c.revision > since
    )
    return int(connection.execute(one_by_one).scalar_one()) + int(connection.execute(ranges).scalar_one())
