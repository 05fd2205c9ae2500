"""Opens a store and runs transactions on it; translates database errors into errors a person can act on."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, DBAPIError, IntegrityError, NoSuchModuleError

from geo.errors import InvalidInput, PlaceLibreError, StorageFull, StoreUnavailable
from geo.store.dialect import begin_reading, begin_writing, prepare_engine


def open_store(url: str) -> Engine:
    """Engine for `sqlite:///file.db` or `postgresql://...`; connects on first use.

    Raises InvalidInput when the URL is not one of a supported database.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    except (ArgumentError, NoSuchModuleError, OSError) as error:
        raise InvalidInput(
            field="PLACELIBRE_STORE",
            fr="PLACELIBRE_STORE n'est pas une adresse de base utilisable : "
            "donnez sqlite:///chemin/fichier.db ou postgresql://utilisateur@hôte/base.",
            en="PLACELIBRE_STORE is not a usable database URL: "
            "give sqlite:///path/file.db or postgresql://user@host/database.",
        ) from error
    return prepare_engine(engine)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading. Raises StoreUnavailable when the store cannot answer."""
    with translating_errors(engine), engine.connect() as connection:
        yield connection


@contextmanager
def reading_at_once(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the store at one moment. Raises StoreUnavailable."""
    with reading(engine) as connection:
        begin_reading(connection)
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One short transaction, committed at the end, rolled back on any error. Raises StoreUnavailable or StorageFull.

    Keep it under a second: SQLite allows one writer at a time.
    """
    with translating_errors(engine), engine.connect() as connection:
        begin_writing(connection)
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


@contextmanager
def translating_errors(engine: Engine) -> Iterator[None]:
    """Translates database errors into the error tree; the database's own message is never shown to a person."""
    try:
        yield
    except (PlaceLibreError, IntegrityError, DataError):
        raise  # already translated, or for the caller to handle
    except DatabaseError as error:
        raise _translate(error, engine) from error


def _translate(error: DBAPIError, engine: Engine) -> PlaceLibreError:
    words = str(error.orig).lower()
    state = getattr(error.orig, "sqlstate", None)
    name = engine.url.render_as_string(hide_password=True)
    if "disk is full" in words or "disk i/o error" in words or state == "53100" or f"errno {errno.ENOSPC}" in words:
        return StorageFull(path=name)
    if "locked" in words or state == "55P03":
        return StoreUnavailable(
            fr="La base est occupée par une autre écriture ; réessayez dans quelques secondes.",
            en="The store is busy with another write; try again in a few seconds.",
        )
    if "no such table" in words or "no such column" in words or state in {"42P01", "42703"}:
        return StoreUnavailable(
            fr=f"La base {name} n'est pas à jour ; lancez « placelibre migrate ».",
            en=f"The store {name} is not up to date; run “placelibre migrate”.",
        )
    if "not a database" in words or "malformed" in words:
        return StoreUnavailable(
            fr=f"Le fichier {name} n'est pas une base lisible ; restaurez-le ou choisissez-en un autre.",
            en=f"The file {name} is not a readable database; restore a backup or choose another file.",
        )
    return StoreUnavailable(
        fr=f"La base {name} ne répond pas ; vérifiez PLACELIBRE_STORE et que la base est démarrée.",
        en=f"The store {name} does not answer; check PLACELIBRE_STORE and that the database runs.",
    )
