"""Facts: a listing normalised and located, as it is stored, compared with others and composed into a place."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import polars as pl

from ingest.rows.record import Record, SpaceDraft


class Facts(msgspec.Struct, omit_defaults=True, frozen=True):
    """The facts of a listing. Missing text is "", anything else missing is None; `lon`, `lat` in decimal degrees.

    `sources`, `licences`: of the lists that a row of an export was made from, separated by "|". `spaces`: the bookable
    units that the row describes; `offered`: whoever imported the list asserts that the host agreed.
    """

    name: str
    kind: str
    lon: float
    lat: float
    precision: str
    time_zone: str
    match_key: str = ""
    address: str = ""
    complement: str = ""
    postcode: str = ""
    commune: str = ""
    insee: str = ""
    expected_m: float = 0.0
    score: float | None = None
    opening_hours: str | None = None
    capacity: int | None = None
    amenities: dict[str, str] = {}
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    siret: str | None = None
    parent: str | None = None
    checked_on: date | None = None
    sources: str | None = None
    licences: str | None = None
    spaces: tuple[SpaceDraft, ...] = ()
    offered: bool = False


SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("name", "kind"), pl.String),
    **dict.fromkeys(("lon", "lat"), pl.Float64),
    **dict.fromkeys(("precision", "time_zone", "match_key", "address", "complement"), pl.String),
    **dict.fromkeys(("postcode", "commune", "insee"), pl.String),
    **dict.fromkeys(("expected_m", "score"), pl.Float64),
    "opening_hours": pl.String,
    "capacity": pl.Int64,
    "amenities": pl.String,
    **dict.fromkeys(("phone", "email", "website", "siret", "parent"), pl.String),
    "checked_on": pl.Date,
    **dict.fromkeys(("sources", "licences"), pl.String),
}
"""Columns of facts as a frame: those that are compared or shown. `amenities` is canonical JSON text."""

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Facts)


def of_record(record: Record, *, offered: bool) -> Facts:
    """The facts of a record that is placed. `offered`: the host agreed."""
    return Facts(
        name=record.name,
        kind=str(record.kind),
        lon=float(record.lon or 0.0),
        lat=float(record.lat or 0.0),
        precision=str(record.precision),
        time_zone=record.time_zone,
        match_key=record.match_key,
        address=record.address,
        complement=record.complement,
        postcode=record.postcode,
        commune=record.commune,
        insee=record.insee,
        expected_m=float(record.expected_m),
        score=record.score,
        opening_hours=record.hours,
        capacity=record.capacity,
        amenities=dict(sorted(record.amenities.items())),
        phone=record.phone,
        email=record.email,
        website=record.website,
        siret=record.siret,
        parent=record.parent,
        checked_on=record.checked_on,
        sources=record.sources,
        licences=record.licences,
        spaces=tuple(record.spaces),
        offered=offered,
    )


def encode(facts: Facts) -> str:
    """Canonical JSON of facts, as the store keeps them."""
    return _ENCODER.encode(facts).decode()


def decode(text: str | bytes | dict[str, Any]) -> Facts:
    """Facts from the store, which gives JSON as text or decoded."""
    if isinstance(text, dict):
        return msgspec.convert(text, Facts)
    return _DECODER.decode(text)


def frame(many: Sequence[Facts]) -> pl.DataFrame:
    """Facts as columns (`SCHEMA`), in the same order."""
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA}
    columns_of = [(columns[name].append, name) for name in SCHEMA if name != "amenities"]
    amenities = columns["amenities"]
    for facts in many:
        for append, name in columns_of:
            append(getattr(facts, name))
        amenities.append(amenities_text(facts.amenities))
    return pl.DataFrame(columns, schema=SCHEMA)


def amenities_text(amenities: dict[str, str]) -> str:
    """Amenities as canonical JSON text."""
    return _ENCODER.encode(amenities).decode() if amenities else "{}"
