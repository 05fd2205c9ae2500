"""The blocking index: blocking keys with the listings under them, as sorted arrays.

A list of 100,000 rows has 600,000 keys. As rows of a table they took longer to write than the listings; here an import
adds some runs of `RUN_KEYS`, and a look-up searches every run, some hundredths of a second for a national store. Keys
of listings that were removed or changed are harmless: the listing itself is read afterwards. Small runs are merged, so
that a list imported every day does not make a thousand of them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, delete, func, insert, select

from geo.store.engine import writing
from geo.store.schema import listing
from ingest.journal.tables import import_run, key_run

Ints = npt.NDArray[np.int64]

RUN_KEYS = 200_000
"""3 MB of keys and listings: written in some hundredths of a second."""
SMALL = 20_000
MOST_SMALL = 64
"""So many runs of fewer than `SMALL` keys are merged."""
COLUMNS = ("import_id", "part", "size", "block_keys", "listing_ids")


def runs(import_id: int, keys: Ints, listings: Ints) -> list[tuple[Any, ...]]:
    """Rows of `key_run` (`COLUMNS`) for keys and their listings, each pair once."""
    order = np.lexsort((listings, keys))
    keys, listings = keys[order], listings[order]
    first = np.ones(len(keys), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (listings[1:] != listings[:-1])
    keys, listings = keys[first], listings[first]
    return [
        (import_id, part, len(some), _bytes(some), _bytes(listings[start : start + RUN_KEYS]))
        for part, start in enumerate(range(0, len(keys), RUN_KEYS))
        for some in [keys[start : start + RUN_KEYS]]
    ]


def under(connection: Connection, probes: Ints) -> set[int]:
    """Ids of the listings under any of these keys; some may exist no longer."""
    wanted = np.unique(probes)
    ids: set[int] = set()
    for keys, listings in _stored(connection):
        starts, ends = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
        for start, end in zip(starts[starts < ends].tolist(), ends[starts < ends].tolist(), strict=True):
            ids.update(listings[start:end].tolist())
    return ids


def _stored(connection: Connection) -> Iterator[tuple[Ints, Ints]]:
    for row in connection.execute(select(key_run.c.block_keys, key_run.c.listing_ids).execution_options(yield_per=8)):
        yield _ints(row.block_keys), _ints(row.listing_ids)


def remove(connection: Connection, import_id: int) -> None:
    """Removes the runs of an import that was never published."""
    connection.execute(delete(key_run).where(key_run.c.import_id == import_id))


def merge_small(engine: Engine) -> None:
    """Merges many small runs of published imports into one, without listings that exist no longer."""
    still_written = select(import_run.c.id).where(import_run.c.state == "writing")
    small = (key_run.c.size < SMALL) & key_run.c.import_id.not_in(still_written)
    with writing(engine) as connection:
        if connection.execute(select(func.count()).where(small)).scalar_one() < MOST_SMALL:
            return
        rows = connection.execute(select(key_run).where(small).with_for_update()).all()
        keys = np.concatenate([_ints(row.block_keys) for row in rows])
        listings = np.concatenate([_ints(row.listing_ids) for row in rows])
        existing = np.isin(listings, _existing(connection, np.unique(listings)))
        for row in rows:
            mine = (key_run.c.import_id == row.import_id) & (key_run.c.part == row.part)
            connection.execute(delete(key_run).where(mine))
        part = 1 + connection.execute(select(func.coalesce(func.max(key_run.c.part), 0))).scalar_one()
        merged = runs(rows[-1].import_id, keys[existing], listings[existing])
        if merged:
            named = [dict(zip(COLUMNS, row, strict=True)) for row in merged]
            connection.execute(insert(key_run), [row | {"part": row["part"] + part} for row in named])


def _existing(connection: Connection, ids: Ints) -> Sequence[int]:
    wanted = listing.c.id.between(int(ids[0]), int(ids[-1])) if len(ids) else listing.c.id < 0
    return connection.execute(select(listing.c.id).where(wanted)).scalars().all()


def _bytes(numbers: Ints) -> bytes:
    return numbers.astype("<i8").tobytes()


def _ints(raw: bytes) -> Ints:
    return np.frombuffer(raw, "<i8").astype(np.int64, copy=False)
