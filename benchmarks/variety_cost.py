"""What variety on the first page costs: NDCG at 10 of the simulated people, over a seeded world.

Hosts are drawn so that few run many places, as public bodies and chains do (Zipf, exponent 1.5: the largest runs a
third of all); the newest tenth of the spaces is new. Run: `python -m benchmarks.variety_cost [queries]`.
"""

import sys
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from geo.reference.communes import Areas
from matching.learning.ndcg import AT, dcg, estimate_gain, estimate_mean
from matching.learning.simulator import draw_queries, planted_searchers
from matching.query.query import Cursor, Query
from matching.search.diversify import Variety, diversify
from matching.search.engine import SnapshotLayer, find, rank, usable_weights
from matching.search.hits import Hits
from matching.snapshot.builder import build_index
from service.bench.workload.world import AS_OF, build_world
from service.settings import read_settings

SPACES, SEED = 20_000, 5
WAYS = [Variety(None, None, AT)] + [Variety(n, None, AT) for n in (1, 2, 3)]
WAYS += [Variety(None, floor, AT) for floor in (0.1, 0.2)] + [Variety(2, 0.1, AT)]


def main(count: int) -> None:
    layer = SnapshotLayer(build_index(build_world(Areas.load(read_settings().data), SPACES), as_of=AS_OF))
    snapshot, who = layer.index.snapshot, planted_searchers()
    places = int(snapshot.columns.place_id.max()) + 1
    random = np.random.default_rng(SEED)
    host_of = random.zipf(1.5, places)
    first_new = int(np.quantile(snapshot.columns.space_id, 0.9))

    def told(shown: Sequence[tuple[int, int]]) -> list[tuple[Hashable, bool]]:
        return [(int(host_of[place]), space >= first_new) for place, space in shown]

    def exact(query: Query, after: Cursor | None) -> Hits:
        return find([layer], query, AS_OF, after=after)

    found: dict[Variety, list[float]] = {way: [] for way in WAYS}
    most: dict[Variety, list[int]] = {way: [] for way in WAYS}
    new: dict[Variety, list[int]] = {way: [] for way in WAYS}
    for asked in draw_queries(snapshot, count, SEED):
        query = replace(asked, limit=AT)
        planted = replace(query, weights=tuple(who.weights.items()))
        best = rank(layer, planted, usable_weights(planted, snapshot)).values
        if not len(best):
            continue
        for way in WAYS:
            page = diversify(exact, query, way, told)
            hosts = told([(place, space) for _, _, place, space in page.keys.tolist()])
            found[way].append(float(dcg(who.like_probability(page.values)) / dcg(who.like_probability(best))))
            most[way].append(max(np.unique([host for host, _ in hosts], return_counts=True)[1]))
            new[way].append(sum(is_new for _, is_new in hosts))
    off = np.array(found[WAYS[0]])
    print(f"{len(off)} searches, {SPACES} spaces; NDCG at {AT} of the balanced preset")
    print("per host | floor | NDCG@10 | cost (95 %) | most of one host | new on the page")
    for way in WAYS:
        each = np.array(found[way])
        cost = estimate_gain(each, off)
        print(
            f"{way.per_host or '-'} | {way.new_floor or '-'} | {estimate_mean(each).mean:.4f} | {cost.mean:+.2%} "
            f"({cost.low:+.2%} to {cost.high:+.2%}) | {np.mean(most[way]):.2f} | {np.mean(new[way]):.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
