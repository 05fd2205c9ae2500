"""Conversion of places and spaces between tables of values, as in the store, and tables of cells, as in the schema.

`place_cells` and `places_of` are inverse, and so are `space_cells` and `spaces_of`. Missing text is "" in `name`,
`address`, `complement`, `postcode`, `commune` and `insee`, null elsewhere.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import polars as pl

from geo.errors import InvalidInput
from geo.types import Amenity, PlaceKind
from ingest.exchange.columns import (
    AMENITY_PREFIX,
    NO,
    SEPARATOR,
    SPACE_AMENITY_PREFIX,
    YES,
    Column,
    load_declaration,
    names,
)
from ingest.exchange.typology import CODE_OF, kind_of
from ingest.normalise.contact.phone import to_e164

Frame = pl.DataFrame
Schema = Mapping[str, Any]
_LIST = pl.List(pl.String)

PLACES: Schema = {
    "id": pl.String,
    "name": pl.String,
    "kind": pl.String,
    "agreed": pl.Boolean,
    "address": pl.String,
    "complement": pl.String,
    "postcode": pl.String,
    "commune": pl.String,
    "insee": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "precision": pl.String,
    "expected_m": pl.Float64,
    "score": pl.Float64,
    "time_zone": pl.String,
    "hours": pl.String,
    "capacity": pl.Int64,
    "amenities": pl.String,
    "phone": pl.String,
    "email": pl.String,
    "website": pl.String,
    "siret": pl.String,
    "parent": pl.String,
    "checked_on": pl.Date,
    "communities": _LIST,
    "sources": _LIST,
    "licences": _LIST,
}
"""One row per place not closed. `kind`, `precision` are values of `geo.types`; `agreed` is the host's agreement;
`hours` is OSM syntax; `amenities` is JSON text with sorted keys, absent meaning unknown; `phone` is E.164 where that is
possible; `siret` is any number that identifies the body; `score` (0-1) is the confidence in the position, null when
unknown; `communities` empty means public."""

SPACES: Schema = {
    "id": pl.String,
    "place_id": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "seats": pl.Int64,
    "price_half_day_cents": pl.Int64,
    "member_price_half_day_cents": pl.Int64,
    "hours": pl.String,
    "amenities": pl.String,
    "communities": _LIST,
}
"""One row per space. Null prices are unknown (0 is free); null `hours` are the place's; `amenities` override the
place's one by one; `communities` are those that offer it, empty meaning public."""

_TEXT = {
    **{"nom": "name", "commune": "commune", "code_postal": "postcode", "code_insee": "insee", "adresse": "address"},
    **{"complement_adresse": "complement"},
}
_OPTIONAL_TEXT = {
    **{"pivot": "siret", "courriels": "email", "horaires": "hours", "structure_parente": "parent"},
    **{"type_lieu": "kind", "precision_position": "precision", "fuseau_horaire": "time_zone", "site_web": "website"},
}
_SPACE_TEXT = {"nom_espace": "name", "type_espace": "kind", "horaires_espace": "hours"}
_ANSWERS = {YES: "yes", NO: "no"}
_PARSERS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "number": lambda cell: cell.cast(pl.Float64, strict=False),
    "integer": lambda cell: cell.cast(pl.Int64, strict=False),
    "date": lambda cell: cell.str.to_date("%Y-%m-%d", strict=False),
}


def place_cells(places: Frame) -> Frame:
    """The cells of `lieux` (all text, "" when empty) of a frame of `PLACES`."""
    plain = {**_TEXT, **_OPTIONAL_TEXT}
    standard = pl.col("phone").map_elements(_standard_phone, pl.String, skip_nulls=True)
    cells = {
        "id": pl.col("id"),
        "latitude": pl.col("lat").cast(pl.String),
        "longitude": pl.col("lon").cast(pl.String),
        "typologie": pl.col("kind").replace_strict({str(kind): code for kind, code in CODE_OF.items()}),
        "telephone": standard,
        "telephone_autre": pl.when(standard.is_null()).then(pl.col("phone")),
        "source": _joined("sources"),
        "date_maj": pl.col("checked_on").dt.to_string("iso"),
        "incertitude_m": pl.col("expected_m").cast(pl.String),
        "score_position": pl.col("score").cast(pl.String),
        "capacite": pl.col("capacity").cast(pl.String),
        "communautes": _joined("communities"),
        "accord_hote": pl.when(pl.col("agreed")).then(pl.lit(YES)),
        "licences": _joined("licences"),
        **{column: pl.col(name) for column, name in plain.items()},
        **_amenity_cells(AMENITY_PREFIX),
    }
    return _ordered(places, cells, load_declaration().lieux)


def space_cells(spaces: Frame) -> Frame:
    """The cells of `espaces` (all text, "" when empty) of a frame of `SPACES`."""
    cells = {
        "id_espace": pl.col("id"),
        "id_lieu": pl.col("place_id"),
        "places": pl.col("seats").cast(pl.String),
        "tarif_demi_journee": _euros("price_half_day_cents"),
        "tarif_demi_journee_membre": _euros("member_price_half_day_cents"),
        "communautes_espace": _joined("communities"),
        **{column: pl.col(name) for column, name in _SPACE_TEXT.items()},
        **_amenity_cells(SPACE_AMENITY_PREFIX),
    }
    return _ordered(spaces, cells, load_declaration().espaces)


