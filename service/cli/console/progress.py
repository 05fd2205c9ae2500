"""A progress bar as it is drawn on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class _Rate(ProgressColumn):
    """How many a second: "12 300/s"."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s".replace(",", "\u202f") if task.speed else "")


@contextmanager
def drawn(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, and the callback that moves it; see `service.cli.console.output.progress_bar`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
