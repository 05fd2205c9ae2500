"""What every command shares: settings, language, progress on a terminal only, errors as one sentence."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from geo.errors import Language
from service.container import Services
from service.settings import Settings, read_settings

ProgressCallback = Callable[[int, int], None]


def settings() -> Settings:
    return read_settings()


def services() -> Services:
    return Services(read_settings())


def language() -> Language:
    """Language of messages: `PLACELIBRE_LANGUAGE`."""
    return "en" if read_settings().language == "en" else "fr"


def say(french: str, english: str) -> None:
    """One line for a person, on standard error so that standard output stays data."""
    print(french if language() == "fr" else english, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Results for a program, on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def console() -> Console:
    """Tables for a person, on standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


class _Rate(ProgressColumn):
    """How many a second: "12 300/s"."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s".replace(",", "\u202f") if task.speed else "")


@contextmanager
def progress_bar(title: str) -> Iterator[ProgressCallback | None]:
    """A callback (done, total; 0 when nobody knows) that draws a bar, the rate and the time left on a terminal; None in
    a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
