"""The host of a place, and whether its spaces are new: the facts behind the variety of the first page."""

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

from sqlalchemy import Engine, func, select

from geo.store.engine import reading
from geo.store.schema import place
from ingest.journal.tables import import_range, import_run

SIREN_DIGITS = 9
NEW_FOR = timedelta(days=90)


class Hosts:
    """Hosts of the results of one search, read from the store."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine = engine
        self._since = (now - NEW_FOR).astimezone(UTC)

    def read(self, results: Sequence[tuple[int, int]]) -> list[tuple[Hashable, bool]]:
        """For each place and space (0: a candidate): its host, and whether the space is new.

        The host is the legal unit (SIREN), else the body that runs the place, else the place itself.
        """
        with reading(self._engine) as connection:
            among = place.c.id.in_([place_id for place_id, _ in results])
            rows = connection.execute(select(place.c.id, place.c.siret, place.c.parent).where(among))
            hosts = {row.id: _host(row.id, row.siret, row.parent) for row in rows}
        first = self._first_new
        return [
            (hosts.get(place_id, place_id), first is not None and space_id >= first) for place_id, space_id in results
        ]

    @cached_property
    def _first_new(self) -> int | None:
        """Least id of the spaces that appeared in the last NEW_FOR days; None when none did.

        Ids are minted in the order of first sight, so all later ids are new as well.
        """
        first = (
            select(func.min(import_range.c.first_id))
            .join(import_run, import_run.c.id == import_range.c.import_id)
            .where(import_run.c.published_at >= self._since, import_range.c.table_name == "space")
        )
        with reading(self._engine) as connection:
            space_id: int | None = connection.execute(first).scalar_one()
        return space_id


def _host(place_id: int, siret: str | None, parent: str | None) -> Hashable:
    if siret and len(siret) >= SIREN_DIGITS:
        return siret[:SIREN_DIGITS]
    return parent.casefold().strip() if parent and parent.strip() else place_id
