"""Which store an index was built from. An index of another store is refused: its ids name other places."""

from pathlib import Path
from typing import ClassVar

from sqlalchemy import Connection

from geo.errors import Language, SnapshotUnusable
from geo.store.identity import read_store_id
from geo.store.revisions import revision
from matching.snapshot.layout import Meta


class IndexOfAnotherStore(SnapshotUnusable):
    """Use `IndexOfAnotherStore(path=...)`."""

    code = "index_of_another_store"
    messages: ClassVar[dict[Language, str]] = {
        "fr": "L'index {path} a été construit depuis une autre base ; reconstruisez-le avec « placelibre index », "
        "ou donnez à cette base son propre dossier par PLACELIBRE_HOME.",
        "en": "The index {path} was built from another store; rebuild it with “placelibre index”, "
        "or give this store a folder of its own by PLACELIBRE_HOME.",
    }


def check_origin(meta: Meta, folder: Path, connection: Connection) -> None:
    """Raises IndexOfAnotherStore unless the index in `folder` was built from the store of the connection.

    Indexes built before stores had an identity name none. They are accepted, unless their revision lies in the future
    of the store; a server or a worker replaces them at its first look.
    """
    is_foreign = meta.store_id != read_store_id(connection) if meta.store_id else meta.revision > revision(connection)
    if is_foreign:
        raise IndexOfAnotherStore(path=folder)
