"""The worker: imports the lists that are due, again and again, and keeps the house tidy between two of them."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from geo.errors import PlaceLibreError, StoreUnavailable
from geo.localisation.plurals import counted_fr, rows_text
from ingest.pipeline import IDLE_S, import_list
from ingest.publication.publisher import clear_away
from ingest.rows.list_parser import ImportRequest
from service.container import Services
from service.feedback.search_log import purge_log
from service.fetching.fetcher import Fetcher
from service.imports import feeds
from service.imports.feed_diff import changes
from service.index.background_build import build_lock
from service.index.live_search import is_outdated, rebuild

PAUSE_S = 30.0
RENEWED_EVERY_S = 60.0

Say = Callable[[str, str], None]


class StoppedError(Exception):
    """The worker was asked to stop in the middle of a list. Never shown."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one feed: its status, the difference if the list was read, the error if it failed."""

    source: str
    status: str
    change: dict[str, Any] | None = None
    error: PlaceLibreError | None = None


class Worker:
    """Imports what is due. `say` takes one French and one English line per feed; `stop` ends it, in the middle of a
    list too: what was written of it unseen is taken away, and the feed stays due."""

    def __init__(self, running: Services, fetcher: Fetcher, say: Say, stop: threading.Event | None = None) -> None:
        self._running, self._fetcher, self._say = running, fetcher, say
        self._stop = stop or threading.Event()

    def run(self) -> None:
        """Until `stop` is set."""
        while not self._stop.is_set():
            try:
                self.once()
            except StoreUnavailable as error:  # it may come back; the others cannot mend themselves
                self._say(error.message("fr"), error.message("en"))
            self._stop.wait(PAUSE_S)

    def once(self) -> list[Outcome]:
        """Tidies up and imports everything that is due now."""
        clear_away(self._running.engine, "", IDLE_S)  # "": no list's name; only what has been idle for long
        purge_log(self._running.engine, self._running.now(), self._running.settings.search_log_days)
        outcomes = []
        while not self._stop.is_set() and (row := feeds.claim_due(self._running.engine, self._running.now())):
            try:
                outcomes.append(self._run(row))
            except StoppedError:
                break
        self._refresh_index()
        return outcomes

    def run_one(self, source: str) -> Outcome:
        """Fetches and imports one feed now, changed or not. Raises NotFound, Conflict when a worker is at it."""
        row = feeds.claim_now(self._running.engine, source, self._running.now())
        outcome = self._run(row, whole=True)
        self._refresh_index()
        return outcome

    def _run(self, row: Row[Any], *, whole: bool = False) -> Outcome:
        engine, now = self._running.engine, self._running.now
        try:
            with self._held(row):
                done = self._import(row, whole=whole)
                feeds.finish(engine, row, done, now())
        except PlaceLibreError as error:
            again_at = feeds.fail(engine, row, error, now())
            self._log(row.source, f"échec : {error.message('fr')}", f"failed: {error.message('en')}", again_at)
            return Outcome(row.source, "failed", error=error)
        except (StoppedError, KeyboardInterrupt):
            feeds.give_back(engine, row)
            raise
        except BaseException:
            feeds.fail(engine, row, None, now())  # or it would be tried first, for ever
            raise
        self._log(row.source, *_in_words(done))
        return Outcome(row.source, done.status, done.change)

    def _import(self, row: Row[Any], *, whole: bool) -> feeds.Done:
        running = self._running
        folder = running.settings.staging / "feeds" / str(row.id)
        shutil.rmtree(folder, ignore_errors=True)  # of a worker that died
        try:
            got = self._fetcher.fetch(
                row.url,
                folder,
                etag=None if whole else row.etag,
                last_modified=None if whole else row.last_modified,
                go_on=self._go_on,
            )
            if got.path is None:
                return feeds.Done(
                    "unchanged", etag=got.etag or row.etag, last_modified=got.last_modified or row.last_modified
                )
            seen = feeds.Done("unchanged", etag=got.etag, last_modified=got.last_modified, file_sha256=got.sha256)
            if got.sha256 == row.file_sha256 and not whole:
                return seen
            request = ImportRequest(
                got.path,
                source=row.source,
                community=row.community,
                kind=row.kind,
                column_map=row.column_map,
                offered=row.offered,
                as_space=row.as_space,
            )
            report = import_list(
                running.engine,
                running.geocoder,
                request,
                now=running.now(),
                progress=lambda _done, _total: self._go_on(),
                context=running.import_context,
            )
            difference = changes(running.engine, report, running.now())
            return replace(seen, status="imported", import_id=report.import_id, change=difference)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise StoppedError

    @contextmanager
    def _held(self, row: Row[Any]) -> Iterator[None]:
        """Renews the claim while the work lasts: a national list takes longer than a claim."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(RENEWED_EVERY_S):
                try:
                    feeds.renew(self._running.engine, row, self._running.now())
                except StoreUnavailable:
                    continue  # the claim lasts for several beats

        beat = threading.Thread(target=renew, daemon=True)
        beat.start()
        try:
            yield
        finally:
            over.set()
            beat.join()

    def _refresh_index(self) -> None:
        """A new snapshot when an overlay of what changed would slow every search, or a day began."""
        running = self._running
        folder = running.settings.index
        if self._stop.is_set() or not (folder / "CURRENT").exists():
            return
        try:
            with build_lock(folder) as is_free:  # else a server is at it
                if is_free and is_outdated(running.engine, folder, running.now()):
                    rebuild(running.engine, folder, running.now())
                    self._say("L'index a été reconstruit.", "The index was rebuilt.")
        except PlaceLibreError as error:
            self._say(error.message("fr"), error.message("en"))

    def _log(self, source: str, french: str, english: str, again_at: datetime | None = None) -> None:
        at = f"{self._running.now():%Y-%m-%dT%H:%M:%S%z}"
        fr, en = "", ""
        if again_at is not None:
            fr, en = f" (nouvel essai {again_at:%Y-%m-%dT%H:%MZ})", f" (tried again {again_at:%Y-%m-%dT%H:%MZ})"
        self._say(f"{at} {source} : {french}{fr}", f"{at} {source}: {english}{en}")


def _in_words(done: feeds.Done) -> tuple[str, str]:
    if done.change is None:
        return "rien de nouveau", "nothing new"
    told = done.change
    new = told["accepted"] + told["merged"]
    return (
        f"{rows_text(told['rows'], 'fr')}, {counted_fr(new, 'nouvelle')}, "
        f"{counted_fr(told['updated'], 'mise à jour', 'mises à jour')}, {counted_fr(told['rejected'], 'rejetée')}, "
        f"{counted_fr(told['vanished'], 'disparue')}",
        f"{rows_text(told['rows'], 'en')}, {new} new, {told['updated']} updated, {told['rejected']} rejected, "
        f"{told['vanished']} vanished",
    )
