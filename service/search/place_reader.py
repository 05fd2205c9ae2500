"""Reads one place as a searcher may see it."""

from dataclasses import replace

from sqlalchemy import Engine

from geo.store.queries import PlaceRecord, read_place
from service.communities.directory import CommunityDirectory


class PlaceReader:
    """Places of the store. Thread-safe."""

    def __init__(self, engine: Engine, directory: CommunityDirectory) -> None:
        self._engine, self._directory = engine, directory

    def read(self, place_id: int, authenticated: str | None = None) -> PlaceRecord | None:
        """A place with the spaces and listings that a searcher may see; None when there is none to see.

        `authenticated` is the community whose key came along, None for anybody.
        """
        visible = self._directory.visible_to(authenticated)
        record = read_place(self._engine, place_id)
        if record is None or record.place["status"] == "closed":
            return None
        spaces = [space for space in record.spaces if not space["communities"] or visible & set(space["communities"])]
        listings = [row for row in record.listings if row["community"] is None or row["community"] in visible]
        if not spaces and not listings and (record.spaces or record.listings):
            return None
        return replace(record, spaces=spaces, listings=listings)
