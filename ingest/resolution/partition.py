"""Pairs into places, the same whatever the order in which listings came.

Agglomerative clustering with cannot-link pairs: likely pairs join, the likeliest first; ties are broken by the
listings' own keys, never by ids or rows. Two groups do not join when any listing of one and any of the other are surely
two places. So the mairie, the library behind it and the association upstairs do not become one place through a listing
that resembles them all. The answer for a listing depends only on the listings linked to it, directly or through others.
"""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Score = Callable[[Ints, Ints], Floats]

LARGEST_SCORED = 200
"""In a larger chain of listings, pairs that were never compared count as unlike and are not compared now."""


def partition(
    count: int,
    left: Ints,
    right: Ints,
    probability: Floats,
    order: Sequence[str],
    *,
    link: float,
    veto: float,
    score: Score,
) -> Ints:
    """A label per listing, the smallest position of its group. Pairs from `link` on join unless one below `veto`
    forbids it.

    `order`: the listings' own keys, unique. A probability of exactly 1 or 0 is a person's decision: 1 is settled
    before anything else, 0 forbids. `score` gives the probability of pairs that were not compared yet.
    """
    labels = np.arange(count)
    low, high = np.minimum(left, right), np.maximum(left, right)
    linked = probability >= link
    component = _components(count, low[linked], high[linked])
    inside = (component[low] == component[high]) & (component[low] >= 0)
    low, high, probability = low[inside], high[inside], probability[inside]
    members = _parts(np.flatnonzero(component >= 0), component[component >= 0])
    left_new, right_new = _never_compared([some for some in members if len(some) <= LARGEST_SCORED], low, high)
    if len(left_new):  # of all components at once: comparing is cheap by the thousand
        low, high = np.concatenate([low, left_new]), np.concatenate([high, right_new])
        probability = np.concatenate([probability, score(left_new, right_new)])
    of_component = _parts(np.arange(len(low)), component[low])
    for some, at in zip(members, of_component, strict=True):
        pairs = zip(low[at].tolist(), high[at].tolist(), probability[at].tolist(), strict=True)
        _settle(labels, some.tolist(), {(a, b): p for a, b, p in pairs}, order, link, veto)
    return labels


def _components(count: int, left: Ints, right: Ints) -> Ints:
    """A number per listing, equal for those that pairs join directly or through others; -1 where none does."""
    graph = coo_matrix((np.ones(len(left), bool), (left, right)), shape=(count, count))
    answer = connected_components(graph, directed=False)[1].astype(np.int64)
    alone = np.ones(count, bool)
    alone[left] = alone[right] = False
    answer[alone] = -1
    return answer


def _parts(values: Ints, keys: Ints) -> list[Ints]:
    """The values under each key, keys and values in ascending order."""
    by_key = np.argsort(keys, kind="stable")
    return np.split(values[by_key], np.flatnonzero(np.diff(keys[by_key])) + 1) if len(values) else []


def _never_compared(members: Sequence[Ints], low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Pairs of listings of one component that were never compared."""
    compared = set(zip(low.tolist(), high.tolist(), strict=True))
    missing = [pair for some in members for pair in combinations(some.tolist(), 2) if pair not in compared]
    return np.array([a for a, _ in missing], np.int64), np.array([b for _, b in missing], np.int64)


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _settle(
    labels: Ints,
    members: list[int],
    probability_of: dict[tuple[int, int], float],
    order: Sequence[str],
    link: float,
    veto: float,
) -> None:
    """Joins the members of one component of likely pairs. `probability_of`: of the pairs among them."""
    head = _decided_together(members, probability_of, order)
    if len(set(head.values())) < len(members):
        probability_of = _merge_probabilities(head, list(combinations(members, 2)), probability_of, link, veto)
    heads = sorted(set(head.values()))
    # Groups as bitmasks: whether two may join is one operation, however large they are.
    bit = {member: 1 << i for i, member in enumerate(heads)}
    friends = dict(bit)
    for (a, b), p in probability_of.items():
        if p >= veto:
            friends[a] |= bit[b]
            friends[b] |= bit[a]
    everyone = (1 << len(heads)) - 1
    enemies = {member: everyone ^ friends[member] for member in heads}
    group, label = {member: [member] for member in heads}, {member: member for member in heads}
    likely = [pair for pair, p in probability_of.items() if p >= link]
    for a, b in sorted(likely, key=lambda pair: (-probability_of[pair], *sorted((order[pair[0]], order[pair[1]])))):
        low, high = sorted((label[a], label[b]))
        if low == high or enemies[low] & bit[high]:
            continue
        group[low] += group.pop(high)
        label.update(dict.fromkeys(group[low], low))
        bit[low] |= bit[high]
        enemies[low] |= enemies[high]
    lowest: dict[int, int] = {}
    for member in members:
        labels[member] = lowest.setdefault(label[head[member]], member)


def _decided_together(
    members: list[int], probability_of: dict[tuple[int, int], float], order: Sequence[str]
) -> dict[int, int]:
    """For each listing, the head of those that people decided are one place with it."""
    head = {member: member for member in members}
    for a, b in (pair for pair, p in probability_of.items() if p >= 1.0):
        first, second = sorted((head[a], head[b]), key=lambda member: order[member])
        head = {member: first if own == second else own for member, own in head.items()}
    return head


def _merge_probabilities(
    head: dict[int, int],
    pairs: list[tuple[int, int]],
    probability_of: dict[tuple[int, int], float],
    link: float,
    veto: float,
) -> dict[tuple[int, int], float]:
    """Probabilities of pairs of heads: the listings that people put together count as one.

    A listing that resembles one of them resembles them all, and two such listings are not surely two places, so that a
    decision never drives away a listing that was there. A person's "two places" about any of them stands.
    """
    merged: dict[tuple[int, int], float] = {}
    refused: set[tuple[int, int]] = set()
    for a, b in pairs:
        pair = _pair(head[a], head[b])
        if pair[0] == pair[1]:
            continue
        probability = probability_of.get((a, b), 0.0)
        if probability <= 0.0 and (a, b) in probability_of:
            refused.add(pair)
        merged[pair] = max(probability, merged.get(pair, 0.0))
    merged |= dict.fromkeys(refused, 0.0)
    decided = {own for member, own in head.items() if member != own}
    for own in sorted(decided):
        near = sorted(other for other in set(head.values()) - {own} if merged[_pair(own, other)] >= link)
        for pair in combinations(near, 2):
            if pair not in refused:
                merged[pair] = max(merged[pair], veto)
    return merged
