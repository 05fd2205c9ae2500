"""Closer communities first: how close the nearest community offering the space is to the searcher's."""

from typing import ClassVar

from matching.affinity import PARTNER, SAME
from matching.compiled import inner
from matching.kernel.asked import Wanted
from matching.kernel.tree import Tree
from matching.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Reason, Shown

CLOSE = 0.15


@inner
def value(tree: Tree, wanted: Wanted, row: int, metres: float) -> float:
    """Maximum over the communities that offer the space and that the searcher may see; 0 for a public space."""
    return wanted.set_affinity[tree.set_id[row]]


@inner
def upper_bound(tree: Tree, wanted: Wanted, part: int, metres: float) -> float:
    """By all communities that offer some row of a block; a node does not tell which."""
    of_set = tree.part_set[part]
    return wanted.most_affinity if of_set < 0 else wanted.set_affinity[of_set]


def level(value: float) -> int:
    """How close in words: 0 nothing to say, 1 akin, 2 partner, 3 the same."""
    if value >= SAME:
        return 3
    if value >= PARTNER:
        return 2
    return 1 if value >= CLOSE else 0


class Affinity:
    """In words; the values come from `matching/affinity.py`."""

    name: ClassVar[str] = "affinity"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return snapshot.describes(query.community)

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        slug = shown.result.closest_community
        if slug is None:
            return []
        name = shown.names.get(slug, slug)
        if value >= SAME:
            return [Reason(shown.say(f"proposé par {name}, votre communauté", f"offered by {name}, your community"))]
        if value >= PARTNER:
            text = shown.say(f"{name} est partenaire de votre communauté", f"{name} is a partner of your community")
            return [Reason(text, clause=True)]
        if value >= CLOSE:
            return [Reason(shown.say(f"{name} partage vos valeurs", f"{name} shares your values"), clause=True)]
        return []
