"""What learned affinity is worth: held-out memberships of synthetic worlds, and the cost of learning it.

    python -m benchmarks.affinity [--worlds 10] [--sizes 40,500,5000]

No real list of members is at hand, nor should one be: the worlds are invented, and so show only that the method finds
what was put in. A community stands for one topic of twelve, sometimes two; what it says of itself is drawn from the
words of its topics and from common words, or is hardly anything (one in five). A person has two interests, and joins
communities by how popular they are (rank to the power of minus `tail`) and, four times out of five, of an own topic.

One membership in five of everybody with at least three is held out. Communities are ranked for a person by the sum of
affinities to the person's own, ties by popularity; recall@10 is the share of held-out memberships among the first ten.
"Popularity" is no affinity at all. A recommender would weigh how popular a community is, too: the second column. New
communities are those with at most ten known members. Intervals are 95 % over worlds (Student's t). The constants of
`matching/affinity/similarity.py` were chosen on the worlds of seeds 1 to 4; the default seeds are others.
"""

import argparse
import resource
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.store.frames import COMMUNITIES, MEMBERSHIPS
from matching.affinity.similarity import learn_similarity

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
TOPICS = 12
TOPIC_WORDS = 40
COMMON_WORDS = 300
SAID = 14
SILENT = 0.2
OWN_TOPIC = 0.8
MEMBERSHIPS_EACH = 4.0
HELD_OUT = 0.2
FIRST = 10
COMPARED = 200
FEW = 10
"""A community with at most so many known members is new."""


@dataclass(frozen=True, slots=True)
class World:
    """`known` and `held_out`: (person, community) pairs."""

    communities: pl.DataFrame
    known: Ints
    held_out: Ints

    def memberships(self) -> pl.DataFrame:
        """What is known, as the index takes it."""
        slugs = self.communities["slug"].to_numpy()
        people = [f"p{person}" for person in self.known[:, 0].tolist()]
        return pl.DataFrame({"community": slugs[self.known[:, 1]], "member": people}, schema=dict(MEMBERSHIPS))

    def popularity(self) -> Ints:
        """Known members of each community."""
        return np.bincount(self.known[:, 1], minlength=len(self.communities))


def invented(communities: int, people: int, tail: float, seed: int) -> World:
    drawn = np.random.default_rng(seed)
    topics = drawn.integers(0, TOPICS, (communities, 2))
    topics[drawn.random(communities) < 0.7, 1] = -1
    table = _table(drawn, topics)
    popularity = (1 + np.arange(communities)) ** -tail
    drawn.shuffle(popularity)
    interests = drawn.integers(0, TOPICS, (people, 2))
    pairs = []
    fitting = [np.flatnonzero((topics == topic).any(axis=1)) for topic in range(TOPICS)]
    everything = np.arange(communities)
    for person in range(people):
        joined: set[int] = set()
        for _ in range(1 + drawn.poisson(MEMBERSHIPS_EACH - 1)):
            among = fitting[drawn.choice(interests[person])] if drawn.random() < OWN_TOPIC else everything
            if len(among):
                joined.add(int(drawn.choice(among, p=popularity[among] / popularity[among].sum())))
        pairs.append(_split(drawn, person, sorted(joined)))
    known = np.array([pair for kept, _ in pairs for pair in kept], np.int64).reshape(-1, 2)
    held_out = np.array([pair for _, out in pairs for pair in out], np.int64).reshape(-1, 2)
    return World(table, known, held_out)


def _table(drawn: np.random.Generator, topics: Ints) -> pl.DataFrame:
    rows = []
    for number, own in enumerate(topics.tolist()):
        said = []
        if drawn.random() >= SILENT:
            for _ in range(SAID):
                topic = own[0] if own[1] < 0 else drawn.choice(own)
                about = drawn.random() < 0.5
                word = drawn.integers(0, TOPIC_WORDS if about else COMMON_WORDS)
                said.append(f"sujet{topic}mot{word}" if about else f"commun{word}")
        else:
            said = [f"commun{drawn.integers(0, COMMON_WORDS)}"]
        rows.append((f"c{number:05}", f"C{number}", "network", [], said[:3], " ".join(said[3:])))
    return pl.DataFrame(rows, schema=dict(COMMUNITIES), orient="row")


def _split(drawn: np.random.Generator, person: int, joined: list[int]) -> tuple[list[list[int]], list[list[int]]]:
    """Memberships known and held out, as pairs."""
    out = drawn.random(len(joined)) < HELD_OUT if len(joined) >= 3 else np.zeros(len(joined), np.bool_)
    if out.all():
        out[0] = False
    pairs = [[person, community] for community in joined]
    return [pair for pair, o in zip(pairs, out, strict=True) if not o], [
        pair for pair, o in zip(pairs, out, strict=True) if o
    ]


