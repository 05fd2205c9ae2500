"""The search desk: answers a search as typed, for every door."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from geo.errors import Language
from geo.gazetteer.gazetteer import Gazetteer
from geo.gazetteer.location import Located
from geo.travel.router import Router
from matching.query.query import Query
from matching.query.results import SearchResults
from matching.relaxation.relaxer import Relaxation
from matching.search.hits import Hits
from service.communities.directory import CommunityDirectory
from service.feedback.accepted_weights import AcceptedWeights
from service.index.live_search import LiveSearch
from service.search.cursors import read_cursor, write_cursor
from service.search.geojson import search_collection
from service.search.request import SearchRequest, understand
from service.search.routing import Routing
from service.search.vocabulary import minutes_in


class SearchDesk:
    """Understands and answers searches. Thread-safe.

    `open_index` gives the running index; it is called by searches only. `per_host` and `new_floor` are the variety of
    the first page where a request leaves it open: results of one host at most, share of new spaces; 0 is no limit.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        gazetteer: Gazetteer,
        directory: CommunityDirectory,
        weights: AcceptedWeights,
        routing: Routing,
        open_index: Callable[[], LiveSearch],
        now: Callable[[], datetime],
        per_host: int = 0,
        new_floor: float = 0.0,
    ) -> None:
        self._engine, self._gazetteer, self._directory = engine, gazetteer, directory
        self._weights, self._routing, self._open_index, self._now = weights, routing, open_index, now
        self._per_host, self._new_floor = per_host, new_floor

    def search(
        self, request: SearchRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> tuple[Located, SearchResults]:
        """As `find`, place by place."""

        located, hits = self.find(request, authenticated=authenticated, operator=operator)
        return located, hits.to_results()

    def find(
        self,
        request: SearchRequest,
        *,
        authenticated: str | None = None,
        operator: bool = False,
        after: str | None = None,
    ) -> tuple[Located, Hits]:
        """Where the search is, and the best places; with `after`, the cursor of a page, those that follow it.

        A claimed `request.community` changes the ranking only. What is visible follows `authenticated`, the community
        whose key came along; for the operator at the command line it follows the claimed community.
        """
        visible = self._directory.visible_to(request.community if operator else authenticated)
        located, query = understand(request, self._gazetteer, visible, self._now())
        index = self._open_index()
        if operator:
            index.settle()  # a command searches once: it waits for what a thread learns
        query = self._weights.apply(query)
        router = self._router(query)
        if after is not None:
            page = read_cursor(after, request, authenticated)
            return located, index.find(query, page.cursor, page.index_version, router)
        find = partial(index.find, router=router)
        per_host, new_floor = self._variety(request)
        if not per_host and not new_floor:
            return located, find(query)
        from matching.search.diversify import FIRST_PAGE, Variety, diversify
        from service.search.hosts import Hosts

        variety = Variety(per_host or None, new_floor or None, min(FIRST_PAGE, query.limit))
        return located, diversify(find, query, variety, Hosts(self._engine, self._now()).read)

    def answers_at_once(self, request: SearchRequest) -> bool:
        """Whether `find` answers from memory alone, so that it may run on an event loop.

        It does not where it asks a router, counts the hosts of the first page, or first looks at what changed in the
        store or in the file of weights.
        """
        is_routed = bool(request.mode or (request.within and minutes_in(request.within) is not None))
        return not (
            (is_routed and self._routing.is_wanted)
            or any(self._variety(request))
            or self._directory.is_due
            or self._weights.is_due
            or self._open_index().is_due
        )

    def relax(self, located: Located, hits: Hits | SearchResults, enough: int) -> tuple[Relaxation, ...]:
        """The smallest changes of a search that give more places, when it has fewer than `enough`."""
        if hits.total >= enough:
            return ()
        query = hits.query
        return self._open_index().relax(query, ZoneInfo(located.time_zone), enough, self._router(query))

    def relaxations(
        self, request: SearchRequest, located: Located, hits: Hits, language: Language
    ) -> list[dict[str, Any]] | None:
        """The `relaxations` of a collection of results; None where as many places fit as the request wants."""
        from service.search.relaxation import describe_relaxations

        if hits.total >= request.limit:
            return None
        changes = self.relax(located, hits, request.limit)
        return describe_relaxations(changes, request, located, hits.query, language)

    def as_geojson(
        self,
        located: Located,
        hits: Hits,
        request: SearchRequest,
        language: Language,
        *,
        authenticated: str | None = None,
        relaxations: list[dict[str, Any]] | None = None,
    ) -> bytes:
        """The FeatureCollection that the API sends and the command line prints."""
        cursor = write_cursor(hits, request, authenticated)
        return search_collection(located, hits, self._directory.names, language, cursor, relaxations)

    def _router(self, query: Query) -> Router | None:
        """The router of a search that counts in minutes; None for the others, and where there is no network."""
        return None if query.mode is None else self._routing.router()

    def _variety(self, request: SearchRequest) -> tuple[int, float]:
        """Results of one host at most, and the share of new spaces, on the first page; 0 where no rule applies."""
        per_host = self._per_host if request.per_host is None else request.per_host
        new_floor = self._new_floor if request.new_floor is None else request.new_floor
        return per_host, new_floor
