"""A new snapshot, built beside those who serve: in a process of its own, for it would hold the interpreter's lock."""

import fcntl
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import Engine

from geo.errors import PlaceLibreError
from geo.store.engine import open_store
from matching.snapshot.files import current_version

logger = logging.getLogger(__name__)

LOCK = ".rebuilding"
NICENESS = 10
"""Searches come first."""
RETRY_S = 60.0
"""After a failure."""

Build = Callable[[Engine, Path, datetime], Path]


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody else, in this or another process, is building a snapshot under `folder`; nobody may meanwhile."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


class Rebuilding:
    """Builds snapshots under `folder`, one at a time; whoever serves takes them in when they are published."""

    def __init__(self, build: Build, engine: Engine, folder: Path) -> None:
        self._build, self._engine, self._folder = build, engine, folder
        self._waiting: threading.Thread | None = None
        self._not_before = 0.0

    def start(self, now: datetime, outdated: str) -> None:
        """Begins, if nobody does, to build what replaces the version `outdated`; returns at once."""
        if self._waiting is not None and self._waiting.is_alive():
            return
        if time.monotonic() >= self._not_before:
            self._waiting = threading.Thread(target=self._run, args=(now, outdated), name="placelibre-rebuild")
            self._waiting.start()

    def wait(self) -> None:
        """Until nothing is being built."""
        if self._waiting is not None:
            self._waiting.join()

    def _run(self, now: datetime, outdated: str) -> None:
        failure = None
        try:
            with alone(self._folder) as is_alone:
                if is_alone and current_version(self._folder) == outdated:
                    failure = self._run_child(now)
        except PlaceLibreError as error:
            failure = error.message("en")
        except OSError as error:  # a folder that may not be written to
            failure = str(error)
        if failure is not None:
            self._not_before = time.monotonic() + RETRY_S
            logger.error("building a new snapshot failed: %s", failure)

    def _run_child(self, now: datetime) -> str | None:
        """What went wrong, if anything."""
        fresh = multiprocessing.get_context("spawn")  # a fork would keep the locks of threads that it has not
        hears, tells = fresh.Pipe(duplex=False)
        # Through a pipe, for the address of a store may hold a password.
        store = self._engine.url.render_as_string(hide_password=False)
        child = fresh.Process(target=_in_child, args=(self._build, store, self._folder, now, tells), daemon=True)
        child.start()
        tells.close()
        try:
            failure: str | None = hears.recv()
        except EOFError:  # it ended without a word; what it may have said is on standard error
            child.join()
            failure = f"its process ended with {child.exitcode}"
        child.join()
        return failure


def _in_child(build: Build, store: str, folder: Path, now: datetime, tells: Connection) -> None:
    os.nice(NICENESS)
    try:
        build(open_store(store), folder, now)
        tells.send(None)
    except PlaceLibreError as error:
        tells.send(error.message("en"))
