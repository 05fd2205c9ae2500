"""Lists that live at a URL: which there are, when each is due, who is at it, what came of it.

The database decides who runs a feed: one conditional UPDATE claims it for some minutes, and the worker renews that
while it lives. Times are written in UTC, because SQLite keeps no zone.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from geo.errors import Conflict, InvalidInput, NotFound, PlaceLibreError
from geo.store.engine import reading, writing
from geo.store.revisions import mint
from geo.types import PlaceKind, SpaceKind
from ingest.journal.tables import feed
from ingest.pipeline import check_community
from ingest.rows.list_parser import MAX_SOURCE
from service.fetching.url_guard import checked_url

CLAIM = timedelta(minutes=5)
FIRST_RETRY = timedelta(minutes=15)
LONGEST_RETRY = timedelta(hours=24)
MAX_HOURS = 24 * 366

_EVERY = re.compile(r"(\d{1,5})\s*([hdj])")


@dataclass(frozen=True, slots=True)
class Done:
    """How a run ended, as the feed keeps it."""

    status: str
    import_id: int | None = None
    change: dict[str, Any] | None = None
    etag: str | None = None
    last_modified: str | None = None
    file_sha256: str | None = None


def hours(text: str) -> int:
    """`24h`, `7d` (or `7j`) in hours. Raises InvalidInput."""
    found = _EVERY.fullmatch(text.strip().lower())
    count = int(found.group(1)) * (1 if found.group(2) == "h" else 24) if found else 0
    if not 1 <= count <= MAX_HOURS:
        raise InvalidInput(
            field="every",
            value=text,
            fr=f"« {text} » n'est pas une fréquence ; donnez des heures ou des jours, par exemple 24h ou 7d.",
            en=f"“{text}” is not a frequency; give hours or days, for example 24h or 7d.",
        )
    return count


def add(
    engine: Engine,
    url: str,
    source: str,
    every: str,
    now: datetime,
    *,
    community: str | None = None,
    kind: str | None = None,
    column_map: dict[str, str] | None = None,
    offered: bool = False,
    as_space: str | None = None,
) -> dict[str, Any]:
    """Adds a feed, due at once. Raises FetchFailed (URL), InvalidInput, NotFound (community), Conflict (source)."""
    name = _source(source)
    check_community(engine, community)
    values = {
        "source": name,
        "url": checked_url(url).url,
        "community": community,
        "kind": _word(PlaceKind, "kind", kind),
        "column_map": column_map,
        "offered": offered,
        "as_space": _word(SpaceKind, "as_space", as_space),
        "every_hours": hours(every),
        "next_at": now.astimezone(UTC),
        "failures": 0,
        "state": "waiting",
    }
    try:
        with writing(engine) as connection:
            (feed_id,) = mint(connection, "feed")
            connection.execute(insert(feed).values(id=feed_id, **values))
    except IntegrityError as error:
        raise Conflict(
            fr=f"La liste « {name} » a déjà une adresse ; retirez-la d'abord avec « placelibre feeds remove ».",
            en=f"The list “{name}” has an address already; remove it first with “placelibre feeds remove”.",
        ) from error
    return read(engine, name)


def remove(engine: Engine, source: str) -> None:
    """Forgets a feed; its places and imports stay. Raises NotFound."""
    with writing(engine) as connection:
        if connection.execute(delete(feed).where(feed.c.source == source)).rowcount != 1:
            raise _no_such_feed(source)


def read(engine: Engine, source: str) -> dict[str, Any]:
    """One feed for a program, the last difference included. Raises NotFound."""
    with reading(engine) as connection:
        row = connection.execute(select(feed).where(feed.c.source == source)).one_or_none()
    if row is None:
        raise _no_such_feed(source)
    return told(row)


def read_all(engine: Engine) -> list[dict[str, Any]]:
    """Every feed by source, without the names of the last difference."""
    with reading(engine) as connection:
        rows = [told(row) for row in connection.execute(select(feed).order_by(feed.c.source))]
    for row in rows:
        if row["last_change"]:
            row["last_change"] = {key: value for key, value in row["last_change"].items() if key != "names"}
    return rows


def claim_due(engine: Engine, now: datetime) -> Row[Any] | None:
    """Claims the feed that has been due for longest, or whose worker died; None when nothing is due."""
    at = now.astimezone(UTC)
    free = or_(and_(feed.c.state == "waiting", feed.c.next_at <= at), _abandoned(at))
    while True:
        with reading(engine) as connection:
            found = connection.execute(select(feed.c.id).where(free).order_by(feed.c.next_at, feed.c.id)).scalar()
        if found is None:
            return None
        row = _claim(engine, and_(feed.c.id == found, free), at)
        if row is not None:  # else another worker was faster: look for the next
            return row


def claim_now(engine: Engine, source: str, now: datetime) -> Row[Any]:
    """Claims a feed whether it is due or not. Raises NotFound, Conflict when a worker is at it."""
    at = now.astimezone(UTC)
    row = _claim(engine, and_(feed.c.source == source, or_(feed.c.state == "waiting", _abandoned(at))), at)
    if row is None:
        read(engine, source)
        raise Conflict(
            fr=f"La liste « {source} » est en cours d'import ; attendez quelques minutes.",
            en=f"The list “{source}” is being imported; wait some minutes.",
        )
    return row


def renew(engine: Engine, row: Row[Any], now: datetime) -> bool:
    """Keeps a claim for as long again; False when it was lost."""
    held = update(feed).where(_held(row)).values(claimed_until=now.astimezone(UTC) + CLAIM)
    with writing(engine) as connection:
        return connection.execute(held).rowcount == 1


def finish(engine: Engine, row: Row[Any], done: Done, now: datetime) -> None:
    """Notes a run that went well; the feed waits for its next time. Nothing when the claim was lost."""
    values: dict[str, Any] = {
        "last_status": done.status,
        "last_error": None,
        "failures": 0,
        "etag": done.etag,
        "last_modified": done.last_modified,
        "next_at": now.astimezone(UTC) + timedelta(hours=row.every_hours),
    }
    if done.file_sha256 is not None:
        values["file_sha256"] = done.file_sha256
    if done.change is not None:
        values["last_change"] = done.change
    if done.import_id is not None:
        values["last_import_id"] = done.import_id
    _release(engine, row, {**values, "last_at": now.astimezone(UTC)})


def fail(engine: Engine, row: Row[Any], error: PlaceLibreError | None, now: datetime) -> datetime:
    """Notes a run that failed (error None: by a fault of ours); returns when it is tried again, later each time."""
    failures = row.failures + 1
    again_at = now.astimezone(UTC) + retry_after(failures, row.every_hours)
    sentences = {"fr": error.message("fr"), "en": error.message("en")} if error else _fault()
    values = {"last_status": "failed", "last_error": sentences, "failures": failures, "next_at": again_at}
    _release(engine, row, {**values, "last_at": now.astimezone(UTC)})
    return again_at


def give_back(engine: Engine, row: Row[Any]) -> None:
    """Lets go of a feed that was not finished: it stays due."""
    _release(engine, row, {})


def retry_after(failures: int, every_hours: int) -> timedelta:
    """A quarter of an hour, doubled at each failure in a row, at most a day or the feed's own frequency."""
    longest = max(LONGEST_RETRY, timedelta(hours=every_hours))
    return min(FIRST_RETRY * (1 << min(failures - 1, 20)), longest)


