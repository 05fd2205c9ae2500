"""One at a time in a folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import Conflict


@contextmanager
def alone(folder: Path, refusal: Conflict) -> Iterator[None]:
    """Holds the folder's lock, which the system gives back even when the process is killed. Raises `refusal`."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise refusal from error
        yield
