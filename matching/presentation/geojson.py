"""What was found as GeoJSON features: written by the kernel, but for the phrases that it meets for the first time."""

import struct
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from geo.errors import Language
from matching.kernel.answers.geojson_writer import (
    ARGUMENTS,
    LABELS,
    MISSING_SIZE,
    NO_ROOM,
    REASON,
    SOURCE_SIZE,
    SPAN_SIZE,
    write_features,
)
from matching.presentation.explanations import sentence
from matching.query.query import MAX_LIMIT
from matching.query.weights import TERM_NAMES
from matching.search.hits import Found, Journey
from matching.search.phrase_cache import Book
from matching.search.result_builder import result

_ASKED = struct.Struct(f"{len(ARGUMENTS)}q")
_FIRST_ROOM = 1 << 17
"""Bytes for the features of an answer, to begin with."""


class _Room(threading.local):
    """A thread's space to write in, and where it lies."""

    def __init__(self) -> None:
        self.sources = np.empty((MAX_LIMIT, SOURCE_SIZE), np.int64)
        self.spans = np.empty((MAX_LIMIT, SPAN_SIZE), np.int64)
        self.missed = np.empty((2 * MAX_LIMIT, MISSING_SIZE), np.uint64)
        self.no_extra = np.zeros(MAX_LIMIT + 1, np.int64)
        self.addresses = [one.ctypes.data for one in (self.sources, self.no_extra, self.spans, self.missed)]
        self._take(_FIRST_ROOM)

    def _take(self, size: int) -> None:
        self.text = np.empty(size, np.uint8)
        self.text_at = self.text.ctypes.data

    def double(self) -> None:
        """Once more as much."""
        self._take(2 * len(self.text))


_room = _Room()


def features(found: Found, language: Language, names: Mapping[str, str]) -> bytes:
    """The features of all that was found, in order, separated by commas; `names` are those of the communities."""
    count = len(found.order)
    if count == 0:
        return b""
    labels = _labels(tuple(found.weights.items()))
    sources_at, no_extra_at, spans_at, missed_at = _room.addresses
    extra = _extra(found.journeys) if found.journeys else None
    extra_at = (no_extra_at, no_extra_at) if extra is None else tuple(one.ctypes.data for one in extra)
    best, several = found.best.at, len(found.query.windows)
    while True:
        books = [one.phrases.book(names) for one in found.searchables]
        _name_sources(found, books, language)
        written = write_features(
            _ASKED.pack(
                *(count, *best, *labels.at, sources_at, several if several > 1 else 0),
                *(*extra_at, spans_at, missed_at, _room.text_at, len(_room.text)),
            )
        )
        if written > 0:
            return _room.text[: written - 1].tobytes()
        if written == NO_ROOM:
            _room.double()
        else:
            _learn(found, books, language, _room.missed[:-written])


def _name_sources(found: Found, books: list[Book], language: Language) -> None:
    """Tells per result where its rendered row and its phrases are."""
    places = [
        (one.rendered.address, book.at, book.voice(found.query, language))
        for one, book in zip(found.searchables, books, strict=True)
    ]
    if len(places) == 1:
        _room.sources[: len(found.order)] = places[0]
    else:
        _room.sources[: len(found.order)] = [places[layer] for layer, _ in found.order]


def _learn(found: Found, books: list[Book], language: Language, missed: npt.NDArray[np.uint64]) -> None:
    """Puts phrases into words."""
    for missing in missed:
        rank, which = int(missing[0]), int(missing[1])
        layer = found.order[rank][0]
        if which == REASON:
            text = _member("reason", sentence(result(found, rank), language, books[layer].names))
        else:
            set_id = int(found.told("sets")[rank])
            text = _member("communities", sorted(found.searchables[layer].seen(found.query, set_id)))
        books[layer].add(missing[2:].tobytes(), text)


class _Labels(NamedTuple):
    """What is written before each number and after the last, where each of these begins, and each term's weight."""

    kept: tuple[npt.NDArray[Any], ...]
    at: tuple[int, int, int]
    """Where the weights lie, the labels, and their starts."""


@lru_cache(maxsize=256)
def _labels(weights: tuple[tuple[str, float], ...]) -> _Labels:
    plain = ("other_spaces", "score", "distance_m", "price_half_day_cents", "seats_left")
    before = [f',"{name}":' for name in plain]
    opening = ',"terms":{'
    for name, weight in weights:
        before += [f'{opening}"{name}":{{"weight":{weight},"value":', ',"contribution":']
        opening = "},"
    before.append("}}")
    before += [""] * (LABELS - len(before))
    of_terms = dict(weights)
    text = np.frombuffer("".join(before).encode(), np.uint8)
    starts = np.cumsum([0, *map(len, before)], dtype=np.int64)
    each = np.array([of_terms.get(name, 0.0) for name in TERM_NAMES])
    kept = each, text, starts
    return _Labels(kept, (each.ctypes.data, text.ctypes.data, starts.ctypes.data))


def _extra(journeys: tuple[Journey, ...]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """What the kernel does not write itself, one after the other, and where each begins."""
    texts = [_member("minutes", journey.minutes) + _member("minutes_by", journey.by) for journey in journeys]
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)], dtype=np.int64)


def _member(name: str, value: object) -> bytes:
    return b',"%b":%b' % (name.encode(), msgspec.json.encode(value))
