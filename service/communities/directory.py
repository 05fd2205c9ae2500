"""The communities of a running product, read again from the store when they may have changed."""

from functools import partial
from threading import Condition
from typing import Any

from cachetools import TTLCache, cached
from cachetools.keys import hashkey
from sqlalchemy import Engine

from service.communities.community import Community
from service.communities.sharing import Circle, CircleReader


class CommunityDirectory:
    """Communities and who shares with whom, as of at most `refresh_s` seconds ago.

    Thread-safe: of the threads that find it outdated, one reads the store and the others wait for it.
    """

    def __init__(self, engine: Engine, refresh_s: float) -> None:
        self._cache: TTLCache[Any, Circle] = TTLCache(maxsize=1, ttl=refresh_s)
        self._read = cached(self._cache, condition=Condition())(partial(CircleReader().read, engine))

    @property
    def is_due(self) -> bool:
        """Whether the next question reads the store."""
        return hashkey() not in self._cache

    @property
    def communities(self) -> list[Community]:
        """Communities of the store, by slug."""
        return self._read().communities

    @property
    def names(self) -> dict[str, str]:
        """Name of each community by its slug."""
        return self._read().names

    def find(self, slug: str) -> Community | None:
        """The community of this slug; None when there is none."""
        return next((community for community in self.communities if community.slug == slug), None)

    def visible_to(self, slug: str | None) -> frozenset[str]:
        """Slugs of the communities whose offers a searcher may see.

        `slug` is the community that the searcher proved to belong to, None for anybody.
        """
        return self._read().visible_to(slug)
