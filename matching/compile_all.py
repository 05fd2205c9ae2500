"""`python -m matching.compile_all`: compiles the search, so that nobody waits for it. Quick when that was done."""

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context

from matching.kernel.answers.geojson_writer import write_features
from matching.kernel.answers.phrase_table import remember
from matching.kernel.counting import count_places
from matching.kernel.joint_bounds import bound_together
from matching.kernel.meeting import meeting_places
from matching.kernel.reason_key import say_why
from matching.kernel.relaxation import count_at_times, least_changes
from matching.kernel.search import best_places
from matching.search.engine import Whole, warm
from matching.snapshot.builder import build_index
from matching.snapshot.index_input import IndexInput

ENTRIES = (
    *(best_places, count_places, bound_together, write_features),
    *(remember, say_why, meeting_places, least_changes, count_at_times),
)

WORKERS = 2


def compile_ahead() -> None:
    """What is compiled does not depend on what is searched: an empty index will do."""
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as beside:
        list(beside.map(_make_ready, range(len(ENTRIES))))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    warm([Whole(build_index(IndexInput(), as_of=moment))], moment)


def _make_ready(number: int) -> None:
    ENTRIES[number].ready()


if __name__ == "__main__":
    compile_ahead()
