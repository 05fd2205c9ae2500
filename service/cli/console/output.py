"""What all commands share: settings, services, language, output, and progress on a terminal only."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from geo.errors import Language
from service.container import Services
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from rich.console import Console

ProgressCallback = Callable[[int, int], None]


def settings() -> Settings:
    return read_settings()


@contextmanager
def services(*, writes_home: bool = False) -> Iterator[Services]:
    """The parts that a command works with, closed however the command ends.

    A command that `writes_home` claims the home for its store first. Raises Conflict when another store owns it.
    """
    with closing(Services(read_settings())) as running:
        if writes_home:
            from service.operations.home import claim_home

            claim_home(running.settings, running.engine)
        yield running


def language() -> Language:
    """Language of messages: `PLACELIBRE_LANGUAGE`."""
    return "en" if read_settings().language == "en" else "fr"


def say(french: str, english: str) -> None:
    """One line for a person, on standard error so that standard output stays data."""
    print(french if language() == "fr" else english, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Results for a program, on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def console() -> "Console":
    """Tables for a person, on standard output."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


@contextmanager
def progress_bar(title: str) -> Iterator[ProgressCallback | None]:
    """A callback (done, total; 0: unknown) that draws a bar, the rate and the time left on a terminal; None in a
    pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from service.cli.console.progress import draw_bar

    with draw_bar(title) as callback:
        yield callback
