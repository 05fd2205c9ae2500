"""PlaceLibre when a thousand places changed after the build of its snapshot: half of them booked, half moved."""

import numpy as np
import polars as pl

from matching.overlay.layers import Overlay, build_overlay
from matching.query.query import Query
from matching.search.engine import SnapshotLayer, merge_layers, rank, usable_weights
from matching.snapshot.builder import build_index
from matching.snapshot.index_input import IndexInput
from matching.snapshot.layout import SLOTS_PER_DAY, Meta
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.peer import Peer
from service.bench.peers.plain import Answer

PLACES = 1_000
MOVED_DEGREES = 0.01
BOOKED_DAYS = range(1, 60)
FIRST_HOUR, BOOKED_SLOTS = 8, 6


class WithOverlay(Peer):
    def __init__(self, overlay: Overlay, over: Snapshot) -> None:
        self._layers, self.over = overlay.layers(), over

    def answer(self, query: Query) -> Answer:
        weights = usable_weights(query, self._layers[0].index.snapshot)
        rankings = [rank(layer, query, weights) for layer in self._layers]
        keys = [ranking.keys.tolist() for ranking in rankings]
        best = (keys[layer][at] for layer, at in merge_layers(rankings, query.limit))
        return [(place, space, score, metres) for score, metres, place, space in best]


def make(world: IndexInput, snapshot: Snapshot, store: str) -> WithOverlay:
    place_ids, now_are = _changed(world, snapshot.meta)
    later = build_index(world.with_places_replaced(place_ids, now_are), as_of=snapshot.meta.as_of)
    return WithOverlay(build_overlay(SnapshotLayer(snapshot).index, now_are, place_ids), later)


def _changed(world: IndexInput, meta: Meta, seed: int = 5) -> tuple[list[int], IndexInput]:
    """Ids of the places that change, and their rows after the change."""
    random = np.random.default_rng(seed)
    place_ids = world.places["place_id"].to_numpy()
    changed_ids = random.choice(place_ids, min(PLACES, len(place_ids)), replace=False)
    booked, moved = changed_ids[::2], changed_ids[1::2]
    places = world.places.filter(pl.col("place_id").is_in(changed_ids))
    spaces = world.spaces.filter(pl.col("place_id").is_in(changed_ids))
    rooms = spaces.filter(pl.col("place_id").is_in(booked)).unique("place_id", keep="first", maintain_order=True)
    first = meta.first_slot + random.choice(BOOKED_DAYS, rooms.height) * SLOTS_PER_DAY + 2 * FIRST_HOUR
    bookings = pl.DataFrame(
        {
            "space_id": np.repeat(rooms["space_id"].to_numpy(), BOOKED_SLOTS),
            "slot": (first[:, None] + np.arange(BOOKED_SLOTS)).reshape(-1),
            "seats_taken": np.repeat(rooms["seats"].to_numpy(), BOOKED_SLOTS),
        },
        schema=world.busy.schema,
    )
    other_bookings = world.busy.join(spaces, on="space_id", how="semi").join(
        bookings, on=["space_id", "slot"], how="anti"
    )
    east = pl.when(pl.col("place_id").is_in(moved)).then(MOVED_DEGREES).otherwise(0.0)
    return changed_ids.tolist(), IndexInput(
        places.with_columns(lon=pl.col("lon") + east), spaces, pl.concat([other_bookings, bookings]), world.communities
    )
