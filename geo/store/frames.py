"""Polars schemas of the frames that the store gives to the search index, exports and notebooks."""

from collections.abc import Mapping

import polars as pl

Schema = Mapping[str, pl.DataType | type[pl.DataType]]
LIST = pl.List(pl.String)

PLACES: Schema = {
    "place_id": pl.Int64,
    "name": pl.String,
    "kind": pl.String,
    "status": pl.String,
    "address": pl.String,
    "postcode": pl.String,
    "commune": pl.String,
    "insee": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "precision": pl.String,
    "expected_m": pl.Float64,
    "time_zone": pl.String,
    "opening_hours": pl.String,
    "amenities": pl.String,
    "phone": pl.String,
    "website": pl.String,
    "checked_on": pl.Date,
    "communities": LIST,
    "demo": pl.Boolean,
}
"""One row per place. `kind`, `status`, `precision` are words of `geo.types`; `expected_m` is 0 unless the position is
the commune's; `opening_hours` is OSM syntax or null; `amenities` is JSON text, `{"wifi": "yes"}`, absent meaning
unknown; `checked_on` is null when unknown; `communities` empty means public."""

SPACES: Schema = {
    "space_id": pl.Int64,
    "place_id": pl.Int64,
    "kind": pl.String,
    "name": pl.String,
    "seats": pl.Int32,
    "price_half_day_cents": pl.Int32,
    "member_price_half_day_cents": pl.Int32,
    "opening_hours": pl.String,
    "amenities": pl.String,
    "communities": LIST,
    "demo": pl.Boolean,
}
"""One row per space; `space_id` > 0. Null prices are unknown (0 is free); null `opening_hours` are the place's;
`amenities` override the place's one by one; `communities` are those that offer it, empty means public."""

BUSY: Schema = {
    "space_id": pl.Int64,
    "slot": pl.Int64,
    "seats_taken": pl.Int32,
}
"""One row per (space, UTC half-hour since 1970) with seats taken."""

COMMUNITIES: Schema = {
    "slug": pl.String,
    "name": pl.String,
    "sharing": pl.String,
    "partners": LIST,
    "values": LIST,
    "words": pl.String,
}
"""One row per community; `partners` are slugs it declares; `values` and `words` are its description of itself."""

MEMBERSHIPS: Schema = {
    "community": pl.String,
    "member": pl.String,
}
"""One row per member of a community, a pseudonym that is the same in all of them."""
