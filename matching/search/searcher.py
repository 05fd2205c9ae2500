"""Who searches, ready for one snapshot: what they may see, what their community offers, how close the others are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.affinity.affinities import SAME
from matching.snapshot.snapshot import Snapshot

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Audience:
    """One value per community of the snapshot (`visible`, `akin`) or per set of communities that offers rows.

    `visible`: the searcher may see what it offers; `akin`: its affinity to the searcher's, 0 without one.
    `set_visible`: the empty set is public; `set_own`: the searcher's community is in it, so that members' prices apply;
    `set_affinity`: of its closest community that the searcher may see, 0 for none.
    """

    visible: Bools
    akin: Floats
    set_visible: Bools
    set_own: Bools
    set_affinity: Floats

    def seen(self, snapshot: Snapshot, set_id: int) -> list[int]:
        """Members of a set that the searcher may see, closest first, then in the order of the table."""
        c = snapshot.columns
        members = c.set_members[c.set_start[set_id] : c.set_start[set_id + 1]]
        shown = members[self.visible[members]]
        return [int(member) for member in shown[np.argsort(-self.akin[shown], kind="stable")]]


def audience_of(community: str | None, visible_slugs: frozenset[str], snapshot: Snapshot) -> Audience:
    """The audience of a searcher of `community` (None: of none) who may see what `visible_slugs` offer."""
    c, meta = snapshot.columns, snapshot.meta
    own = snapshot.community(community)
    visible = np.array([entry.slug in visible_slugs for entry in meta.communities], np.bool_)
    close = snapshot.affinities.of(community)
    akin = np.array([close.get(entry.slug, 0.0) for entry in meta.communities], np.float64)
    if own is not None:
        akin[own] = SAME
    empty = np.diff(c.set_start) == 0
    # Every non-empty set at once: the best, over its members, of what an invisible member leaves out.
    starts = c.set_start[:-1][~empty]
    seen = visible[c.set_members]
    set_visible, set_own, set_affinity = empty.copy(), np.zeros(len(empty), np.bool_), np.zeros(len(empty))
    if len(starts):
        set_visible[~empty] = np.logical_or.reduceat(seen, starts)
        set_own[~empty] = np.logical_or.reduceat(seen & (c.set_members == (-1 if own is None else own)), starts)
        set_affinity[~empty] = np.maximum.reduceat(np.where(seen, akin[c.set_members], 0.0), starts)
    return Audience(visible, akin, set_visible, set_own, set_affinity)
