"""Reads the places of the store that pass a filter into the arrays of a coverage report."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import ColumnElement, Engine, and_, exists, or_, select

from geo.coverage.report import Places
from geo.store.engine import reading
from geo.store.publication import published, published_listing
from geo.store.schema import listing, place, space, space_community
from geo.types import PlaceKind, PlaceStatus

OPEN_STATUSES = (PlaceStatus.CANDIDATE, PlaceStatus.OFFERED)


def read_positions(
    engine: Engine,
    kinds: Sequence[PlaceKind] = (),
    sources: Sequence[str] = (),
    statuses: Sequence[PlaceStatus] = (),
    visible: frozenset[str] | None = None,
) -> Places:
    """Places that pass the filter, by ascending id; an empty sequence means any (but never closed places).

    `sources` are names of lists: a place passes when one of its listings comes from one of them. `visible` holds
    the communities whose listings and offers may be seen; None sees everything. Raises StoreUnavailable.
    """
    condition: list[ColumnElement[bool]] = [
        place.c.status.in_([str(value) for value in statuses or OPEN_STATUSES]),
        published(),
    ]
    if kinds:
        condition.append(place.c.kind.in_([str(value) for value in kinds]))
    if sources:
        from_them = (
            listing.c.place_id == place.c.id,
            listing.c.source.in_(list(sources)),
            _may_see(visible),
            published_listing(),
        )
        condition.append(exists().where(*from_them))
    if visible is not None:
        condition.append(_place_may_be_seen(visible))
    columns = (place.c.id, place.c.name, place.c.lon, place.c.lat, place.c.precision, place.c.expected_m)
    with reading(engine) as connection:
        rows = connection.execute(select(*columns).where(*condition).order_by(place.c.id)).all()
    ids, names, lon, lat, precision, expected_m = zip(*rows, strict=True) if rows else ((),) * 6
    return Places(
        ids=np.array(ids, dtype=np.int64),
        names=names,
        lon=np.array(lon, dtype=np.float64),
        lat=np.array(lat, dtype=np.float64),
        precision=np.array(precision, dtype=np.str_),
        expected_m=np.array(expected_m, dtype=np.float64),
    )


def list_sources(engine: Engine, visible: frozenset[str] | None = None) -> list[str]:
    """Names of the lists in the store, sorted; only those that may be seen. Raises StoreUnavailable."""
    with reading(engine) as connection:
        names = connection.execute(
            select(listing.c.source).where(_may_see(visible), published_listing()).distinct()
        ).scalars()
        return sorted(str(source) for source in names)


def _may_see(visible: frozenset[str] | None) -> ColumnElement[bool]:
    """A list of no community is public; another is seen by those who may see its community."""
    if visible is None:
        return listing.c.source.is_not(None)
    return or_(listing.c.community.is_(None), listing.c.community.in_(sorted(visible)))


def _place_may_be_seen(visible: frozenset[str]) -> ColumnElement[bool]:
    """Same rule as for one place: a visible listing or offer, or nothing to hide at all."""
    offers = space_community.c.space_id == space.c.id
    shown_offer = exists().where(
        space.c.place_id == place.c.id,
        or_(
            ~exists().where(offers),
            exists().where(offers, space_community.c.community.in_(sorted(visible))),
        ),
    )
    of_this_place = listing.c.place_id == place.c.id
    bare = and_(~exists().where(of_this_place), ~exists().where(space.c.place_id == place.c.id))
    return or_(exists().where(of_this_place, _may_see(visible), published_listing()), shown_offer, bare)
