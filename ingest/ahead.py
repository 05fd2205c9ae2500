"""Reads and understands the lists of one command in worker processes, ahead of their publication."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date
from pathlib import Path

from geo.errors import PlaceLibreError
from geo.geocoder.geocoder import Geocoder
from ingest.pipeline import Order, understand_list
from ingest.staging import stage

WORKERS = 2


class Ahead:
    """Stages orders in their order, several at a time; `wait` before publishing one. A context manager."""

    def __init__(self, orders: Sequence[Order], geocoder: Geocoder, work: Path, today: date) -> None:
        # Started anew rather than forked: a process with threads (polars has some) must not be copied.
        self._pool = ProcessPoolExecutor(min(WORKERS, len(orders)), multiprocessing.get_context("spawn"))
        self._futures: list[Future[None]] = [
            self._pool.submit(_stage, order, geocoder, work, today) for order in orders
        ]

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wait(self, number: int) -> None:
        """Waits until an order is staged. What is wrong with its list is said when it is imported."""
        self._futures[number].result()


def _stage(order: Order, geocoder: Geocoder, work: Path, today: date) -> None:
    try:
        told = understand_list(order, today)
        stage(told.raw, told.mapping, _here(geocoder), told.choices, work)
    except PlaceLibreError:
        return  # the import itself meets the same error, and says it where a person reads it


_LOADED: dict[str, Geocoder] = {}


def _here(geocoder: Geocoder) -> Geocoder:
    """The geocoder of this process: what it loads and remembers serves every list."""
    return _LOADED.setdefault(geocoder.edition, geocoder)
