"""`python -m matching.compile_all`: compiles the search, so that nobody waits for it. Quick when that was done."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context

from matching.compiler import bounds_checks
from matching.kernel.answers.geojson_writer import write_features
from matching.kernel.answers.phrase_table import add_phrase
from matching.kernel.counting import count_places
from matching.kernel.joint_bounds import compute_joint_bounds
from matching.kernel.meeting import meeting_places
from matching.kernel.reason_key import update_reason_keys
from matching.kernel.relaxation import count_at_times, least_changes
from matching.kernel.search import best_places
from matching.overlay.availability_patch import compare_days
from matching.search.engine import SnapshotLayer, warm
from matching.snapshot.availability import digest_days, write_days
from matching.snapshot.builder import build_index
from matching.snapshot.index_input import IndexInput

ENTRY_POINTS = (
    *(best_places, meeting_places, count_places, least_changes, count_at_times, compute_joint_bounds),
    *(write_features, update_reason_keys, add_phrase, digest_days, write_days, compare_days),
)
"""What takes longest to compile comes first."""
WORKERS = 2


def compile_ahead() -> None:
    """Compiles all entry points, each once. What is compiled does not depend on what is searched."""
    compile_in_parallel(range(len(ENTRY_POINTS)))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    warm([SnapshotLayer(build_index(IndexInput(), as_of=moment))], moment)


def compile_in_parallel(numbers: Sequence[int], *, checked: bool = False) -> None:
    """Compiles some of the entry points, by their number, in other processes; with bounds checks when `checked`."""
    initialise = bounds_checks.turn_on if checked else None
    with ProcessPoolExecutor(WORKERS, get_context("spawn"), initialise) as pool:
        list(pool.map(_load, numbers))


def _load(number: int) -> None:
    ENTRY_POINTS[number].load()


if __name__ == "__main__":
    compile_ahead()
