"""What was checked lately and told completely comes first: see `matching/snapshot/trust_score.py` for the formula."""

from typing import ClassVar

from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Reason, Shown

DOUBTFUL = 0.15


@inlined
def value(tree: Tree, wanted: Wanted, row: int, metres: float) -> float:
    """Freshness times completeness at the moment the index was built, whatever the query."""
    return tree.trust[row]


@inlined
def upper_bound(tree: Tree, wanted: Wanted, part: int, metres: float) -> float:
    """The most of any row."""
    return tree.part_trust[part]


def level(value: float) -> int:
    """1 when there is something to say: old, or told in part only."""
    return 0 if value > DOUBTFUL else 1


class Trust:
    """In words."""

    name: ClassVar[str] = "trust"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        if level(value) == 0:
            return []
        checked_on = shown.result.facts.get("checked_on")
        year_fr, year_en = (f" de {checked_on[:4]}", f" from {checked_on[:4]}") if checked_on else ("", "")
        text = shown.say(f"informations{year_fr} à vérifier", f"details{year_en} to be checked")
        return [Reason(text, good=False, objection=True)]
