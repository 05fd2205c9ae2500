"""The worker: imports feeds when they are due, removes what stopped imports left, and keeps the index fresh."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from geo.errors import PlaceLibreError, StoreUnavailable
from geo.localisation.plurals import count_fr, rows_text
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
RENEWAL_S = 60.0

Say = Callable[[str, str], None]


class StoppedError(Exception):
    """The worker must stop in the middle of a list. Never shown."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one feed: its status, what changed if the list was read, the error if it failed."""

    source: str
    status: str
    change: dict[str, Any] | None = None
    error: PlaceLibreError | None = None


class Worker:
    """Imports feeds that are due. `say` takes one French and one English line per feed.

    `stop` ends it, also in the middle of a list: its unpublished rows are removed and the feed stays due.
    """

    def __init__(self, running: Services, fetcher: Fetcher, say: Say, stop: threading.Event | None = None) -> None:
        self._running, self._fetcher, self._say = running, fetcher, say
        self._stop = stop or threading.Event()

    def run(self) -> None:
        """Works until `stop` is set."""
        while not self._stop.is_set():
            try:
                self.once()
            except StoreUnavailable as error:  # it may come back; other errors do not pass by waiting
                self._say(error.message("fr"), error.message("en"))
            self._stop.wait(PAUSE_S)

    def once(self) -> list[Outcome]:
        """Removes leftovers and imports every feed that is due now."""
        clear_away(self._running.engine, "", IDLE_S)  # "" names no list: only imports idle for long
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
        """Fetches and imports one feed now, changed or not. Raises NotFound, and Conflict while a worker imports it."""
        row = feeds.claim_now(self._running.engine, source, self._running.now())
        outcome = self._run(row, whole=True)
        self._refresh_index()
        return outcome

    def _run(self, row: Row[Any], *, whole: bool = False) -> Outcome:
        engine, now = self._running.engine, self._running.now
        try:
            with self._renewing_claim(row):
                result = self._import(row, whole=whole)
                feeds.finish(engine, row, result, now())
        except PlaceLibreError as error:
            again_at = feeds.fail(engine, row, error, now())
            self._log(row.source, f"échec : {error.message('fr')}", f"failed: {error.message('en')}", again_at)
            return Outcome(row.source, "failed", error=error)
        except (StoppedError, KeyboardInterrupt):
            feeds.give_back(engine, row)
            raise
        except BaseException:
            feeds.fail(engine, row, None, now())  # else it would be claimed first for ever
            raise
        self._log(row.source, *_result_text(result))
        return Outcome(row.source, result.status, result.change)

    def _import(self, row: Row[Any], *, whole: bool) -> feeds.Done:
        running = self._running
        folder = running.settings.staging / "feeds" / str(row.id)
        shutil.rmtree(folder, ignore_errors=True)  # left by a worker that died
        try:
            download = self._fetcher.fetch(
                row.url,
                folder,
                etag=None if whole else row.etag,
                last_modified=None if whole else row.last_modified,
                go_on=self._check_stop,
            )
            if download.path is None:
                return feeds.Done(
                    "unchanged",
                    etag=download.etag or row.etag,
                    last_modified=download.last_modified or row.last_modified,
                )
            fetched = feeds.Done(
                "unchanged", etag=download.etag, last_modified=download.last_modified, file_sha256=download.sha256
            )
            if download.sha256 == row.file_sha256 and not whole:
                return fetched
            request = ImportRequest(
                download.path,
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
                progress=lambda _count, _total: self._check_stop(),
                context=running.import_context,
            )
            difference = changes(running.engine, report, running.now())
            return replace(fetched, status="imported", import_id=report.import_id, change=difference)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise StoppedError

    @contextmanager
    def _renewing_claim(self, row: Row[Any]) -> Iterator[None]:
        """Renews the claim of a feed during the work: a national list takes longer than a claim lasts."""
        finished = threading.Event()

        def renew() -> None:
            while not finished.wait(RENEWAL_S):
                try:
                    feeds.renew(self._running.engine, row, self._running.now())
                except StoreUnavailable:
                    continue  # a claim outlasts several renewals

        renewal = threading.Thread(target=renew, daemon=True)
        renewal.start()
        try:
            yield
        finally:
            finished.set()
            renewal.join()

    def _refresh_index(self) -> None:
        """Builds a new snapshot when the present one is outdated (`service.index.live_search.is_outdated`)."""
        running = self._running
        folder = running.settings.index
        if self._stop.is_set() or not (folder / "CURRENT").exists():
            return
        try:
            with build_lock(folder) as is_free:  # else a server is building
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


def _result_text(result: feeds.Done) -> tuple[str, str]:
    if result.change is None:
        return "rien de nouveau", "nothing new"
    change = result.change
    new = change["accepted"] + change["merged"]
    return (
        f"{rows_text(change['rows'], 'fr')}, {count_fr(new, 'nouvelle')}, "
        f"{count_fr(change['updated'], 'mise à jour', 'mises à jour')}, {count_fr(change['rejected'], 'rejetée')}, "
        f"{count_fr(change['vanished'], 'disparue')}",
        f"{rows_text(change['rows'], 'en')}, {new} new, {change['updated']} updated, {change['rejected']} rejected, "
        f"{change['vanished']} vanished",
    )
