"""The parts of the running application that a handler needs, as dependencies of FastAPI.

`create_app` keeps the assembly in the application's state; a part is opened by the first request that needs it.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from geo.gazetteer.gazetteer import Gazetteer
from service.bookings.booking_desk import BookingDesk
from service.communities.directory import CommunityDirectory
from service.feedback.search_log import SearchLog
from service.imports.import_desk import ImportDesk
from service.planning.coverage_desk import CoverageDesk
from service.search.meeting_desk import MeetingDesk
from service.search.place_reader import PlaceReader
from service.search.search_desk import SearchDesk


def part(name: str) -> Callable[[Request], Any]:
    """Reads the part of that name."""

    def read(request: Request) -> Any:
        return getattr(request.app.state.services, name)

    return read


Directory = Annotated[CommunityDirectory, Depends(part("directory"))]
Places = Annotated[PlaceReader, Depends(part("places"))]
Names = Annotated[Gazetteer, Depends(part("gazetteer"))]
Searches = Annotated[SearchDesk, Depends(part("searches"))]
Meetings = Annotated[MeetingDesk, Depends(part("meetings"))]
Impressions = Annotated[SearchLog, Depends(part("search_log"))]
Bookings = Annotated[BookingDesk, Depends(part("bookings"))]
Imports = Annotated[ImportDesk, Depends(part("imports"))]
Coverages = Annotated[CoverageDesk, Depends(part("coverage"))]