def places_of(cells: Frame) -> Frame:
    """A frame of `PLACES` from the cells of `lieux`. Raises InvalidInput for a cell that does not fit its column."""
    typed = _typed(cells, load_declaration().lieux)
    kinds = pl.col("typologie").map_elements(lambda codes: str(kind_of(codes)), pl.String)
    values = {
        "id": pl.col("id"),
        "lat": pl.col("latitude"),
        "lon": pl.col("longitude"),
        "phone": pl.coalesce("telephone", "telephone_autre"),
        "sources": _split("source"),
        "checked_on": pl.col("date_maj"),
        "expected_m": pl.col("incertitude_m").fill_null(0.0),
        "score": pl.col("score_position"),
        "capacity": pl.col("capacite"),
        "communities": _split("communautes"),
        "agreed": (pl.col("accord_hote") == YES).fill_null(value=False),
        "licences": _split("licences"),
        "amenities": _amenity_json(AMENITY_PREFIX),
        **{name: pl.col(column).fill_null("") for column, name in _TEXT.items()},
        **{name: pl.col(column) for column, name in _OPTIONAL_TEXT.items()},
        # Several addresses may be given: the first is kept. A "|" may also be part of an address.
        "website": pl.col("site_web").str.replace(r"(?s)\|https?://.*", ""),
        "email": pl.col("courriels").str.split(SEPARATOR).list.first(),
        "kind": pl.coalesce("type_lieu", kinds, pl.lit(str(PlaceKind.OTHER))),
    }
    return typed.select(values[name].alias(name).cast(kind) for name, kind in PLACES.items())


def spaces_of(cells: Frame) -> Frame:
    """A frame of `SPACES` from the cells of `espaces`. Raises InvalidInput for a cell that does not fit its column."""
    typed = _typed(cells, load_declaration().espaces)
    values = {
        "id": pl.col("id_espace"),
        "place_id": pl.col("id_lieu"),
        "seats": pl.col("places"),
        "price_half_day_cents": _cents("tarif_demi_journee"),
        "member_price_half_day_cents": _cents("tarif_demi_journee_membre"),
        "communities": _split("communautes_espace"),
        "amenities": _amenity_json(SPACE_AMENITY_PREFIX),
        **{name: pl.col(column) for column, name in _SPACE_TEXT.items()},
    }
    return typed.select(values[name].alias(name).cast(kind) for name, kind in SPACES.items())


def _ordered(frame: Frame, cells: Mapping[str, pl.Expr], columns: tuple[Column, ...]) -> Frame:
    """Every column of the schema in its order; those that nothing fills stay empty."""
    blank = pl.lit("", pl.String)
    return frame.select(cells.get(name, blank).fill_null("").alias(name) for name in names(columns))


def _typed(cells: Frame, columns: tuple[Column, ...]) -> Frame:
    """Cells as values by the type of their column, empty ones null; absent columns are added, empty."""
    present = cells.with_columns(pl.lit("").alias(name) for name in names(columns) if name not in cells.columns)
    blank = present.select(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names(columns))
    parsed = {column.name: _PARSERS[column.type](pl.col(column.name)) for column in columns if column.type in _PARSERS}
    typed = blank.with_columns(**parsed)
    for name in parsed:
        lost = blank.filter(blank[name].is_not_null() & typed[name].is_null())
        if lost.height:
            raise _unfit(name, lost[name][0])
    return typed


def _unfit(column: str, value: str) -> InvalidInput:
    return InvalidInput(
        field=column,
        value=value,
        fr=f"« {value} » ne convient pas à la colonne « {column} » : corrigez cette cellule (voir docs/schema).",
        en=f"“{value}” does not fit the column “{column}”: correct that cell (see docs/schema).",
    )


@lru_cache(maxsize=100_000)
def _standard_phone(phone: str) -> str | None:
    return to_e164(phone)


def _joined(name: str) -> pl.Expr:
    return pl.col(name).list.join(SEPARATOR)


def _split(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_null()).then(pl.lit([], _LIST)).otherwise(pl.col(name).str.split(SEPARATOR))


def _euros(name: str) -> pl.Expr:
    """ "12.50" from 1250 cents, exactly."""
    cents = pl.col(name)
    return pl.format("{}.{}", cents // 100, (cents % 100).cast(pl.String).str.zfill(2))


def _cents(name: str) -> pl.Expr:
    return (pl.col(name) * 100).round()


def _amenity_cells(prefix: str) -> dict[str, pl.Expr]:
    answers = pl.col("amenities").str.json_decode(pl.Struct({str(amenity): pl.String for amenity in Amenity}))
    words = {answer: cell for cell, answer in _ANSWERS.items()}
    return {
        f"{prefix}{amenity}": answers.struct.field(str(amenity)).replace_strict(words, default=None)
        for amenity in Amenity
    }


def _amenity_json(prefix: str) -> pl.Expr:
    encode: Callable[[dict[str, str | None]], str] = _encode_answers
    answers = [pl.col(f"{prefix}{amenity}").alias(str(amenity)) for amenity in Amenity]
    return pl.struct(answers).map_elements(encode, pl.String)


def _encode_answers(cells: Mapping[str, str | None]) -> str:
    answers = {amenity: _ANSWERS[cell] for amenity, cell in cells.items() if cell in _ANSWERS}
    return json.dumps(answers, sort_keys=True, ensure_ascii=False)
