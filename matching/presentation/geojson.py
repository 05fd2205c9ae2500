"""Renders hits as GeoJSON features: the kernel writes them, and asks Python for phrases it does not know yet."""

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
from matching.presentation.explanations import explain
from matching.query.query import MAX_LIMIT
from matching.query.weights import TERM_NAMES
from matching.search.hits import Hits, Journey
from matching.search.phrase_cache import PhraseBook

_ARGUMENTS = struct.Struct(f"{len(ARGUMENTS)}q")
_FIRST_SIZE = 1 << 17
"""Initial size of the text buffer, in bytes."""


class _Buffers(threading.local):
    """Buffers of a thread for the kernel to read and write, and their addresses."""

    def __init__(self) -> None:
        self.sources = np.empty((MAX_LIMIT, SOURCE_SIZE), np.int64)
        self.spans = np.empty((MAX_LIMIT, SPAN_SIZE), np.int64)
        self.missed = np.empty((2 * MAX_LIMIT, MISSING_SIZE), np.uint64)
        self.no_extra = np.zeros(MAX_LIMIT + 1, np.int64)
        self.addresses = [array.ctypes.data for array in (self.sources, self.no_extra, self.spans, self.missed)]
        self._allocate(_FIRST_SIZE)

    def _allocate(self, size: int) -> None:
        self.text = np.empty(size, np.uint8)
        self.text_address = self.text.ctypes.data

    def double(self) -> None:
        """Makes the text buffer twice as large."""
        self._allocate(2 * len(self.text))


_buffers = _Buffers()


def render_features(hits: Hits, language: Language, names: Mapping[str, str]) -> bytes:
    """The features of all hits, best first, separated by commas (no brackets); empty without hits.

    `names`: the communities' names by slug, for the explanations.
    """
    count = len(hits.order)
    if count == 0:
        return b""
    labels = _labels(tuple(hits.weights.items()))
    sources, no_extra, spans, missed = _buffers.addresses
    extra = _extra_members(hits.journeys) if hits.journeys else None
    extra_addresses = (no_extra, no_extra) if extra is None else tuple(array.ctypes.data for array in extra)
    best, windows = hits.best.addresses, len(hits.query.windows)
    while True:
        books = [index.phrases.book(names) for index in hits.indexes]
        _fill_sources(hits, books, language)
        size = write_features(
            _ARGUMENTS.pack(
                *(count, *best, *labels.addresses, sources, windows if windows > 1 else 0),
                *(*extra_addresses, spans, missed, _buffers.text_address, len(_buffers.text)),
            )
        )
        if size > 0:
            return _buffers.text[: size - 1].tobytes()
        if size == NO_ROOM:
            _buffers.double()
        else:
            _add_phrases(hits, books, language, _buffers.missed[:-size])


def _fill_sources(hits: Hits, books: list[PhraseBook], language: Language) -> None:
    """Writes, per hit, the addresses of its rendered facts and phrases, and the number of its audience."""
    sources = [
        (index.rendered.address, book.address, book.audience_number(hits.query, language))
        for index, book in zip(hits.indexes, books, strict=True)
    ]
    if len(sources) == 1:
        _buffers.sources[: len(hits.order)] = sources[0]
    else:
        _buffers.sources[: len(hits.order)] = [sources[layer] for layer, _ in hits.order]


def _add_phrases(hits: Hits, books: list[PhraseBook], language: Language, missed: npt.NDArray[np.uint64]) -> None:
    """Writes the phrases that the kernel missed: rows of rank, kind of phrase, and key."""
    for missing in missed:
        rank, kind = int(missing[0]), int(missing[1])
        layer = hits.order[rank][0]
        if kind == REASON:
            text = _member("reason", explain(hits.result(rank), language, books[layer].names))
        else:
            set_id = int(hits.column("sets")[rank])
            text = _member("communities", sorted(hits.indexes[layer].visible_communities(hits.query, set_id)))
        books[layer].add(missing[2:].tobytes(), text)


class _Labels(NamedTuple):
    """The JSON text between the numbers of a feature, for the kernel."""

    arrays: tuple[npt.NDArray[Any], ...]
    """Weight of each term, all texts, start of each text; they must live as long as the addresses."""
    addresses: tuple[int, int, int]


@lru_cache(maxsize=256)
def _labels(weights: tuple[tuple[str, float], ...]) -> _Labels:
    plain = ("other_spaces", "score", "distance_m", "price_half_day_cents", "seats_left")
    texts = [f',"{name}":' for name in plain]
    opening = ',"terms":{'
    for name, weight in weights:
        texts += [f'{opening}"{name}":{{"weight":{weight},"value":', ',"contribution":']
        opening = "},"
    texts.append("}}")
    texts += [""] * (LABELS - len(texts))
    by_name = dict(weights)
    text = np.frombuffer("".join(texts).encode(), np.uint8)
    starts = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    term_weights = np.array([by_name.get(name, 0.0) for name in TERM_NAMES])
    arrays = term_weights, text, starts
    return _Labels(arrays, (term_weights.ctypes.data, text.ctypes.data, starts.ctypes.data))


def _extra_members(journeys: tuple[Journey, ...]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The members that the kernel does not write itself, in one text, and the start of each hit's part."""
    texts = [_member("minutes", journey.minutes) + _member("minutes_by", journey.method) for journey in journeys]
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)], dtype=np.int64)


def _member(name: str, value: object) -> bytes:
    """A member of a JSON object, with the comma before it."""
    return b',"%b":%b' % (name.encode(), msgspec.json.encode(value))
