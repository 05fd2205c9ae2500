"""Texts that many results share, found by what they depend on: a table of hashed keys, filled once, read by many.

A key is five numbers. `spans` has two per place of the table, where a text begins in `texts` and its length, 0 where
the place is free. A text is written before its span, so that whoever reads meanwhile finds all of it, or nothing.
"""

from typing import Any, NamedTuple

import numpy as np

from matching.compiler.array_table import bytes_, bytes_at, longs, words, words_at
from matching.compiler.jit import entry_point, inlined

KEY = 5
PLACES = 1 << 17
MOST = PLACES // 2
"""Of texts in a table: so that it is searched in few steps."""
MOST_BYTES = 12_000_000
FULL, KEPT = 0, 1
MIXING, HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)
"""A multiplication spreads what differs upwards, a shift brings it down again."""


class Phrases(NamedTuple):
    """See above; `used`: how many texts there are, and how many bytes they take."""

    keys: Any
    spans: Any
    texts: Any
    used: Any


def empty() -> Phrases:
    """Room for `MOST` texts; memory is taken as they come."""
    return Phrases(
        np.zeros(PLACES * KEY, np.uint64),
        np.zeros(PLACES * 2, np.int64),
        np.empty(MOST_BYTES, np.uint8),
        np.zeros(2, np.int64),
    )


@inlined
def phrases_at(where: Any) -> Any:
    """The table whose addresses these are."""
    return Phrases(words(where, 0), longs(where, 1), bytes_(where, 2), longs(where, 3))


@entry_point
def remember(table: int, key: int, text: int, length: int) -> int:
    """Adds a text unless it is there: `KEPT`, or `FULL`. One at a time."""
    phrases, wanted = phrases_at(table), words_at(key, KEY)
    place = place_of(phrases, (wanted[0], wanted[1], wanted[2], wanted[3], wanted[4]))
    if phrases.spans[2 * place + 1] != 0:
        return KEPT
    start = phrases.used[1]
    if phrases.used[0] == MOST or start + length > MOST_BYTES:
        return FULL
    given = bytes_at(text, length)
    for at in range(length):
        phrases.texts[start + at] = given[at]
    for part in range(KEY):
        phrases.keys[KEY * place + part] = wanted[part]
    phrases.used[0] += 1
    phrases.used[1] += length
    phrases.spans[2 * place] = start
    phrases.spans[2 * place + 1] = length
    return KEPT


@inlined
def place_of(phrases: Phrases, key: Any) -> Any:
    """The place of a key, or the free one where it would go."""
    mixed = np.uint64(0)
    for part in range(KEY):
        mixed = ((mixed ^ (mixed >> HALF)) * MIXING) ^ key[part]
    mixed = (mixed ^ (mixed >> HALF)) * MIXING
    place = np.int64((mixed ^ (mixed >> HALF)) & np.uint64(PLACES - 1))
    while phrases.spans[2 * place + 1] != 0 and not _is_at(phrases.keys, place, key):
        place = (place + 1) & (PLACES - 1)
    return place


@inlined
def _is_at(keys: Any, place: Any, key: Any) -> bool:
    at = KEY * place
    is_same = True
    for part in range(KEY):
        is_same &= keys[at + part] == key[part]
    return is_same
