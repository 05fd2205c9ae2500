"""Assembly: opens, wires and closes the parts of a running PlaceLibre. What they do is theirs.

Every part is opened when it is first read, so that a short command pays only for what it uses.
"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property, wraps
from threading import RLock
from typing import TYPE_CHECKING, Any

from service.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from geo.gazetteer.gazetteer import Gazetteer
    from geo.geocoder.geocoder import Geocoder
    from geo.reference.communes import Areas
    from ingest.pipeline import ImportContext
    from service.bookings.booking_desk import BookingDesk
    from service.communities.directory import CommunityDirectory
    from service.feedback.accepted_weights import AcceptedWeights
    from service.feedback.search_log import SearchLog
    from service.fetching.fetcher import Fetcher
    from service.imports.import_desk import ImportDesk
    from service.index.live_search import LiveSearch
    from service.planning.coverage_desk import CoverageDesk
    from service.search.meeting_desk import MeetingDesk
    from service.search.place_reader import PlaceReader
    from service.search.routing import Routing
    from service.search.search_desk import SearchDesk


def system_clock() -> datetime:
    """The time now, UTC. The only clock of the product; tests pass another."""
    return datetime.now(UTC)


def part[Part](open_part: Callable[[Any], Part]) -> cached_property[Part]:
    """A property of `Services`, opened once: threads that read it meanwhile wait for the same part."""

    @wraps(open_part)
    def once(services: "Services") -> Part:
        with services.opening:
            parts: dict[str, Part] = vars(services)
            return parts[open_part.__name__] if open_part.__name__ in parts else open_part(services)

    return cached_property(once)


class Services:
    """The parts of a running PlaceLibre: resources, and the use cases that stand on them."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = system_clock) -> None:
        self.settings = settings
        self.now = clock
        self.opening = RLock()
        self._closing = ExitStack()

    def is_open(self, *names: str) -> bool:
        """Whether these parts were opened and not closed since."""
        return vars(self).keys() >= set(names)

    def close(self) -> None:
        """Closes files and connections, the latest opened first; a part that is read again is opened again."""
        self._closing.close()
        for name, attribute in vars(Services).items():
            if isinstance(attribute, cached_property):
                vars(self).pop(name, None)

    # Resources

    @part
    def engine(self) -> "Engine":
        from geo.store.engine import open_store

        engine = open_store(self.settings.store)
        self._closing.callback(engine.dispose)
        return engine

    @part
    def areas(self) -> "Areas":
        from geo.reference.communes import Areas

        return Areas.load(self.settings.data)

    @part
    def gazetteer(self) -> "Gazetteer":
        from geo.gazetteer.gazetteer import Gazetteer

        return Gazetteer.load(self.settings.data, areas=self.areas)

    @part
    def geocoder(self) -> "Geocoder":
        """From the address index when one was built, else from the shipped streets."""
        from geo.geocoder.ban_index import exists
        from geo.geocoder.geocoder import Geocoder

        folder = self.settings.addresses
        return Geocoder(self.areas, folder if exists(folder) else None)

    @part
    def secret(self) -> bytes:
        from service.accounts.installation_secret import installation_secret

        return installation_secret(self.settings.secret)

    @part
    def import_context(self) -> "ImportContext":
        """What the imports of this process share: where lists are staged, and what the store holds."""
        from ingest.pipeline import ImportContext

        return ImportContext(self.settings.staging, self.settings.mappings)

    @part
    def live(self) -> "LiveSearch":
        from service.index.live_search import LiveSearch

        live = LiveSearch(self.engine, self.settings.index, self.settings.refresh_s, self.now)
        self._closing.callback(live.close)
        return live

    @part
    def routing(self) -> "Routing":
        from service.search.routing import Routing

        return Routing(self.settings.routing, is_optional=self.settings.is_routing_optional)

    @part
    def fetcher(self) -> "Fetcher":
        from service.fetching.fetcher import Fetcher

        return Fetcher(self.settings.feed_limit_mb, self.settings.feed_timeout_s)

    @part
    def accepted_weights(self) -> "AcceptedWeights":
        from service.feedback.accepted_weights import AcceptedWeights

        return AcceptedWeights(self.settings.weights)

    @part
    def search_log(self) -> "SearchLog":
        from service.feedback.search_log import SearchLog

        log = SearchLog(self.engine, self.now)
        self._closing.callback(log.close)  # before the store: it writes what waits
        return log

    @part
    def directory(self) -> "CommunityDirectory":
        from service.communities.directory import CommunityDirectory

        return CommunityDirectory(self.engine, self.settings.refresh_s)

    # Use cases

    @part
    def searches(self) -> "SearchDesk":
        from service.search.search_desk import SearchDesk

        return SearchDesk(
            engine=self.engine,
            gazetteer=self.gazetteer,
            directory=self.directory,
            weights=self.accepted_weights,
            routing=self.routing,
            open_index=lambda: self.live,
            now=self.now,
            per_host=self.settings.per_host,
            new_floor=self.settings.new_floor,
        )

    @part
    def meetings(self) -> "MeetingDesk":
        from service.search.meeting_desk import MeetingDesk

        return MeetingDesk(
            gazetteer=self.gazetteer,
            directory=self.directory,
            routing=self.routing,
            open_index=lambda: self.live,
            now=self.now,
        )

    @part
    def places(self) -> "PlaceReader":
        from service.search.place_reader import PlaceReader

        return PlaceReader(self.engine, self.directory)

    @part
    def bookings(self) -> "BookingDesk":
        from service.bookings.booking_desk import BookingDesk

        return BookingDesk(
            self.engine,
            self.now,
            on_change=self._touch_index,
            on_follow_up=self._log_booking,
        )

    @part
    def imports(self) -> "ImportDesk":
        from service.imports.import_desk import ImportDesk

        return ImportDesk(
            self.engine,
            self.geocoder,
            self.settings.uploads,
            self.now,
            mappings=self.settings.mappings,
            limit_bytes=self.settings.upload_limit_mb * 1_000_000,
            on_change=self._touch_index,
        )

    @part
    def coverage(self) -> "CoverageDesk":
        from service.planning.coverage_desk import CoverageDesk

        return CoverageDesk(self.engine, self.settings.data)

    def _log_booking(self, impression: str, space_id: int) -> None:
        self.search_log.log_booking(impression, space_id)

    def _touch_index(self) -> None:
        """This process changed the store: the next search looks at once, as the first one does anyway."""
        if self.is_open("live"):
            self.live.touch()
