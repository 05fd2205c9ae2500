"""Queries of the store: frames for the index and exports, one record for a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, Select, Text, cast, func, select

from geo.store.dialect import MAX_PARAMETERS
from geo.store.engine import reading, reading_at_once
from geo.store.frames import BUSY, COMMUNITIES, MEMBERSHIPS, PLACES, SPACES
from geo.store.publication import published, published_listing
from geo.store.revisions import changed_since, communities_revision, count_changed_since, revision
from geo.store.schema import busy, community, listing, membership, place, place_alias, space, space_community

PLACE_FRAME: dict[str, Any] = {**PLACES, "hours_assumed": pl.Boolean, "capacity": pl.Int64}
"""The columns of `geo.store.frames.PLACES`, and two more for exports."""


@dataclass(frozen=True, slots=True)
class StoreFrames:
    """The input of a search index, read in one transaction at `revision`.

    places: one row per place that is not closed (`PLACE_FRAME`; amenities as JSON text; communities empty
    when any public list or public space names it); spaces: those not closed, of offered places
    (`SPACE_FRAME`); busy: space_id, slot, seats_taken; communities: slug, name, sharing, partners, values, words;
    memberships: community, member (left out when only some places are read).
    """

    revision: int
    places: pl.DataFrame
    spaces: pl.DataFrame
    busy: pl.DataFrame
    communities: pl.DataFrame
    memberships: pl.DataFrame


def read_frames(engine: Engine, *, place_ids: Sequence[int] | None = None, first_slot: int = 0) -> StoreFrames:
    """Frames of the whole store, or of some places; `first_slot` leaves out earlier slots of the ledger."""
    with reading_at_once(engine) as connection:
        return _frames(connection, None if place_ids is None else list(place_ids), first_slot)


def read_changes(engine: Engine, since: int, most: int, *, first_slot: int = 0) -> tuple[list[int], StoreFrames] | None:
    """Ids of the places changed after revision `since`, removed ones included, and the frames of those that remain;
    None when more than `most` may have changed."""
    with reading_at_once(engine) as connection:
        if count_changed_since(connection, since) > most:
            return None
        changed = changed_since(connection, since)
        return changed, _frames(connection, changed, first_slot)


def _frames(connection: Connection, some: list[int] | None, first_slot: int) -> StoreFrames:
    if some is not None and len(some) > MAX_PARAMETERS:
        raise ValueError("too many places for one overlay; rebuild the index")
    offered = select(space.c.id).join(place, place.c.id == space.c.place_id).where(place.c.status == "offered")
    places = select(place).where(place.c.status != "closed", published()).order_by(place.c.id)
    spaces = (
        select(space)
        .join(place, place.c.id == space.c.place_id)
        .where(space.c.closed.is_(False), place.c.status == "offered", published())
        .order_by(space.c.id)
    )
    seats = select(busy.c.space_id, busy.c.slot, busy.c.seats_taken).where(busy.c.slot >= first_slot)
    if some is not None:
        places, spaces = places.where(place.c.id.in_(some)), spaces.where(place.c.id.in_(some))
        seats = seats.where(busy.c.space_id.in_(offered.where(place.c.id.in_(some))))
    return StoreFrames(
        revision=revision(connection),
        places=_places(connection, places, some),
        spaces=_spaces(connection, spaces),
        busy=_frame(connection, seats, dict(BUSY)),
        communities=_communities(connection),
        memberships=_memberships(connection) if some is None else pl.DataFrame(schema=dict(MEMBERSHIPS)),
    )


def _frame(connection: Connection, statement: Select[Any], schema: dict[str, Any]) -> pl.DataFrame:
    rows = connection.execute(statement).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def _places(connection: Connection, statement: Select[Any], some: list[int] | None) -> pl.DataFrame:
    offers = _place_communities(connection, some)
    stored = [name for name in PLACE_FRAME if name != "communities"]
    columns = [place.c["id" if name == "place_id" else name] for name in stored]
    # As text: parsing JSON only to write it again would take as long as everything else.
    selected = [cast(column, Text) if column is place.c.amenities else column for column in columns]
    rows = connection.execute(statement.with_only_columns(*selected)).all()
    frame = pl.DataFrame(
        [tuple(row) for row in rows], schema={name: PLACE_FRAME[name] for name in stored}, orient="row"
    )
    offered = pl.DataFrame(
        {"place_id": list(offers), "communities": list(offers.values())},
        schema={name: PLACE_FRAME[name] for name in ("place_id", "communities")},
    )
    public = pl.lit([], dtype=PLACE_FRAME["communities"])
    joined = frame.join(offered, on="place_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("communities").fill_null(public)).select(*PLACE_FRAME)


def _place_communities(connection: Connection, some: list[int] | None) -> dict[int, list[str]]:
    """Communities of the lists that name a place; empty (public) as soon as one public list does."""
    statement = select(listing.c.place_id, listing.c.community).where(published_listing()).distinct()
    if some is not None:
        statement = statement.where(listing.c.place_id.in_(some))
    else:
        only_communities = (
            select(listing.c.place_id)
            .where(published_listing())
            .group_by(listing.c.place_id)
            .having(func.count() == func.count(listing.c.community))
        )
        statement = statement.where(listing.c.place_id.in_(only_communities))
    slugs_of: dict[int, set[str | None]] = {}
    for place_id, slug in connection.execute(statement):
        slugs_of.setdefault(place_id, set()).add(slug)
    return {
        place_id: sorted(slug for slug in slugs if slug) for place_id, slugs in slugs_of.items() if None not in slugs
    }


def _spaces(connection: Connection, statement: Select[Any]) -> pl.DataFrame:
    selected = statement.with_only_columns(space.c.id).order_by(None).subquery()
    offers: dict[int, list[str]] = {}
    pairs = (
        select(space_community.c.space_id, space_community.c.community)
        .where(space_community.c.space_id.in_(select(selected.c.id)))
        .order_by(space_community.c.space_id, space_community.c.community)
    )
    for space_id, slug in connection.execute(pairs):
        offers.setdefault(space_id, []).append(slug)
    rows = []
    for row in connection.execute(statement).mappings():
        record = {**row, "amenities": _json(row["amenities"]), "communities": offers.get(row["id"], [])}
        record["space_id"] = record.pop("id")
        rows.append(tuple(record[name] for name in SPACES))
    return pl.DataFrame(rows, schema=dict(SPACES), orient="row")


def _communities(connection: Connection) -> pl.DataFrame:
    columns = [community.c[name] for name in COMMUNITIES]
    return _frame(connection, select(*columns).order_by(community.c.slug), dict(COMMUNITIES))


def _memberships(connection: Connection) -> pl.DataFrame:
    return _frame(connection, select(membership.c.community, membership.c.member), dict(MEMBERSHIPS))


def read_communities(engine: Engine) -> tuple[int, pl.DataFrame]:
    """The revision at which communities last changed, and their table."""
    with reading(engine) as connection:
        return communities_revision(connection), _communities(connection)


def read_memberships(engine: Engine) -> tuple[int, pl.DataFrame, pl.DataFrame]:
    """The revision of communities, their table and their memberships, read in one transaction."""
    with reading(engine) as connection:
        return communities_revision(connection), _communities(connection), _memberships(connection)


def _json(value: dict[str, str]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def resolve_alias(connection: Connection, place_id: int) -> int:
    """The current id of a place: its own, or that of the place it was merged into."""
    current = connection.execute(select(place_alias.c.place_id).where(place_alias.c.alias_id == place_id)).scalar()
    return place_id if current is None else int(current)


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """One place as a page shows it: its columns, its open spaces, and the lists that name it."""

    place: dict[str, Any]
    spaces: list[dict[str, Any]]
    listings: list[dict[str, Any]]


def read_place(engine: Engine, place_id: int) -> PlaceRecord | None:
    """A place with its open spaces (each with `communities`) and provenance; None when there is none."""
    with reading(engine) as connection:
        place_id = resolve_alias(connection, place_id)
        record = connection.execute(select(place).where(place.c.id == place_id, published())).mappings().one_or_none()
        if record is None:
            return None
        spaces = [
            dict(row)
            for row in connection.execute(
                select(space).where(space.c.place_id == place_id, space.c.closed.is_(False)).order_by(space.c.id)
            ).mappings()
        ]
        for item in spaces:
            item["communities"] = list(
                connection.execute(
                    select(space_community.c.community)
                    .where(space_community.c.space_id == item["id"])
                    .order_by(space_community.c.community)
                ).scalars()
            )
        listings = connection.execute(
            select(
                listing.c.source,
                listing.c.source_key,
                listing.c.licence,
                listing.c.community,
                listing.c.facts["sources"].as_string().label("sources"),
            )
            .where(listing.c.place_id == place_id, published_listing())
            .order_by(listing.c.id)
        ).mappings()
        return PlaceRecord(dict(record), spaces, [dict(row) for row in listings])
