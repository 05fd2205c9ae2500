"""Stages the lists of one command in worker processes, ahead of their publication."""

import gc
import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path

from geo.errors import PlaceLibreError
from geo.geocoder.geocoder import Geocoder
from ingest.rows.list_parser import ImportRequest, parse_list
from ingest.staging.staging import stage_share

WORKERS = 2
NICENESS = 10
SHARED = 2
"""Number of lists that all workers stage together: nothing can be published before the first is staged, and the second
is needed soon after."""


class ParallelStaging:
    """Stages the lists of requests in their order, several at a time: a context manager. `wait` before publishing."""

    def __init__(
        self, requests: Sequence[ImportRequest], geocoder: Geocoder, work: Path, mappings: Path | None, today: date
    ) -> None:
        # Spawned, not forked: a process with threads (polars has some) must not be copied.
        self._pool = ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn"), _start_worker)
        shares = [WORKERS if number < SHARED else 1 for number in range(len(requests))]
        self._futures: list[list[Future[None]]] = [
            [self._pool.submit(_stage, request, geocoder, work, mappings, today, share, of) for share in range(of)]
            for request, of in zip(requests, shares, strict=True)
        ]

    def __enter__(self) -> "ParallelStaging":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wait(self, number: int) -> None:
        """Waits until the list of a request is staged. Its import raises what is wrong with it.

        When a worker was killed, the import reads the list itself.
        """
        with suppress(BrokenExecutor):
            for share in self._futures[number]:
                share.result()


def _start_worker() -> None:
    """Initialises a worker: garbage collection off, low priority, exits with its parent.

    Objects of a list live until its end; looking for garbage takes a fifth of the time. Publication, which takes longer
    than staging, has priority. A worker that outlived its parent would write beside the next attempt.
    """
    gc.disable()
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _stage(
    request: ImportRequest, geocoder: Geocoder, work: Path, mappings: Path | None, today: date, share: int, of: int
) -> None:
    try:
        loaded = _load_once(geocoder)
        parsed = parse_list(request, loaded, mappings, today)
        stage_share(parsed.raw, parsed.options, loaded, work, share, of)
    except PlaceLibreError:
        return  # the import itself meets the same error, and reports it


_LOADED: dict[str, Geocoder] = {}


def _load_once(geocoder: Geocoder) -> Geocoder:
    """The geocoder of this process: the tables and caches of the first one serve every list."""
    return _LOADED.setdefault(geocoder.edition, geocoder)
