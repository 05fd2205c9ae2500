"""Search results and places as GeoJSON, the one shape that CLI and API share."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from geo.errors import Language
from geo.located import Located
from geo.types import Amenity
from matching.found import Found
from matching.kernel.writing import MOST_DIGITS, write_rows
from matching.presets import TERM_NAMES
from matching.query import slot_start
from matching.reasons import sentences
from matching.snapshot.layout import UNKNOWN_CENTS

if TYPE_CHECKING:
    from geo.store.reading import PlaceRecord

GEOJSON = "application/geo+json"
_HIDDEN = {"position", "match_key", "h3_r9", "origins"}


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def search_collection(
    located: Located, found: Found, names: Mapping[str, str], language: Language, next_page: str | None = None
) -> bytes:
    """A FeatureCollection of results, best first, as bytes: what does not depend on the query was rendered when the
    index was built. `where`, `total`, `to_confirm` and `next` (the cursor of the next page) are foreign members."""
    about = {
        "where": {
            "label": located.label,
            "kind": located.kind,
            "lon": located.point.lon,
            "lat": located.point.lat,
            "precision": str(located.precision),
            "time_zone": located.time_zone,
        },
        "total": found.total,
        "to_confirm": found.to_confirm,
        "radius_m": found.query.radius_m,
        "as_of": _utc(found.as_of),
        "next": next_page,
    }
    pieces = [b'{"type":"FeatureCollection","features":[']
    if found.order:
        numbers, ends = _numbers(found)
        begin, rows = 0, found.told("rows").tolist()
        texts = _texts(found, sentences(found, language, names))
        for (layer, _), row, end, text in zip(found.order, rows, ends, texts, strict=True):
            rendered = found.searchables[layer].snapshot.facts.raw(row)
            pieces += [rendered[:-2], numbers[begin:end], text, b"}},"]
            begin = end
        pieces[-1] = b"}}"
    return b"".join([*pieces, b"],", msgspec.json.encode(about)[1:]])


def _numbers(found: Found) -> tuple[bytes, list[int]]:
    """The numbers of each result as members of an object, one after the other, and where each ends."""
    labels = _labels(tuple(found.weights.items()))
    numbers = np.empty((len(found.order), labels.columns))
    numbers[:, 0] = found.told("others")
    numbers[:, 2] = found.keys[:, 1] / 10
    cents, left = found.told("cents"), found.told("left")
    numbers[:, 3] = np.where(cents == UNKNOWN_CENTS, np.nan, cents)
    numbers[:, 4] = np.where(left < 0, np.nan, left)
    numbers[:, 5::2] = found.values[:, labels.terms]
    numbers[:, 6::2] = numbers[:, 5::2] * list(found.weights.values())
    numbers[:, 1] = numbers[:, 6::2].sum(axis=1)
    text = np.empty(len(numbers) * (len(labels.text) + labels.columns * MOST_DIGITS), np.uint8)
    ends = np.empty(len(numbers), np.int64)
    written = (labels.decimals, labels.text, labels.starts)
    write_rows(*numbers.shape, numbers.ctypes.data, *written, text.ctypes.data, ends.ctypes.data)
    return text[: ends[-1]].tobytes(), ends.tolist()


class _Labels(NamedTuple):
    """What is written before each of `columns` numbers and after the last, where each of these begins, the decimals of
    each number (both whole numbers, as the kernel reads them), and which terms are told."""

    text: bytes
    starts: bytes
    decimals: bytes
    terms: list[int]
    columns: int


@lru_cache(maxsize=256)
def _labels(weights: tuple[tuple[str, float], ...]) -> _Labels:
    written = [("other_spaces", 0), ("score", SCORE_DECIMALS), ("distance_m", 1), *((name, 0) for name in _WHOLE)]
    before = [f',"{name}":' for name, _ in written]
    opening = ',"terms":{'
    for name, weight in weights:
        before += [f'{opening}"{name}":{{"weight":{weight},"value":', ',"contribution":']
        opening = "},"
    before.append("}}")
    starts = np.cumsum([0, *map(len, before)], dtype=np.int64)
    decimals = [number for _, number in written] + [SCORE_DECIMALS] * (2 * len(weights))
    terms = [TERM_NAMES.index(name) for name, _ in weights]
    text = "".join(before).encode()
    return _Labels(text, starts.tobytes(), np.array(decimals, np.int64).tobytes(), terms, len(decimals))


_WHOLE = ("price_half_day_cents", "seats_left")
SCORE_DECIMALS = 12
"""Enough for contributions to sum to the score to a billionth."""


def _texts(found: Found, reasons: list[str]) -> Iterator[bytes]:
    """The other members of each result: the reason in words, who offers it, and when it is free."""
    query = found.query
    first = [one.snapshot.meta.first_slot for one in found.searchables]
    told = [found.told(name).tolist() for name in ("windows", "start", "stop")]
    sets = found.column("set_id").tolist()
    for (layer, _), reason, set_id, windows, start, stop in zip(found.order, reasons, sets, *told, strict=True):
        offered_by = _list(found.searchables[layer].seen(query, set_id))
        free = b'"free_from":null,"free_until":null'
        if windows:
            free = b'"free_from":%b,"free_until":%b' % (_slot(first[layer] + start), _slot(first[layer] + stop))
        if len(query.windows) > 1:
            free += b',"free_windows":' + _bits(windows, len(query.windows))
        yield b',"reason":%b,"communities":%b,%b' % (_word(reason), offered_by, free)


@lru_cache(maxsize=65_536)
def _word(text: str) -> bytes:
    return msgspec.json.encode(text)


@lru_cache(maxsize=16_384)
def _list(words: tuple[str, ...]) -> bytes:
    return msgspec.json.encode(sorted(words))


@lru_cache(maxsize=16_384)
def _slot(slot: int) -> bytes:
    return msgspec.json.encode(_utc(slot_start(slot)))


@lru_cache(maxsize=16_384)
def _bits(windows: int, count: int) -> bytes:
    return msgspec.json.encode([bool(windows >> number & 1) for number in range(count)])


def place_feature(record: "PlaceRecord") -> dict[str, Any]:
    """A place with its spaces and provenance, as a Feature."""
    place = record.place
    properties = {name: value for name, value in place.items() if name not in _HIDDEN | {"id", "lon", "lat"}}
    properties["amenities"] = {name: place["amenities"].get(name, "unknown") for name in Amenity}
    properties["checked_on"] = None if place["checked_on"] is None else place["checked_on"].isoformat()
    properties["spaces"] = [{name: value for name, value in one.items() if name != "key"} for one in record.spaces]
    properties["listings"] = record.listings
    return {
        "type": "Feature",
        "id": place["id"],
        "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
        "properties": {"place_id": place["id"], **properties},
    }
