"""Reads and understands the lists of one command in worker processes, ahead of their publication."""

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
from ingest.rows.list_parser import Order, understand_list
from ingest.staging.staging import stage_share

WORKERS = 2
NICENESS = 10
SHARED = 2
"""So many lists are read by all workers together: until the first is staged nothing can be published, and the second
is wanted soon after."""


class Ahead:
    """Stages orders in their order, several at a time; `wait` before publishing one. A context manager."""

    def __init__(
        self, orders: Sequence[Order], geocoder: Geocoder, work: Path, mappings: Path | None, today: date
    ) -> None:
        # Started anew rather than forked: a process with threads (polars has some) must not be copied.
        self._pool = ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn"), _quietly)
        shares = [WORKERS if number < SHARED else 1 for number in range(len(orders))]
        self._futures: list[list[Future[None]]] = [
            [self._pool.submit(_stage, order, geocoder, work, mappings, today, share, of) for share in range(of)]
            for order, of in zip(orders, shares, strict=True)
        ]

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wait(self, number: int) -> None:
        """Waits until an order is staged. What is wrong with its list is said when it is imported.

        When a worker was killed the import reads the list itself.
        """
        with suppress(BrokenExecutor):
            for share in self._futures[number]:
                share.result()


def _quietly() -> None:
    """In a worker: what lives, lives to the end of a list, and looking for what does not takes a fifth of the time.

    Workers step back for the publication of what they staged: it is the longer road. They end when whoever they work
    for was killed, rather than write on beside the next attempt.
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
    order: Order, geocoder: Geocoder, work: Path, mappings: Path | None, today: date, share: int, of: int
) -> None:
    try:
        here = _here(geocoder)
        told = understand_list(order, here, mappings, today)
        stage_share(told.raw, told.how, here, work, share, of)
    except PlaceLibreError:
        return  # the import itself meets the same error, and says it where a person reads it


_LOADED: dict[str, Geocoder] = {}


def _here(geocoder: Geocoder) -> Geocoder:
    """The geocoder of this process: what it loads and remembers serves every list."""
    return _LOADED.setdefault(geocoder.edition, geocoder)
