"""Who shares with whom: which communities' offers a searcher may see."""

from collections.abc import Iterable

from sqlalchemy import Engine

from geo.store.engine import reading
from geo.store.revisions import communities_revision
from geo.types import Sharing
from service.communities.community import Community, read_all


class Circle:
    """All communities, and what each may see of the others."""

    def __init__(self, communities: Iterable[Community]) -> None:
        self.communities = sorted(communities, key=lambda one: one.slug)
        self.names = {one.slug: one.name for one in self.communities}
        self._visible: dict[str | None, frozenset[str]] = {}

    def visible_to(self, slug: str | None) -> frozenset[str]:
        """Slugs of the communities whose offers a searcher may see: `visible_to`, worked out once."""
        seen = self._visible.get(slug)
        if seen is None:
            seen = self._visible[slug] = visible_to(self.communities, slug)
        return seen


class CircleReader:
    """Reads the communities of a store, when they changed since they were read."""

    def __init__(self) -> None:
        self._known: tuple[int, Circle] | None = None

    def read(self, engine: Engine) -> Circle:
        """The circle as it is in the store now."""
        with reading(engine) as connection:
            at = communities_revision(connection)
        if self._known is None or self._known[0] != at:
            # Whatever changes between the two is read again the next time.
            self._known = at, Circle(read_all(engine))
        return self._known[1]


def visible_to(communities: Iterable[Community], slug: str | None) -> frozenset[str]:
    """Slugs of the communities whose offers a searcher may see.

    `slug` is the community the searcher proved to belong to, None for anybody. Everybody sees those that
    share with the network; a member also sees its own, whatever its rule. An offer shared with `partners` is
    seen by the communities that its *owner* names: naming a community opens one's own doors, never theirs.
    """
    return frozenset(
        one.slug
        for one in communities
        if one.sharing is Sharing.NETWORK
        or (slug is not None and one.slug == slug)
        or (slug is not None and one.sharing is Sharing.PARTNERS and slug in one.partners)
    )
