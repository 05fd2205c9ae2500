"""The identity of a store: a random UUID that a migration creates in the store itself."""

from sqlalchemy import Connection, select

from geo.store.schema import store_identity


def read_store_id(connection: Connection) -> str:
    """The UUID of the store; a copy of the database keeps it."""
    return str(connection.execute(select(store_identity.c.id)).scalar_one())
