"""Conditions that hide the places and listings of an unfinished import or undo.

A national list is written in many short transactions, so that bookings never wait; it appears at once when the ranges
of its places and listings leave `unpublished`. Every query of places or listings adds these conditions.
"""

from sqlalchemy import ColumnElement, FromClause, exists

from geo.store.schema import listing, place, unpublished


def published(places: FromClause = place) -> ColumnElement[bool]:
    """Condition: the place is in no range that an import is writing or an undo removing."""
    return _outside(places, place.name)


def published_listing(listings: FromClause = listing) -> ColumnElement[bool]:
    """Condition: the listing is in no range that an import is writing or an undo removing."""
    return _outside(listings, listing.name)


def _outside(rows: FromClause, table_name: str) -> ColumnElement[bool]:
    inside = rows.c.id.between(unpublished.c.first_id, unpublished.c.last_id)
    return ~exists().where(unpublished.c.table_name == table_name, inside).correlate(rows)
