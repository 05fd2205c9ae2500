"""The one history of the schema, for all rooms: `upgrade` brings a store up to date."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from geo.store.dialect import SPATIAL_TABLES
from geo.store.engine import translating_errors


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> str:
    """Brings the store to the newest revision, in one transaction; returns that revision. Safe to run again."""
    with translating_errors(engine), engine.connect() as connection:
        # Two processes may migrate at once (demo and worker): the second waits, then finds nothing to do.
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7077151)"))
        else:
            connection.execute(text("BEGIN IMMEDIATE"))
        command.upgrade(_config(connection), "head")
        connection.commit()
    return head()


def head() -> str:
    """The newest revision this code knows."""
    return str(ScriptDirectory(str(Path(__file__).parent)).get_current_head())


def current(engine: Engine) -> str | None:
    """The revision of a store, None when it was never migrated."""
    with translating_errors(engine), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Whether alembic should compare this object: spatial side tables and indexes are not in the metadata."""
    return not (kind == "table" and name in SPATIAL_TABLES) and name != "place_position_gist"
