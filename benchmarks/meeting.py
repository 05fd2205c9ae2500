"""How long an answer takes where several people meet, by the straight line, with all that is told of it.

People of one town (on foot, by bike, by car), of one region or of all the country (by car); rooms as the mix of
searches asks for them (`service.bench.workload.queries`), half of them with a seat for everybody. Of several passes
the quickest
counts, meeting by meeting. Run: `python -m benchmarks.meeting [spaces] [meetings] [passes]`.
"""

import sys
import time
from dataclasses import replace

import numpy as np

from geo.reference.communes import Areas
from geo.types import Point
from matching.meeting.query import MAX_MINUTES, MAX_PEOPLE, Goal, MeetingQuery, Person
from matching.meeting.ranking import meet
from matching.query.query import Mode, Query
from matching.search.engine import Layer, SnapshotLayer
from matching.snapshot.builder import build_index
from matching.snapshot.snapshot import Snapshot
from service.bench.workload.queries import queries
from service.bench.workload.world import AS_OF, build_world
from service.settings import read_settings

SEED = 5
SPREADS: dict[str, float | None] = {"town": 0.05, "region": 0.5, "country": None}
"""Degrees around a space; None: each at another space."""


def main(spaces: int, meetings: int, passes: int) -> None:
    layers: list[Layer] = [
        SnapshotLayer(build_index(build_world(Areas.load(read_settings().data), spaces), as_of=AS_OF))
    ]
    snapshot = layers[0].index.snapshot
    print(f"{spaces} spaces, {MAX_PEOPLE} people, {meetings} meetings, the quickest of {passes} passes; ms")
    for name, spread in SPREADS.items():
        for goal in Goal:
            random = np.random.default_rng(SEED)
            asked = [
                MeetingQuery(_people(random, snapshot, spread), _room(random, one.query), goal)
                for one in queries(snapshot, meetings, SEED)
            ]
            taken = np.min([_pass(layers, asked) for _ in range(passes)], axis=0) * 1000
            p50, p99, most = np.quantile(taken, (0.5, 0.99, 1.0))
            print(f"{name:<8} {goal:<6} p50 {p50:.2f}   p99 {p99:.2f}   most {most:.2f}")


def _pass(layers: list[Layer], asked: list[MeetingQuery]) -> list[float]:
    """Seconds of each answer."""
    taken = []
    for query in asked:
        begun = time.perf_counter()
        meet(layers, query, AS_OF)
        taken.append(time.perf_counter() - begun)
    return taken


def _room(random: np.random.Generator, asked: Query) -> Query:
    return replace(asked, seats=MAX_PEOPLE) if random.random() < 0.5 else asked


def _people(random: np.random.Generator, snapshot: Snapshot, spread: float | None) -> tuple[Person, ...]:
    """Everybody would travel all day: what is searched is not made small by that."""
    c = snapshot.columns
    rows = random.integers(snapshot.meta.offered_rows, size=MAX_PEOPLE)
    homes = np.column_stack((c.lon[rows], c.lat[rows]))
    if spread is not None:
        homes = homes[0] + random.normal(0.0, spread, homes.shape)
    modes = random.choice(list(Mode), MAX_PEOPLE) if spread is not None and spread < 0.1 else [Mode.CAR] * MAX_PEOPLE
    return tuple(
        Person(Point(lon, lat), Mode(mode), MAX_MINUTES) for (lon, lat), mode in zip(homes.tolist(), modes, strict=True)
    )


if __name__ == "__main__":
    given = [int(number) for number in sys.argv[1:]]
    main(*given, *(75_000, 300, 5)[len(given) :])
