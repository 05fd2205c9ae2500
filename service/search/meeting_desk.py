"""The meeting desk: answers where several people meet, for every door."""

from collections.abc import Callable
from datetime import datetime

from geo.gazetteer.gazetteer import Gazetteer
from geo.gazetteer.location import Located
from matching.meeting.query import MeetingQuery
from matching.meeting.ranking import MeetingResults
from service.communities.directory import CommunityDirectory
from service.index.live_search import LiveSearch
from service.search.meeting_request import MeetingRequest, understand_meeting
from service.search.routing import Routing


class MeetingDesk:
    """Understands and answers meetings. Thread-safe. `open_index` gives the running index; answers alone call it."""

    def __init__(
        self,
        *,
        gazetteer: Gazetteer,
        directory: CommunityDirectory,
        routing: Routing,
        open_index: Callable[[], LiveSearch],
        now: Callable[[], datetime],
    ) -> None:
        self._gazetteer, self._directory, self._routing = gazetteer, directory, routing
        self._open_index, self._now = open_index, now

    def meet(
        self, request: MeetingRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> tuple[tuple[Located, ...], MeetingResults]:
        """Where everybody sets out, and the best places; visibility is that of `SearchDesk.find`."""
        located, query = self.understand(request, authenticated=authenticated, operator=operator)
        return located, self.answer(query)

    def understand(
        self, request: MeetingRequest, *, authenticated: str | None = None, operator: bool = False
    ) -> tuple[tuple[Located, ...], MeetingQuery]:
        """Where everybody sets out, and the query. Raises UserError with the first thing not understood."""
        visible = self._directory.visible_to(request.room.community if operator else authenticated)
        return understand_meeting(request, self._gazetteer, visible, self._now())

    def answer(self, query: MeetingQuery) -> MeetingResults:
        """The best places, by the minutes of the road network where there is one."""
        return self._open_index().meet(query, self._routing.router())
