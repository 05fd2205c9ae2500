"""What the doors share: opened on first use, so that a short command pays only for what it uses."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from geo.store.engine import open_store
from service.communities.community import Community
from service.communities.sharing import Circle, CircleReader
from service.lately import Lately
from service.search.meeting_request import MeetingRequest, understand_meeting
from service.search.request import SearchRequest, understand
from service.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from geo.errors import Language
    from geo.gazetteer.gazetteer import Gazetteer
    from geo.gazetteer.location import Located
    from geo.geocoder.geocoder import Geocoder
    from geo.reference.communes import Areas
    from geo.store.queries import PlaceRecord
    from geo.travel.router import Router
    from ingest.pipeline import Workshop
    from matching.meeting.query import MeetingQuery
    from matching.meeting.ranking import MeetingResults
    from matching.query.query import Query
    from matching.query.results import SearchResults
    from matching.relaxation.relaxer import Relaxation
    from matching.search.hits import Hits
    from service.feedback.accepted_weights import AcceptedWeights
    from service.feedback.search_log import SearchLog
    from service.fetching.fetcher import Fetcher
    from service.imports.import_desk import ImportDesk
    from service.index.live_search import LiveSearch
    from service.planning.coverage_desk import CoverageDesk
    from service.search.routing import Routing


def system_clock() -> datetime:
    """The time now, UTC. The only clock of the product; tests pass another."""
    return datetime.now(UTC)


class Services:
    """The parts of a running PlaceLibre, built lazily from its settings."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = system_clock) -> None:
        self.settings = settings
        self.now = clock
        self._opening = Lock()

    @cached_property
    def engine(self) -> "Engine":
        return open_store(self.settings.store)

    @cached_property
    def areas(self) -> "Areas":
        from geo.reference.communes import Areas

        return Areas.load(self.settings.data)

    @cached_property
    def gazetteer(self) -> "Gazetteer":
        from geo.gazetteer.gazetteer import Gazetteer

        return Gazetteer.load(self.settings.data, areas=self.areas)

    @cached_property
    def geocoder(self) -> "Geocoder":
        """From the address index when one was built, else from the shipped streets."""
        from geo.geocoder.ban_index import exists
        from geo.geocoder.geocoder import Geocoder

        folder = self.settings.addresses
        return Geocoder(self.areas, folder if exists(folder) else None)

    @cached_property
    def secret(self) -> bytes:
        from service.accounts.installation_secret import installation_secret

        return installation_secret(self.settings.secret)

    @cached_property
    def workshop(self) -> "Workshop":
        """What the imports of this process share: where lists are staged, and what the store holds."""
        from ingest.pipeline import Workshop

        return Workshop(self.settings.staging, self.settings.mappings)

    @cached_property
    def live(self) -> "LiveSearch":
        from service.index.live_search import LiveSearch

        return LiveSearch(self.engine, self.settings.index, self.settings.refresh_s, self.now)

    @cached_property
    def routing(self) -> "Routing":
        from service.search.routing import Routing

        return Routing(self.settings.routing)

    @property
    def coverage(self) -> "CoverageDesk":
        """The one desk, with its cache of answers: two first questions at once must not make two."""
        with self._opening:
            return self._coverage

    @cached_property
    def _coverage(self) -> "CoverageDesk":
        from service.planning.coverage_desk import CoverageDesk

        return CoverageDesk(self.engine, self.settings.data)

    @cached_property
    def imports(self) -> "ImportDesk":
        from service.imports.import_desk import ImportDesk

        limit_bytes = self.settings.upload_limit_mb * 1_000_000
        return ImportDesk(
            self.engine,
            self.geocoder,
            self.settings.uploads,
            self.now,
            mappings=self.settings.mappings,
            limit_bytes=limit_bytes,
        )

    @cached_property
    def fetcher(self) -> "Fetcher":
        from service.fetching.fetcher import Fetcher

        return Fetcher(self.settings.feed_limit_mb, self.settings.feed_timeout_s)

    @cached_property
    def accepted_weights(self) -> "AcceptedWeights":
        from service.feedback.accepted_weights import AcceptedWeights

        return AcceptedWeights(self.settings.weights)

    @cached_property
    def search_log(self) -> "SearchLog":
        from service.feedback.search_log import SearchLog

        return SearchLog(self.engine, self.now)

    @cached_property
    def _circle(self) -> Lately[Circle]:
        reader = CircleReader()
        return Lately(lambda: reader.read(self.engine), self.settings.refresh_s)

    @property
    def circle(self) -> Circle:
        """Who shares with whom, as of at most a refresh ago."""
        return self._circle.get()

    @property
    def communities(self) -> list[Community]:
        """Communities of the store, by slug."""
        return self.circle.communities

    def visible(self, authenticated: str | None) -> frozenset[str]:
        """Communities whose offers a searcher may see; `authenticated` is the slug its key proved, if any."""
        return self.circle.visible_to(authenticated)

    def search(
        self, request: SearchRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> "tuple[Located, SearchResults]":
        """Understands and answers a search.

        A claimed `request.community` changes the ranking only; what is visible follows `authenticated`, or
        the claimed community for the operator at the command line.
        """

        located, found = self.find(request, authenticated=authenticated, operator=operator)
        return located, found.to_results()

    def find(
        self,
        request: SearchRequest,
        *,
        authenticated: str | None = None,
        operator: bool = False,
        after: str | None = None,
    ) -> "tuple[Located, Hits]":
        """The same in numbers; `after` is the cursor that the page before gave."""
        visible = self.visible(request.community if operator else authenticated)
        located, query = understand(request, self.gazetteer, visible, self.now())
        if operator:
            self.live.settle()  # asks once, and would not see what is learned later
        query = self.accepted_weights.applied(query)
        if after is not None:
            from service.search.cursors import read_cursor

            page = read_cursor(after, request, authenticated)
            return located, self.live.find(query, page.cursor, page.index_version, self._router(query))
        per_host = self.settings.per_host if request.per_host is None else request.per_host
        new_floor = self.settings.new_floor if request.new_floor is None else request.new_floor
        if not per_host and not new_floor:
            return located, self.live.find(query, router=self._router(query))
        from matching.search.diversify import FIRST_PAGE, Variety, diversify
        from service.search.hosts import Hosts

        variety = Variety(per_host or None, new_floor or None, min(FIRST_PAGE, query.limit))
        find = partial(self.live.find, router=self._router(query))
        return located, diversify(find, query, variety, Hosts(self.engine, self.now()).told)

    def as_geojson(
        self,
        located: "Located",
        found: "Hits",
        request: SearchRequest,
        language: "Language",
        *,
        authenticated: str | None = None,
        relaxations: "list[dict[str, Any]] | None" = None,
    ) -> bytes:
        """What the API sends of a search and the command line prints."""
        from service.search.cursors import written_cursor
        from service.search.geojson import search_collection

        cursor = written_cursor(found, request, authenticated)
        return search_collection(located, found, self.circle.names, language, cursor, relaxations)

    def relax(self, located: "Located", found: "Hits | SearchResults", enough: int) -> "tuple[Relaxation, ...]":
        """The smallest changes of a search that find more, when it found fewer than `enough`."""
        if found.total >= enough:
            return ()
        return self.live.relax(found.query, ZoneInfo(located.time_zone), enough, self._router(found.query))

    def _router(self, query: "Query") -> "Router | None":
        """What tells the minutes of a search, where it asks for some."""
        return None if query.mode is None else self.routing.router()

    def meet(
        self, request: MeetingRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> "tuple[tuple[Located, ...], MeetingResults]":
        """Understands and answers where several people meet; who sees what is as in a search."""
        located, query = self.understand_meeting(request, authenticated=authenticated, operator=operator)
        return located, self.answer_meeting(query)

    def answer_meeting(self, query: "MeetingQuery") -> "MeetingResults":
        """The same, understood: by the minutes of the network, where there is one."""
        return self.live.meet(query, self.routing.router())

    def understand_meeting(
        self, request: MeetingRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> "tuple[tuple[Located, ...], MeetingQuery]":
        """Where everybody sets out, and what is asked."""
        visible = self.visible(request.room.community if operator else authenticated)
        return understand_meeting(request, self.gazetteer, visible, self.now())

    def place(self, place_id: int, visible: frozenset[str]) -> "PlaceRecord | None":
        """A place with the spaces and lists that the searcher may see; None when there is none to see."""
        from geo.store.queries import PlaceRecord, read_place

        record = read_place(self.engine, place_id)
        if record is None or record.place["status"] == "closed":
            return None
        spaces = [one for one in record.spaces if not one["communities"] or visible & set(one["communities"])]
        listings = [one for one in record.listings if one["community"] is None or one["community"] in visible]
        if not spaces and not listings and (record.spaces or record.listings):
            return None
        return PlaceRecord(record.place, spaces, listings)

    def close(self) -> None:
        """Lets go of files and connections; what is used again is opened again."""
        search_log: SearchLog | None = self.__dict__.pop("search_log", None)
        if search_log is not None:
            search_log.close()  # writes what waits, so before its store goes
        live: LiveSearch | None = self.__dict__.pop("live", None)
        if live is not None:
            live.close()
        engine: Engine | None = self.__dict__.pop("engine", None)
        if engine is not None:
            engine.dispose()
