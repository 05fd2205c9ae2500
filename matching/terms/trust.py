"""Fresh and complete facts first: see `matching/snapshot/trust_score.py` for the formula."""

from typing import ClassVar

from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Reason, ReasonContext

DOUBTFUL = 0.15


@inlined
def value(tree: Tree, query: QueryArrays, row: int, metres: float) -> float:
    """Freshness times completeness at the moment the index was built, whatever the query."""
    return tree.trust[row]


@inlined
def upper_bound(tree: Tree, query: QueryArrays, part: int, metres: float) -> float:
    """The highest of any row."""
    return tree.part_trust[part]


def level(value: float) -> int:
    """1 when there is a reason to give: old or incomplete facts."""
    return 0 if value > DOUBTFUL else 1


class Trust:
    """Its reasons in words."""

    name: ClassVar[str] = "trust"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def reasons(self, value: float, context: ReasonContext) -> list[Reason]:
        if level(value) == 0:
            return []
        checked_on = context.result.facts.get("checked_on")
        year_fr, year_en = (f" de {checked_on[:4]}", f" from {checked_on[:4]}") if checked_on else ("", "")
        text = context.text(f"informations{year_fr} à vérifier", f"details{year_en} to be checked")
        return [Reason(text, good=False, objection=True)]
