"""What was checked lately and told completely comes first: see `matching/snapshot/trust.py` for the formula."""

from typing import ClassVar

from matching.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Asked, Blocks, Floats, Reason, Rows, Shown

DOUBTFUL = 0.15


class Trust:
    """Freshness times completeness at the moment the index was built, whatever the query."""

    name: ClassVar[str] = "trust"
    columns: ClassVar[tuple[str, ...]] = ("trust",)
    summaries: ClassVar[tuple[str, ...]] = ("block_trust",)

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def value(self, rows: Rows, asked: Asked) -> Floats:
        result: Floats = rows.columns.trust[rows.index]
        return result

    def upper_bound(self, blocks: Blocks, asked: Asked) -> Floats:
        result: Floats = blocks.columns.block_trust[blocks.index]
        return result

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        if value > DOUBTFUL:
            return []
        checked_on = shown.result.facts.get("checked_on")
        year_fr, year_en = (f" de {checked_on[:4]}", f" from {checked_on[:4]}") if checked_on else ("", "")
        text = shown.say(f"informations{year_fr} à vérifier", f"details{year_en} to be checked")
        return [Reason(text, good=False, objection=True)]
