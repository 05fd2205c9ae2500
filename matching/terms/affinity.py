"""Closer communities first: how close the nearest community offering the space is to the searcher's."""

from typing import ClassVar

from matching.affinity import PARTNER, SAME
from matching.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Asked, Blocks, Floats, Reason, Rows, Shown

CLOSE = 0.15


class Affinity:
    """Maximum over the communities that offer the space and that the searcher may see; 0 for a public space.

    The values come from `matching/affinity.py`.
    """

    name: ClassVar[str] = "affinity"
    columns: ClassVar[tuple[str, ...]] = ("set_id",)
    summaries: ClassVar[tuple[str, ...]] = ("block_set_id",)

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return snapshot.describes(query.community)

    def value(self, rows: Rows, asked: Asked) -> Floats:
        result: Floats = asked.set_affinity[rows.columns.set_id[rows.index]]
        return result

    def upper_bound(self, blocks: Blocks, asked: Asked) -> Floats:
        result: Floats = asked.set_affinity[blocks.columns.block_set_id[blocks.index]]
        return result

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
