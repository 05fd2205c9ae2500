"""The booking desk: communities book for their members, read and cancel what they booked."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from service.bookings.booking import Booking, book, cancel, read_booking


class BookingDesk:
    """Bookings of communities, each known by its slug. Thread-safe.

    `on_change` is called after every change of the store. `on_follow_up` gets the impression a booking follows from
    and the space booked.
    """

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        *,
        on_change: Callable[[], None],
        on_follow_up: Callable[[str, int], None],
    ) -> None:
        self._engine, self._now = engine, now
        self._on_change, self._on_follow_up = on_change, on_follow_up

    def book(
        self,
        community: str,
        *,
        space_id: int,
        start: datetime,
        stop: datetime,
        seats: int,
        idempotency_key: str,
        impression: str | None = None,
    ) -> Booking:
        """Books seats of a space, or raises as `service.bookings.booking.book` does."""
        booking = book(
            self._engine,
            space_id=space_id,
            start=start,
            stop=stop,
            seats=seats,
            community=community,
            idempotency_key=idempotency_key,
            now=self._now(),
        )
        self._on_change()
        if impression is not None:
            self._on_follow_up(impression, booking.space_id)
        return booking

    def read(self, community: str, booking_id: int) -> Booking:
        """A booking of this community. Raises NotFound for any other number."""
        return read_booking(self._engine, booking_id, community=community)

    def cancel(self, community: str, booking_id: int) -> Booking:
        """Cancels a booking of this community. Raises NotFound, or Conflict when it is over."""
        booking = cancel(self._engine, booking_id, community=community, now=self._now())
        self._on_change()
        return booking
