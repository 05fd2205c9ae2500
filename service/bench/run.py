"""Every peer answers the same queries, one after the other; answers are checked against the brute force."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matching.query.query import Query
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers import available, make
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer
from service.bench.peers.scan import Scan
from service.bench.workload.queries import Asked, queries

FEWEST, LONGEST_S = 20, 60.0
"""A slow peer answers as many queries as it can in a minute, but not fewer than these."""
WARM_UP_S = 5.0
"""Every peer answers before it is measured: caches are as in a server that has run for some seconds."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How one peer did; `exact`: every answer was the brute force's."""

    name: str
    spaces: int
    queries: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    queries_per_s: float
    exact: bool


def names_of(peers: str | None, store: str) -> list[str]:
    """The peers asked for, ours first; by default all that can answer here."""
    asked = [name.strip() for name in peers.split(",") if name.strip()] if peers else available(store)
    return ["placelibre", *(name for name in asked if name != "placelibre")]


def run(
    world: IndexInput,
    snapshot: Snapshot,
    names: Sequence[str],
    count: int,
    store: str,
    progress: Callable[[str], None],
) -> Iterator[Figures]:
    """Figures of each peer, as they come."""
    asked = queries(snapshot, count)
    right = _Right(snapshot)
    for name in names:
        progress(name)
        peer = make(name, world, snapshot, store)
        seconds, answers = _timed(peer, asked)
        peer.close()
        checked = right if peer.over is None else _Right(peer.over)
        milliseconds = np.array(seconds) * 1e3
        p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
        exact = all(answer == checked.answer(at, asked[at].query) for at, answer in enumerate(answers))
        a_second = 1e3 / float(milliseconds.mean())
        yield Figures(name, snapshot.meta.rows, len(answers), float(p50), float(p95), float(p99), a_second, exact)


class _Right:
    """What the brute force answers, found once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._brute, self._known = Scan(snapshot), dict[int, Answer]()

    def answer(self, at: int, query: Query) -> Answer:
        """The answer to the query of that number."""
        if at not in self._known:
            self._known[at] = self._brute.answer(query)
        return self._known[at]


def _timed(peer: Peer, asked: Sequence[Asked]) -> tuple[list[float], list[Answer]]:
    begun = time.perf_counter()
    for one in asked:
        peer.answer(one.query)
        if time.perf_counter() - begun > WARM_UP_S:
            break
    seconds: list[float] = []
    answers: list[Answer] = []
    begun = time.perf_counter()
    for one in asked:
        started = time.perf_counter()
        answers.append(peer.answer(one.query))
        seconds.append(time.perf_counter() - started)
        if time.perf_counter() - begun > LONGEST_S and len(answers) >= FEWEST:
            break
    return seconds, answers
