"""`/api/v1/bookings`: a community books for its members, with its key; it reads and cancels what it booked."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Path
from pydantic import BaseModel, Field

from geo.errors import InvalidInput
from matching.query.query import slot_start
from service.api.authentication import Community
from service.api.dependencies import Bookings
from service.api.problems import documented
from service.bookings.booking import Booking
from service.feedback.search_log import IMPRESSION_ID
from service.search.time_parser import parse_duration

BookingId = Annotated[int, Path(ge=1, le=2**53)]


class BookingRequest(BaseModel):
    space_id: int = Field(ge=1, le=2**53)
    start: datetime = Field(description="With its offset, e.g. 2026-11-24T09:00+01:00")
    duration: str = Field(default="PT3H", max_length=12, examples=["PT3H"])
    seats: int = Field(default=1, ge=1, le=10_000)
    impression: str | None = Field(
        default=None, pattern=f"^{IMPRESSION_ID.pattern}$", description="Of the search it follows from, when logged"
    )


class BookingAnswer(BaseModel):
    id: int
    space_id: int
    start: datetime
    stop: datetime
    seats: int
    state: str


def _answer(booking: Booking) -> BookingAnswer:
    return BookingAnswer(
        id=booking.id,
        space_id=booking.space_id,
        start=slot_start(booking.start_slot),
        stop=slot_start(booking.stop_slot),
        seats=booking.seats,
        state=booking.state,
    )


def _interval(request: BookingRequest) -> tuple[datetime, datetime]:
    length: timedelta = parse_duration(request.duration)
    if request.start.tzinfo is None or not 2000 < request.start.year < 9000:
        raise InvalidInput(
            field="start",
            value=request.start,
            fr="Le début doit porter son décalage horaire, par exemple 2026-11-24T09:00+01:00.",
            en="The start must carry its offset, for example 2026-11-24T09:00+01:00.",
        )
    return request.start, request.start + length


def create_router() -> APIRouter:
    router = APIRouter(tags=["bookings"])

    @router.post(
        "/bookings",
        status_code=201,
        summary="Book seats of a space, for a member of the calling community",
        responses=documented(401, 403, 404, 409, 422, 503),
    )
    def create(
        bookings: Bookings,
        caller: Community,
        request: BookingRequest,
        idempotency_key: Annotated[str, Header(min_length=8, max_length=128)],
    ) -> BookingAnswer:
        start, stop = _interval(request)
        booking = bookings.book(
            caller,
            space_id=request.space_id,
            start=start,
            stop=stop,
            seats=request.seats,
            idempotency_key=idempotency_key,
            impression=request.impression,
        )
        return _answer(booking)

    @router.get(
        "/bookings/{booking_id}", summary="A booking of the calling community", responses=documented(401, 404, 422, 503)
    )
    def read(bookings: Bookings, caller: Community, booking_id: BookingId) -> BookingAnswer:
        return _answer(bookings.read(caller, booking_id))

    @router.delete(
        "/bookings/{booking_id}", summary="Cancel a booking", responses=documented(401, 403, 404, 409, 422, 503)
    )
    def delete(bookings: Bookings, caller: Community, booking_id: BookingId) -> BookingAnswer:
        return _answer(bookings.cancel(caller, booking_id))

    return router
