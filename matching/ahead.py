"""`python -m matching.ahead`: compiles the search, so that nobody waits for it. Quick when that was done."""

from datetime import UTC, datetime

from matching.engine import Whole, warm
from matching.kernel.changing import count_at_times, least_changes
from matching.kernel.counting import count_places
from matching.kernel.meeting import meeting_places
from matching.kernel.profile import bound_together
from matching.kernel.search import best_places
from matching.kernel.why import say_why
from matching.kernel.writing import write_results
from matching.snapshot.builder import build_index
from matching.snapshot.input import IndexInput

ENTRIES = (
    *(best_places, count_places, bound_together, write_results),
    *(say_why, meeting_places, least_changes, count_at_times),
)


def compile_ahead() -> None:
    """What is compiled does not depend on what is searched: an empty index will do."""
    for entry in ENTRIES:
        entry.ready()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    warm([Whole(build_index(IndexInput(), as_of=moment))], moment)


if __name__ == "__main__":
    compile_ahead()
