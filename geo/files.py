"""Files that other processes may read or write at the same time: atomic replacement, locks of folders."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from geo.errors import Conflict


@contextmanager
def replace_file(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """Yields the path of a draft, which replaces `path` at the end: a reader sees the old file or the new one, whole.

    The draft has the name of the file, in a hidden folder beside it. `sync` forces it to the disk before the
    replacement, so that it survives a power failure. After an error `path` is unchanged and the draft is removed.
    Raises OSError.
    """
    with _draft_folder(path) as folder:
        draft = folder / path.name
        yield draft
        if sync:
            with draft.open("rb") as file:
                os.fsync(file.fileno())
        draft.replace(path)


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file atomically. Raises OSError."""
    with replace_file(path) as draft:
        draft.write_text(text, encoding="utf-8")


@contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """Yields a new draft folder, which replaces the folder `path` at the end, complete.

    After an error `path` is unchanged and the draft is removed. Raises OSError.
    """
    with _draft_folder(path) as folder:
        draft, replaced = folder / "new", folder / "old"
        draft.mkdir()
        yield draft
        if path.exists():
            path.rename(replaced)
        draft.rename(path)


@contextmanager
def _draft_folder(path: Path) -> Iterator[Path]:
    """A folder of this thread beside `path`, removed at the end."""
    folder = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def lock_folder(folder: Path, name: str = "lock") -> Iterator[bool]:
    """Takes the lock `name` of a folder, among all threads and processes; yields whether it was free.

    Does not wait. The system releases the lock even when the process is killed.
    """
    from filelock import FileLock, Timeout  # takes 50 ms, which a search does not need

    lock = FileLock(folder / name, blocking=False)
    with suppress(Timeout):
        lock.acquire()
    try:
        yield lock.is_locked
    finally:
        lock.release()


@contextmanager
def exclusive(folder: Path, refusal: Conflict) -> Iterator[None]:
    """Holds the lock of a folder. Raises `refusal` when another thread or process holds it."""
    with lock_folder(folder) as is_free:
        if not is_free:
            raise refusal
        yield
