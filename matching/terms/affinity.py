"""Closer communities first: the affinity of the closest community that offers the space to the searcher's."""

from typing import ClassVar

from geo.localisation.amenity_phrases import listed
from matching.affinity.affinity_matrix import PARTNER, SAME
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Reason, ReasonContext

CLOSE = 0.15


@inlined
def value(tree: Tree, query: QueryArrays, row: int, metres: float) -> float:
    """Maximum over the communities that offer the space and that the searcher may see; 0 for a public space."""
    return query.set_affinity[tree.set_id[row]]


@inlined
def upper_bound(tree: Tree, query: QueryArrays, part: int, metres: float) -> float:
    """By all communities that offer some row of a block; other parts of the tree do not have their set."""
    of_set = tree.part_set[part]
    return query.max_affinity if of_set < 0 else query.set_affinity[of_set]


def level(value: float) -> int:
    """Level of a value in words: 0 no reason, 1 similar, 2 partner, 3 the same."""
    if value >= SAME:
        return 3
    if value >= PARTNER:
        return 2
    return 1 if value >= CLOSE else 0


class Affinity:
    """Its reasons in words; the values come from `matching/affinity/affinity_matrix.py`."""

    name: ClassVar[str] = "affinity"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return snapshot.describes(query.community)

    def reasons(self, value: float, context: ReasonContext) -> list[Reason]:
        slug = context.result.closest_community
        if slug is None:
            return []
        name = context.names.get(slug, slug)
        if value >= SAME:
            return [Reason(context.text(f"proposé par votre communauté {name}", f"offered by your community {name}"))]
        if value >= PARTNER:
            text = context.text(f"{name} est partenaire de votre communauté", f"{name} is a partner of your community")
            return [Reason(text, clause=True)]
        return [Reason(self._learned(name, context), clause=True)] if value >= CLOSE else []

    def _learned(self, name: str, context: ReasonContext) -> str:
        """The strongest reason: common members, then common values, then similar words."""
        shared_traits = context.result.shared_traits
        if shared_traits.common_members:
            return context.text(
                f"{name} a des membres en commun avec votre communauté",
                f"{name} has members in common with your community",
            )
        if shared_traits.common_values:
            values = listed(list(shared_traits.common_values), context.language)
            return context.text(f"{name} partage vos valeurs ({values})", f"{name} shares your values ({values})")
        return context.text(f"{name} ressemble à votre communauté", f"{name} resembles your community")
