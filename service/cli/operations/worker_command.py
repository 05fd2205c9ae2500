"""`placelibre worker`."""

import signal
import threading
from types import FrameType
from typing import Annotated

import typer

from service.cli.console.output import say, services


def worker(
    once: Annotated[bool, typer.Option("--once", help="Import what is due now, then end")] = False,
) -> None:
    """Import the lists that live at a URL whenever they are due, until stopped."""
    from service.operations.worker import Worker

    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    failed = False
    with services(writes_home=True) as running:
        importer = Worker(running, running.fetcher, say, stop)
        if once:
            failed = any(outcome.error for outcome in importer.once())
        else:
            say("Le worker attend les listes à importer.", "The worker waits for lists to import.")
            importer.run()
    if stop.is_set():
        say("Le worker s'est arrêté proprement.", "The worker stopped cleanly.")
    if failed:
        raise typer.Exit(1)
