"""Closer communities first: how close the nearest community offering the space is to the searcher's."""

from typing import ClassVar

from geo.localisation.amenity_phrases import listed
from matching.affinity.affinities import PARTNER, SAME
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Reason, Shown

CLOSE = 0.15


@inlined
def value(tree: Tree, wanted: Wanted, row: int, metres: float) -> float:
    """Maximum over the communities that offer the space and that the searcher may see; 0 for a public space."""
    return wanted.set_affinity[tree.set_id[row]]


@inlined
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
    """In words; the values come from `matching/affinity/affinities.py`."""

    name: ClassVar[str] = "affinity"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return snapshot.describes(query.community)

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        slug = shown.result.closest_community
        if slug is None:
            return []
        name = shown.names.get(slug, slug)
        if value >= SAME:
            return [Reason(shown.say(f"proposé par votre communauté {name}", f"offered by your community {name}"))]
        if value >= PARTNER:
            text = shown.say(f"{name} est partenaire de votre communauté", f"{name} is a partner of your community")
            return [Reason(text, clause=True)]
        return [Reason(self._learned(name, shown), clause=True)] if value >= CLOSE else []

    def _learned(self, name: str, shown: Shown) -> str:
        """What weighs most is told: members in common, then values, then words that are alike."""
        why = shown.result.kinship
        if why.common_members:
            return shown.say(
                f"{name} a des membres en commun avec votre communauté",
                f"{name} has members in common with your community",
            )
        if why.common_values:
            told = listed(list(why.common_values), shown.language)
            return shown.say(f"{name} partage vos valeurs ({told})", f"{name} shares your values ({told})")
        return shown.say(f"{name} ressemble à votre communauté", f"{name} resembles your community")
