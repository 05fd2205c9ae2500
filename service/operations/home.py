"""The home belongs to one store: mappings, uploads, pseudonyms and indexes of two stores must not mix."""

from pathlib import Path

from sqlalchemy import Engine

from geo.errors import Conflict, InvalidInput
from geo.files import write_text
from geo.store.engine import reading
from geo.store.identity import read_store_id
from service.settings import Settings

MARK = "STORE"
"""File of the home that holds the identity of its store."""


def check_home(settings: Settings, engine: Engine) -> None:
    """Raises Conflict when the home belongs to another store than the one in use, InvalidInput when it is no folder.

    A store that lies in the home by default is always its owner. A home without a mark belongs to nobody yet.
    """
    owner = _read_owner(settings.home)
    if settings.is_store_in_home or owner is None:
        return
    with reading(engine) as connection:
        store_id = read_store_id(connection)
    if owner != store_id:
        home, mark = settings.home, settings.home / MARK
        raise Conflict(
            fr=f"Le dossier {home} est celui d'une autre base : donnez à celle-ci le sien par PLACELIBRE_HOME, "
            f"ou supprimez {mark} pour le lui donner.",
            en=f"The folder {home} belongs to another store: give this one its own by PLACELIBRE_HOME, "
            f"or delete {mark} to hand the folder over.",
        )


def claim_home(settings: Settings, engine: Engine) -> None:
    """Marks the home as that of the store in use. Raises Conflict when it belongs to another, InvalidInput when it
    cannot be written."""
    check_home(settings, engine)
    with reading(engine) as connection:
        store_id = read_store_id(connection)
    if _read_owner(settings.home) == store_id:
        return
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        write_text(settings.home / MARK, store_id + "\n")
    except OSError as error:
        raise _unusable(settings.home) from error


def _read_owner(home: Path) -> str | None:
    """Identity of the store that the home belongs to; None for nobody."""
    try:
        return (home / MARK).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(home) from error


def _unusable(home: Path) -> InvalidInput:
    return InvalidInput(
        field="PLACELIBRE_HOME",
        value=home,
        fr=f"Impossible de lire et d'écrire dans {home} : donnez par PLACELIBRE_HOME un dossier qui le permet.",
        en=f"Cannot read and write in {home}: give a folder that allows it by PLACELIBRE_HOME.",
    )
