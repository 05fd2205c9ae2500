"""What the doors share: opened on first use, so that a short command pays only for what it uses."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from geo.store.engine import open_store
from geo.store.reading import PlaceRecord, read_place
from service.communities import Community, read_all, visible_to
from service.meeting import MeetingRequest, understand_meeting
from service.searching import SearchRequest, understand
from service.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from geo.areas import Areas
    from geo.gazetteer import Gazetteer
    from geo.geocoder.geocoder import Geocoder
    from geo.located import Located
    from ingest.pipeline import Workshop
    from matching.meeting import MeetingQuery, MeetingResults
    from matching.results import SearchResults
    from service.coverage import CoverageDesk
    from service.fetch import Fetcher
    from service.imports import ImportDesk
    from service.live import LiveSearch


def system_clock() -> datetime:
    """The time now, UTC. The only clock of the product; tests pass another."""
    return datetime.now(UTC)


class Services:
    """The parts of a running PlaceLibre, built lazily from its settings."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = system_clock) -> None:
        self.settings = settings
        self.now = clock

    @cached_property
    def engine(self) -> "Engine":
        return open_store(self.settings.store)

    @cached_property
    def areas(self) -> "Areas":
        from geo.areas import Areas

        return Areas.load(self.settings.data)

    @cached_property
    def gazetteer(self) -> "Gazetteer":
        from geo.gazetteer import Gazetteer

        return Gazetteer.load(self.settings.data, areas=self.areas)

    @cached_property
    def geocoder(self) -> "Geocoder":
        """From the address index when one was built, else from the shipped streets."""
        from geo.geocoder.geocoder import Geocoder
        from geo.geocoder.index import exists

        folder = self.settings.addresses
        return Geocoder(self.areas, folder if exists(folder) else None)

    @cached_property
    def workshop(self) -> "Workshop":
        """What the imports of this process share: where lists are staged, and what the store holds."""
        from ingest.pipeline import Workshop

        return Workshop(self.settings.staging, self.settings.mappings)

    @cached_property
    def live(self) -> "LiveSearch":
        from service.live import LiveSearch

        return LiveSearch(self.engine, self.settings.index, self.settings.refresh_s, self.now)

    @cached_property
    def coverage(self) -> "CoverageDesk":
        from service.coverage import CoverageDesk

        return CoverageDesk(self.engine, self.settings.data)

    @cached_property
    def imports(self) -> "ImportDesk":
        from service.imports import ImportDesk

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
        from service.fetch import Fetcher

        return Fetcher(self.settings.feed_limit_mb, self.settings.feed_timeout_s)

    @property
    def communities(self) -> list[Community]:
        """Communities of the store, by slug."""
        return sorted(read_all(self.engine), key=lambda one: one.slug)

    def visible(self, authenticated: str | None) -> frozenset[str]:
        """Communities whose offers a searcher may see; `authenticated` is the slug its key proved, if any."""
        return visible_to(self.communities, authenticated)

    def search(
        self, request: SearchRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> "tuple[Located, SearchResults]":
        """Understands and answers a search.

        A claimed `request.community` changes the ranking only; what is visible follows `authenticated`, or
        the claimed community for the operator at the command line.
        """
        visible = self.visible(request.community if operator else authenticated)
        located, query = understand(request, self.gazetteer, visible, self.now())
        return located, self.live.search(query)

    def meet(
        self, request: MeetingRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> "tuple[tuple[Located, ...], MeetingResults]":
        """Understands and answers where several people meet; who sees what is as in a search."""
        located, query = self.understand_meeting(request, authenticated=authenticated, operator=operator)
        return located, self.live.meet(query)

    def understand_meeting(
        self, request: MeetingRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> "tuple[tuple[Located, ...], MeetingQuery]":
        """Where everybody sets out, and what is asked."""
        visible = self.visible(request.room.community if operator else authenticated)
        return understand_meeting(request, self.gazetteer, visible, self.now())

    def place(self, place_id: int, visible: frozenset[str]) -> PlaceRecord | None:
        """A place with the spaces and lists that the searcher may see; None when there is none to see."""
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
        live: LiveSearch | None = self.__dict__.pop("live", None)
        if live is not None:
            live.close()
        engine: Engine | None = self.__dict__.pop("engine", None)
        if engine is not None:
            engine.dispose()
