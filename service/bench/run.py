"""Measures peers one after the other on the same queries, and checks their answers against the brute force."""

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
from service.bench.workload.queries import BenchQuery, queries

LEAST_QUERIES, LONGEST_S = 20, 60.0
"""A slow peer answers as many queries as it can in LONGEST_S, and at least LEAST_QUERIES."""
WARM_UP_S = 5.0
"""How long each peer answers before it is measured, so that its caches are warm."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Times of one peer; `exact`: every answer was that of the brute force."""

    name: str
    spaces: int
    queries: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    queries_per_s: float
    exact: bool


def names_of(peers: str | None, store: str) -> list[str]:
    """The chosen peers, PlaceLibre first; by default all that can answer here."""
    names = [name.strip() for name in peers.split(",") if name.strip()] if peers else available(store)
    return ["placelibre", *(name for name in names if name != "placelibre")]


def run(
    world: IndexInput,
    snapshot: Snapshot,
    names: Sequence[str],
    count: int,
    store: str,
    progress: Callable[[str], None],
) -> Iterator[Figures]:
    """Yields the figures of each peer when it is measured."""
    mix = queries(snapshot, count)
    brute_force = _BruteForce(snapshot)
    for name in names:
        progress(name)
        peer = make(name, world, snapshot, store)
        seconds, answers = _measure(peer, mix)
        peer.close()
        reference = brute_force if peer.over is None else _BruteForce(peer.over)
        milliseconds = np.array(seconds) * 1e3
        p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
        exact = all(answer == reference.answer(number, mix[number].query) for number, answer in enumerate(answers))
        per_second = 1e3 / float(milliseconds.mean())
        yield Figures(name, snapshot.meta.rows, len(answers), float(p50), float(p95), float(p99), per_second, exact)


class _BruteForce:
    """Answers of the brute force, each computed once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._scan, self._answers = Scan(snapshot), dict[int, Answer]()

    def answer(self, number: int, query: Query) -> Answer:
        """The answer to `query`, which is number `number` of the mix."""
        if number not in self._answers:
            self._answers[number] = self._scan.answer(query)
        return self._answers[number]


def _measure(peer: Peer, mix: Sequence[BenchQuery]) -> tuple[list[float], list[Answer]]:
    start = time.perf_counter()
    for entry in mix:
        peer.answer(entry.query)
        if time.perf_counter() - start > WARM_UP_S:
            break
    seconds: list[float] = []
    answers: list[Answer] = []
    start = time.perf_counter()
    for entry in mix:
        query_start = time.perf_counter()
        answers.append(peer.answer(entry.query))
        seconds.append(time.perf_counter() - query_start)
        if time.perf_counter() - start > LONGEST_S and len(answers) >= LEAST_QUERIES:
            break
    return seconds, answers
