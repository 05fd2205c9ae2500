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
from matching.found import Found, Journey
from matching.kernel.writing import MOST_DIGITS, write_results
from matching.presets import TERM_NAMES
from matching.query import slot_start
from matching.reasons import sentences
from matching.results import Travel

if TYPE_CHECKING:
    from geo.store.reading import PlaceRecord

GEOJSON = "application/geo+json"
_HIDDEN = {"position", "match_key", "h3_r9", "origins"}


def utc(moment: datetime | None) -> str | None:
    """A moment as the API writes it."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def search_collection(
    located: Located,
    found: Found,
    names: Mapping[str, str],
    language: Language,
    next_page: str | None = None,
    relaxations: list[dict[str, Any]] | None = None,
) -> bytes:
    """A FeatureCollection of results, best first, as bytes: what does not depend on the query was rendered when the
    index was built. `where`, `total`, `to_confirm`, `next` (the cursor of the next page) and, where they were worked
    out, `relaxations` are foreign members."""
    about: dict[str, Any] = {
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
        "mode": found.query.mode,
        "travel": _travel(found.travel),
        "as_of": utc(found.as_of),
        "next": next_page,
    }
    if relaxations is not None:
        about["relaxations"] = relaxations
    pieces: list[bytes | memoryview] = [b'{"type":"FeatureCollection","features":[']
    if found.order:
        numbers, ends = _numbers(found)
        begin, rows = 0, found.told("rows").tolist()
        texts = _texts(found, sentences(found, language, names))
        if found.journeys:
            texts = map(bytes.__add__, texts, map(_journey, found.journeys))
        for (layer, _), row, end, text in zip(found.order, rows, ends, texts, strict=True):
            rendered = found.searchables[layer].snapshot.facts.raw(row)
            pieces += [rendered[:-2], numbers[begin:end], text, b"}},"]
            begin = end
        pieces[-1] = b"}}"
    return b"".join([*pieces, b"],", msgspec.json.encode(about)[1:]])


def _numbers(found: Found) -> tuple[bytes, list[int]]:
    """The numbers of each result as members of an object, one after the other, and where each ends."""
    labels, starts, weights = _labels(tuple(found.weights.items()))
    count = len(found.order)
    text = np.empty(count * (len(labels) + len(starts) * MOST_DIGITS), np.uint8)
    ends = np.empty(count, np.int64)
    write_results(count, *found.best.at, weights, labels, starts, text.ctypes.data, ends.ctypes.data)
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
def _labels(weights: tuple[tuple[str, float], ...]) -> tuple[bytes, bytes, bytes]:
    """What is written before each number and after the last, where each of these begins, and each term's weight."""
    plain = ("other_spaces", "score", "distance_m", "price_half_day_cents", "seats_left")
    before = [f',"{name}":' for name in plain]
    opening = ',"terms":{'
    for name, weight in weights:
        before += [f'{opening}"{name}":{{"weight":{weight},"value":', ',"contribution":']
        opening = "},"
    before.append("}}")
    of_terms = dict(weights)
    each = np.array([of_terms.get(name, 0.0) for name in TERM_NAMES])
    starts = np.cumsum([0, *map(len, before)], dtype=np.int64)
    return "".join(before).encode(), starts.tobytes(), each.tobytes()


def _texts(found: Found, reasons: list[str]) -> Iterator[bytes]:
    """The other members of each result: the reason in words, who offers it, and when it is free."""
    query, several = found.query, len(found.query.windows) > 1
    first = [one.snapshot.meta.first_slot for one in found.searchables]
    told = [found.told(name).tolist() for name in ("sets", "windows", "start", "stop")]
    offered_by: dict[tuple[int, int], bytes] = {}
    for (layer, _), reason, set_id, windows, start, stop in zip(found.order, reasons, *told, strict=True):
        communities = offered_by.get((layer, set_id))
        if communities is None:
            communities = msgspec.json.encode(sorted(found.searchables[layer].seen(query, set_id)))
            offered_by[layer, set_id] = communities
        free = _free(first[layer] + start, first[layer] + stop) if windows else _NEVER_FREE
        if several:
            free += b',"free_windows":' + _bits(windows, len(query.windows))
        yield b"".join((b',"reason":', _word(reason), b',"communities":', communities, free))


_NEVER_FREE = b',"free_from":null,"free_until":null'


@lru_cache(maxsize=65_536)
def _free(start: int, stop: int) -> bytes:
    return b',"free_from":%b,"free_until":%b' % (_slot(start), _slot(stop))


def _journey(journey: Journey) -> bytes:
    return b',"minutes":%b,"minutes_by":"%b"' % (msgspec.json.encode(journey.minutes), journey.by.encode())


@lru_cache(maxsize=65_536)
def _word(text: str) -> bytes:
    return msgspec.json.encode(text)


def _slot(slot: int) -> bytes:
    return msgspec.json.encode(utc(slot_start(slot)))


@lru_cache(maxsize=16_384)
def _bits(windows: int, count: int) -> bytes:
    return msgspec.json.encode([bool(windows >> number & 1) for number in range(count)])


def _travel(travel: Travel | None) -> dict[str, Any] | None:
    """How minutes were found; None when no mode was asked for. Of a failure the code: the rest is for the operator."""
    if travel is None:
        return None
    return {
        "by": travel.by,
        "fallback": None if travel.fallback is None else travel.fallback.code,
        "routed": travel.routed,
        "within_reach": travel.within_reach,
        "all_counted": travel.all_counted,
    }


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
