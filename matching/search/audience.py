"""The audience of a search: which communities the searcher may see, and how close each is to the searcher's own."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.affinity.affinity_matrix import SAME
from matching.snapshot.snapshot import Snapshot

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Audience:
    """Arrays with one value per community of the snapshot, or per set of communities that offer a row together."""

    visible: Bools
    """Per community: the searcher may see its offers."""
    affinity: Floats
    """Per community: affinity to the searcher's community, in [0, 1]; 0 for a searcher without one."""
    set_visible: Bools
    """Per set: some member is visible, or the set is empty, which means public."""
    set_own: Bools
    """Per set: the searcher's community is a visible member, so members' prices apply."""
    set_affinity: Floats
    """Per set: the highest affinity among visible members; 0 without one."""

    def visible_members(self, snapshot: Snapshot, set_id: int) -> list[int]:
        """Numbers of the visible communities of a set, closest first, then in the order of the table."""
        c = snapshot.columns
        members = c.set_members[c.set_start[set_id] : c.set_start[set_id + 1]]
        visible = members[self.visible[members]]
        return [int(member) for member in visible[np.argsort(-self.affinity[visible], kind="stable")]]


def build_audience(community: str | None, visible_slugs: frozenset[str], snapshot: Snapshot) -> Audience:
    """The audience of a searcher of `community` (None: of none) who may see what `visible_slugs` offer."""
    c, meta = snapshot.columns, snapshot.meta
    own = snapshot.community(community)
    visible = np.array([entry.slug in visible_slugs for entry in meta.communities], np.bool_)
    by_slug = snapshot.affinities.of(community)
    affinity = np.array([by_slug.get(entry.slug, 0.0) for entry in meta.communities], np.float64)
    if own is not None:
        affinity[own] = SAME
    empty = np.diff(c.set_start) == 0
    # All non-empty sets at once: `reduceat` combines the members of each; an invisible member contributes nothing.
    starts = c.set_start[:-1][~empty]
    member_visible = visible[c.set_members]
    set_visible, set_own, set_affinity = empty.copy(), np.zeros(len(empty), np.bool_), np.zeros(len(empty))
    if len(starts):
        is_own = c.set_members == (-1 if own is None else own)
        set_visible[~empty] = np.logical_or.reduceat(member_visible, starts)
        set_own[~empty] = np.logical_or.reduceat(member_visible & is_own, starts)
        set_affinity[~empty] = np.maximum.reduceat(np.where(member_visible, affinity[c.set_members], 0.0), starts)
    return Audience(visible, affinity, set_visible, set_own, set_affinity)