def affinity(communities: pl.DataFrame, memberships: pl.DataFrame) -> Floats:
    """Square, dense: for a few hundred communities."""
    pairs = learn_similarity(communities, memberships)
    square = np.zeros((len(communities), len(communities)))
    square[np.repeat(np.arange(len(communities)), np.diff(pairs.start)), pairs.other] = pairs.value
    return square


def recalls(world: World, square: Floats) -> tuple[float, float, float]:
    """recall@10 by affinity; by affinity times the root of popularity; by affinity, of memberships in new communities
    (NaN without any)."""
    popularity = world.popularity()
    people = int(max(world.known[:, 0].max(), world.held_out[:, 0].max())) + 1
    belongs = np.zeros((people, len(popularity)))
    belongs[world.known[:, 0], world.known[:, 1]] = 1.0
    person, community = world.held_out.T

    def found(score: Floats) -> npt.NDArray[np.bool_]:
        # Less than the smallest difference of sums of six-digit affinities: here popularity only breaks ties.
        score = np.where(belongs > 0, -1.0, score + popularity / (1e7 * popularity.max()))
        rank = (score[person] > score[person, community][:, None]).sum(axis=1)
        first: npt.NDArray[np.bool_] = rank < FIRST
        return first

    by_affinity, new = found(belongs @ square), popularity[community] <= FEW
    by_both = found(belongs @ square * np.sqrt(popularity + 0.5))
    return float(by_affinity.mean()), float(by_both.mean()), float(by_affinity[new].mean()) if new.any() else np.nan


def ways(world: World) -> dict[str, Floats]:
    """The affinity of each way to learn it."""
    table, members = world.communities, world.memberships()
    mute = table.with_columns(pl.lit("").alias("words"), pl.lit([], dtype=pl.List(pl.String)).alias("values"))
    nothing = np.zeros((len(table), len(table)))
    return {
        "popularity": nothing,
        "words only": affinity(table, members.clear()),
        "members only": affinity(mute, members),
        "blend": affinity(table, members),
    }


def interval(values: list[float]) -> str:
    """Mean and half-width of its 95 % interval over the worlds that have a value."""
    from scipy.stats import t

    known = np.array(values)[~np.isnan(values)]
    if len(known) < 2:
        return "-"
    half = t.ppf(0.975, len(known) - 1) * np.std(known, ddof=1) / np.sqrt(len(known))
    return f"{known.mean():.3f} ± {half:.3f}"


def evaluate(worlds: int, first_seed: int) -> None:
    for people, tail in ((400, 0.4), (1500, 0.4), (6000, 0.4), (1500, 0.8)):
        found: dict[str, list[tuple[float, float, float]]] = {}
        members = []
        for seed in range(first_seed, first_seed + worlds):
            world = invented(COMPARED, people, tail, seed)
            members.append(float(np.median(world.popularity())))
            for name, square in ways(world).items():
                found.setdefault(name, []).append(recalls(world, square))
        known = np.mean(members)
        print(f"\n{COMPARED} communities, {people} people, tail {tail}; {known:.0f} known members at the median")
        print("| affinity | recall@10 | times root of popularity | in new communities |\n|---|---|---|---|")
        for name, values in found.items():
            print("|", " | ".join([name, *(interval(list(column)) for column in zip(*values, strict=True))]), "|")


def cost(sizes: list[int]) -> None:
    heads = ("communities", "memberships", "pairs kept", "s", "MB packed", "MB as a square", "peak MB")
    print("|", " | ".join(heads), "|\n" + "|---" * len(heads) + "|")
    for communities in sizes:
        world = invented(communities, 20 * communities, 0.4, 1)
        members = world.memberships()
        began = time.perf_counter()
        pairs = learn_similarity(world.communities, members)
        took = time.perf_counter() - began
        packed, square = sum(array.nbytes for array in pairs) / 1e6, communities**2 * 8 / 1e6
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        sizes_told = f"{took:.2f} | {packed:.2f} | {square:.1f} | {peak:.0f}"
        print(f"| {communities} | {len(members)} | {len(pairs.other)} | {sizes_told} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--sizes", default="40,500,5000")
    asked = parser.parse_args()
    cost([int(size) for size in asked.sizes.split(",") if size])
    evaluate(asked.worlds, asked.first_seed)


if __name__ == "__main__":
    main()
