"""Pairs into places, the same whatever the order in which listings came.

Likely pairs join, the likeliest first; ties go by the listings' own keys, never by ids or rows. Two groups do not
join when
any listing of one is surely another place than any of the other: that is what keeps the mairie, the library behind it
and the
association upstairs from becoming one place through a third that resembles them all. The answer for a listing depends
on the listings it is linked to, directly or through others, and on nobody else.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Score = Callable[[Ints, Ints], Floats]

LARGEST_SCORED = 200
"""In a chain of more listings than this, pairs that were never compared count as unlike rather than being compared
now."""


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
    known = {_pair(a, b): p for a, b, p in zip(left.tolist(), right.tolist(), probability.tolist(), strict=True)}
    components = _components(count, [pair for pair, p in known.items() if p >= link])
    small = [members for members in components if len(members) <= LARGEST_SCORED]
    unknown = [pair for members in small for pair in combinations(members, 2) if pair not in known]
    if unknown:  # of all components at once: comparing is cheap by the thousand
        ones, others = (np.array([pair[side] for pair in unknown], np.int64) for side in (0, 1))
        known.update(zip(unknown, score(ones, others).tolist(), strict=True))
    for members in components:
        of_these = {pair: known[pair] for pair in combinations(members, 2) if pair in known}
        _settle(labels, members, of_these, order, link, veto)
    return labels


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _components(count: int, edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    neighbours: dict[int, list[int]] = defaultdict(list)
    for a, b in edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    seen: set[int] = set()
    components = []
    for start in sorted(neighbours):
        if start in seen:
            continue
        seen.add(start)
        members, waiting = [], [start]
        while waiting:
            here = waiting.pop()
            members.append(here)
            fresh = [near for near in neighbours[here] if near not in seen]
            seen.update(fresh)
            waiting += fresh
        components.append(sorted(members))
    return components


def _settle(
    labels: Ints,
    members: list[int],
    known: dict[tuple[int, int], float],
    order: Sequence[str],
    link: float,
    veto: float,
) -> None:
    """Joins the members of one component of likely pairs; `known`: the pairs among them."""
    pairs = list(combinations(members, 2))
    head = _decided_together(members, known, order)
    if len(set(head.values())) < len(members):
        known = _seen_as_one(head, pairs, known, link, veto)
        pairs = sorted(known)
    groups = {member: [member] for member in set(head.values())}
    label = {member: member for member in groups}
    likely = [pair for pair in pairs if known.get(pair, 0.0) >= link]
    for a, b in sorted(likely, key=lambda pair: (-known[pair], *sorted((order[pair[0]], order[pair[1]])))):
        one, other = label[a], label[b]
        if one == other or _forbidden(groups[one], groups[other], known, veto):
            continue
        kept, gone = min(one, other), max(one, other)
        for member in groups.pop(gone):
            groups[kept].append(member)
            label[member] = kept
    lowest: dict[int, int] = {}
    for member in members:
        labels[member] = lowest.setdefault(label[head[member]], member)


def _decided_together(members: list[int], known: dict[tuple[int, int], float], order: Sequence[str]) -> dict[int, int]:
    """Of each listing, the one that speaks for all that people decided are one place with it."""
    head = {member: member for member in members}
    same = [pair for pair in known if known[pair] >= 1.0 and pair[0] in head and pair[1] in head]
    for one in _components(len(order), same):
        head.update(dict.fromkeys(one, min(one, key=lambda member: order[member])))
    return head


def _seen_as_one(
    head: dict[int, int],
    pairs: list[tuple[int, int]],
    known: dict[tuple[int, int], float],
    link: float,
    veto: float,
) -> dict[tuple[int, int], float]:
    """Probabilities once what people put together counts as one.

    Whoever resembles one of its listings resembles it, and two that do are not surely apart, so that a decision never
    drives away who was there. A person's "two places" about any of them stands.
    """
    seen: dict[tuple[int, int], float] = {}
    refused: set[tuple[int, int]] = set()
    for a, b in pairs:
        pair = _pair(head[a], head[b])
        if pair[0] == pair[1]:
            continue
        probability = known.get((a, b), 0.0)
        if probability <= 0.0 and (a, b) in known:
            refused.add(pair)
        seen[pair] = max(probability, seen.get(pair, 0.0))
    seen |= dict.fromkeys(refused, 0.0)
    whole = {one for member, one in head.items() if member != one}
    for one in sorted(whole):
        near = sorted(other for other in set(head.values()) - {one} if seen[_pair(one, other)] >= link)
        for pair in combinations(near, 2):
            if pair not in refused:
                seen[pair] = max(seen[pair], veto)
    return seen


def _forbidden(ones: list[int], others: list[int], known: dict[tuple[int, int], float], veto: float) -> bool:
    return any(known.get(_pair(a, b), 0.0) < veto for a in ones for b in others)
