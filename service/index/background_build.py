"""Builds a new snapshot in the background, in a process of its own: a thread would hold the interpreter's lock."""

import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import Engine

from geo.errors import PlaceLibreError
from geo.files import lock_folder
from geo.store.engine import open_store
from matching.snapshot.files import current_version

logger = logging.getLogger(__name__)

LOCK = ".rebuilding"
NICENESS = 10
"""Lower priority than searches."""
RETRY_S = 60.0
"""Pause after a failure."""

Build = Callable[[Engine, Path, datetime], Path]


def build_lock(folder: Path) -> AbstractContextManager[bool]:
    """Takes the lock of builds under `folder`, among all threads and processes; yields whether it was free."""
    return lock_folder(folder, LOCK)


class BackgroundBuild:
    """Builds snapshots under `folder`, one at a time; servers take each one in when it is published."""

    def __init__(self, build: Build, engine: Engine, folder: Path) -> None:
        self._build, self._engine, self._folder = build, engine, folder
        self._thread: threading.Thread | None = None
        self._not_before = 0.0

    def start(self, now: datetime, outdated: str) -> None:
        """Starts to build a successor of the version `outdated`, unless a build is running; returns at once."""
        if self._thread is not None and self._thread.is_alive():
            return
        if time.monotonic() >= self._not_before:
            self._thread = threading.Thread(target=self._run, args=(now, outdated), name="placelibre-rebuild")
            self._thread.start()

    def wait(self) -> None:
        """Waits for the end of the running build."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, now: datetime, outdated: str) -> None:
        failure = None
        try:
            with build_lock(self._folder) as is_free:
                if is_free and current_version(self._folder) == outdated:
                    failure = self._run_child(now)
        except PlaceLibreError as error:
            failure = error.message("en")
        except OSError as error:  # a folder that may not be written to
            failure = str(error)
        if failure is not None:
            self._not_before = time.monotonic() + RETRY_S
            logger.error("building a new snapshot failed: %s", failure)

    def _run_child(self, now: datetime) -> str | None:
        """The failure of the build in one sentence; None when it succeeded."""
        fresh = multiprocessing.get_context("spawn")  # a fork would inherit locks held by threads that it does not have
        receiver, sender = fresh.Pipe(duplex=False)
        # The URL of a store may hold a password: it travels to the child by pipe, not in its arguments.
        store = self._engine.url.render_as_string(hide_password=False)
        child = fresh.Process(target=_in_child, args=(self._build, store, self._folder, now, sender), daemon=True)
        child.start()
        sender.close()
        try:
            failure: str | None = receiver.recv()
        except EOFError:  # it died; its last words, if any, are on standard error
            child.join()
            failure = f"its process ended with {child.exitcode}"
        child.join()
        return failure


def _in_child(build: Build, store: str, folder: Path, now: datetime, sender: Connection) -> None:
    os.nice(NICENESS)
    try:
        build(open_store(store), folder, now)
        sender.send(None)
    except PlaceLibreError as error:
        sender.send(error.message("en"))