def told(row: Row[Any]) -> dict[str, Any]:
    """A feed as `--json` shows it."""
    answer = {str(key): value for key, value in row._mapping.items() if key not in {"claim", "claimed_until"}}
    for name in ("next_at", "last_at"):
        moment: datetime | None = answer[name]
        if moment is not None:
            aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            answer[name] = aware.isoformat(timespec="seconds")
    return answer


def _claim(engine: Engine, free: ColumnElement[bool], at: datetime) -> Row[Any] | None:
    token = secrets.token_hex(16)
    claimed = update(feed).where(free).values(state="running", claim=token, claimed_until=at + CLAIM)
    with writing(engine) as connection:
        if connection.execute(claimed).rowcount != 1:
            return None
        return connection.execute(select(feed).where(feed.c.claim == token)).one()


def _release(engine: Engine, row: Row[Any], values: dict[str, Any]) -> None:
    free = {"state": "waiting", "claim": None, "claimed_until": None}
    with writing(engine) as connection:
        connection.execute(update(feed).where(_held(row)).values(**values, **free))


def _held(row: Row[Any]) -> ColumnElement[bool]:
    return and_(feed.c.id == row.id, feed.c.claim == row.claim)


def _abandoned(at: datetime) -> ColumnElement[bool]:
    return and_(feed.c.state == "running", feed.c.claimed_until <= at)


def _source(said: str) -> str:
    name = said.strip()
    if not name or len(name) > MAX_SOURCE or not name.isprintable():
        raise InvalidInput(
            field="source",
            value=said,
            fr=f"Le nom d'une liste a de 1 à {MAX_SOURCE} caractères ; donnez-en un avec --source.",
            en=f"The name of a list has 1 to {MAX_SOURCE} characters; give one with --source.",
        )
    return name


def _word(vocabulary: type[PlaceKind] | type[SpaceKind], field: str, said: str | None) -> str | None:
    if said is not None and said not in vocabulary:
        listed = ", ".join(vocabulary)
        raise InvalidInput(
            field=field,
            value=said,
            fr=f"« {said} » n'est pas un type connu ; choisissez parmi : {listed}.",
            en=f"“{said}” is not a known kind; choose one of: {listed}.",
        )
    return said


def _no_such_feed(source: str) -> NotFound:
    return NotFound(
        fr=f"Aucune adresse pour la liste « {source} » ; « placelibre feeds » les montre toutes.",
        en=f"There is no address for the list “{source}”; “placelibre feeds” shows them all.",
    )


def _fault() -> dict[str, str]:
    return {
        "fr": "L'import s'est arrêté sur une faute du programme ; signalez-la avec le journal du worker.",
        "en": "The import stopped on a fault of the program; report it with the worker's log.",
    }
