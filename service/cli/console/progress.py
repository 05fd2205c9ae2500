"""Draws a progress bar on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class _Rate(ProgressColumn):
    """Units a second: "12 300/s"."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s".replace(",", "\u202f") if task.speed else "")


@contextmanager
def draw_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Draws a bar on standard error and yields its callback; see `service.cli.console.output.progress_bar`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda count, total: progress.update(task, completed=count, total=total or None)
