"""Keeps the affinities of communities in a running index in step with the store.

Declared partners count at once. Similarity is learned again in a thread of its own; searches go on with the old values
until it is done.
"""

import threading

from sqlalchemy import Engine

from matching.affinity.affinity_matrix import build_affinities, community_entries
from matching.live_index import LiveIndex


class LiveAffinities:
    """AffinityMatrix of a running index. `follow` must not be called from two threads at once."""

    def __init__(self, engine: Engine, index: LiveIndex) -> None:
        self._engine = engine
        self._index = index
        self._lock = threading.Lock()
        self._learning: threading.Thread | None = None
        self.restart()

    def restart(self) -> None:
        """Starts over from a newly opened snapshot, whose affinities are those of its revision."""
        with self._lock:
            self._declared = self._learned = self._index.revision

    def follow(self, revision: int) -> None:
        """Takes in the communities as they are now; `revision` is that of their last change."""
        with self._lock:
            if revision > self._declared:
                from geo.store.queries import read_communities  # imports polars, which is seldom needed

                self._declared, communities = read_communities(self._engine)
                self._index.set_affinities(self._index.affinities.for_communities(community_entries(communities)))
            behind = self._learned < self._declared
        if behind and (self._learning is None or not self._learning.is_alive()):
            self._learning = threading.Thread(target=self._learn, name="placelibre-affinities", daemon=True)
            self._learning.start()

    def settle(self) -> None:
        """Waits until the learning that `follow` started has ended."""
        if self._learning is not None:
            self._learning.join()

    def _learn(self) -> None:
        from geo.store.queries import read_memberships

        revision, communities, memberships = read_memberships(self._engine)
        affinities = build_affinities(communities, memberships)
        with self._lock:
            if revision < self._learned:  # a newer snapshot was opened meanwhile
                return
            if revision < self._declared:  # a later declaration is taken in already; `follow` learns again
                affinities = affinities.for_communities(self._index.affinities.communities)
            self._index.set_affinities(affinities)
            self._learned, self._declared = revision, max(revision, self._declared)
