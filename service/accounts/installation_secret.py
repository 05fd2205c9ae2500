"""The installation's secret: one small file, created on first use, readable by its owner only."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from geo.errors import InvalidInput

_BYTES = 32


def installation_secret(path: Path) -> bytes:
    """The 32 bytes that the file holds in hexadecimal. Raises InvalidInput when it cannot be read or created."""
    try:
        if not path.exists():
            _create(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise _unusable(path) from error
    if len(secret) != _BYTES:
        raise _unusable(path)
    return secret


def _create(path: Path) -> None:
    """Creates the file in one step: when two processes come first together, one creates it and both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.") as draft:
        draft.write(secrets.token_hex(_BYTES) + "\n")
        draft.flush()
        os.fsync(draft.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft.name)


def _unusable(path: Path) -> InvalidInput:
    return InvalidInput(
        field="PLACELIBRE_SECRET",
        value=path,
        fr=f"Le secret de l'installation ({path}) est illisible : restaurez ce fichier ou corrigez PLACELIBRE_SECRET.",
        en=f"The installation's secret ({path}) cannot be read: restore that file or correct PLACELIBRE_SECRET.",
    )
