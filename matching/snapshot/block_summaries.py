"""Summaries of blocks: a bounding circle, and of each column what bounds the terms that use it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from geo.spatial.packed_tree import BLOCK_ROWS, circles_around
from geo.types import Amenity
from matching.snapshot.layout import NO_PRICE_CENTS, UNKNOWN_CENTS

Ints = npt.NDArray[np.int64]
ALL_AMENITIES = np.uint32((1 << len(Amenity)) - 1)


def block_summaries(rows: dict[str, npt.NDArray[Any]], starts: Ints) -> dict[str, npt.NDArray[Any]]:
    """The `block_*` columns that follow from the row columns (sets of communities apart)."""
    circles = circles_around(rows["lon"], rows["lat"], starts)
    unknown = ~(rows["yes"] | rows["no"]) & ALL_AMENITIES
    known_seats = np.where(rows["seats"] > 0, rows["seats"], np.iinfo(np.int32).max)
    fewest = _over(np.minimum, known_seats, starts)
    return {
        "block_lon": circles.lon,
        "block_lat": circles.lat,
        "block_radius_m": circles.radius_m,
        "block_yes": _over(np.bitwise_or, rows["yes"], starts),
        "block_unknown": _over(np.bitwise_or, unknown, starts),
        "block_price_cents": _over(np.minimum, _known_prices(rows["price_cents"]), starts),
        "block_member_price_cents": _over(np.minimum, _known_prices(rows["member_price_cents"]), starts),
        "block_seats": np.where(fewest == np.iinfo(np.int32).max, 0, fewest),
        "block_trust": _over(np.maximum, rows["trust"], starts),
        "block_expected_dm": _over(np.maximum, rows["expected_dm"], starts),
        "block_has": _sliced(rows["yes"], starts),
        "block_lacks": _sliced(rows["no"], starts),
        "block_last": _lasts(rows["place_id"], starts),
    }


def _sliced(masks: npt.NDArray[np.uint32], starts: Ints) -> npt.NDArray[np.uint64]:
    """Masks of amenities per row, as one bitmask per block and amenity, flattened."""
    words = [_words((masks >> np.uint32(bit)) & np.uint32(1), starts) for bit in range(len(Amenity))]
    return np.stack(words, axis=1).reshape(-1)


def _lasts(places: Ints, starts: Ints) -> npt.NDArray[np.uint64]:
    """Per block, bitmask of the rows that are the last of their place in the block."""
    is_last = np.ones(len(places), np.bool_)
    is_last[:-1] = places[1:] != places[:-1]
    is_last[starts[1:] - 1] = True
    return _words(is_last, starts)


def _words(bits: npt.NDArray[Any], starts: Ints) -> npt.NDArray[np.uint64]:
    """A bit per row, as one bitmask per block."""
    lengths = np.diff(starts)
    lane = np.arange(len(bits)) - np.repeat(starts[:-1], lengths)
    square = np.zeros((len(lengths), BLOCK_ROWS), np.bool_)
    square[np.repeat(np.arange(len(lengths)), lengths), lane] = bits
    words: npt.NDArray[np.uint64] = np.packbits(square, axis=1, bitorder="little").view("<u8")[:, 0].astype(np.uint64)
    return words


def _over(operation: np.ufunc, values: npt.NDArray[Any], starts: Ints) -> npt.NDArray[Any]:
    """The operation over the values of each block."""
    if len(starts) == 1:
        return values[:0]
    result: npt.NDArray[Any] = operation.reduceat(values, starts[:-1])
    return result


def _known_prices(prices: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The prices, those unknown above all others."""
    return np.where(prices == UNKNOWN_CENTS, np.int32(NO_PRICE_CENTS), prices)
