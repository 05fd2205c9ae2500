"""Cache of texts that many results share: a hash table in arrays, with one writer and many readers.

A key is five integers. `spans` has two integers per bucket: where a text begins in `texts`, and its length, 0 where the
bucket is free. A text is written before its span, so a concurrent reader finds all of it, or nothing.
"""

from typing import Any, NamedTuple

import numpy as np

from matching.compiler.array_table import bytes_, bytes_at, longs, words, words_at
from matching.compiler.jit import entry_point, inlined

KEY = 5
BUCKETS = 1 << 17
MAX_PHRASES = BUCKETS // 2
"""The table is at most half full, so that few buckets are probed."""
MAX_BYTES = 12_000_000
FULL, ADDED = 0, 1
MIXING, HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)
"""A multiplication spreads differing bits upwards, a shift brings them down again."""


class Phrases(NamedTuple):
    """The arrays of the table; `used` has the number of texts and of their bytes."""

    keys: Any
    spans: Any
    texts: Any
    used: Any


def empty_table() -> Phrases:
    """A table for `MAX_PHRASES` texts. The system provides its memory as it is written."""
    return Phrases(
        np.zeros(BUCKETS * KEY, np.uint64),
        np.zeros(BUCKETS * 2, np.int64),
        np.empty(MAX_BYTES, np.uint8),
        np.zeros(2, np.int64),
    )


@inlined
def phrases_at(table: Any) -> Any:
    """The table whose arrays are in the address table at an address."""
    return Phrases(words(table, 0), longs(table, 1), bytes_(table, 2), longs(table, 3))


@entry_point
def add_phrase(table: int, key_address: int, text: int, length: int) -> int:
    """Adds a text unless the key is there; returns `ADDED` or `FULL`. Calls must not overlap."""
    phrases, key = phrases_at(table), words_at(key_address, KEY)
    bucket = bucket_of(phrases, (key[0], key[1], key[2], key[3], key[4]))
    if phrases.spans[2 * bucket + 1] != 0:
        return ADDED
    start = phrases.used[1]
    if phrases.used[0] == MAX_PHRASES or start + length > MAX_BYTES:
        return FULL
    source = bytes_at(text, length)
    for at in range(length):
        phrases.texts[start + at] = source[at]
    for part in range(KEY):
        phrases.keys[KEY * bucket + part] = key[part]
    phrases.used[0] += 1
    phrases.used[1] += length
    phrases.spans[2 * bucket] = start
    phrases.spans[2 * bucket + 1] = length
    return ADDED


@inlined
def bucket_of(phrases: Phrases, key: Any) -> Any:
    """The bucket of a key, or the free one where it would be added."""
    mixed = np.uint64(0)
    for part in range(KEY):
        mixed = ((mixed ^ (mixed >> HALF)) * MIXING) ^ key[part]
    mixed = (mixed ^ (mixed >> HALF)) * MIXING
    bucket = np.int64((mixed ^ (mixed >> HALF)) & np.uint64(BUCKETS - 1))
    while phrases.spans[2 * bucket + 1] != 0 and not _is_at(phrases.keys, bucket, key):
        bucket = (bucket + 1) & (BUCKETS - 1)
    return bucket


@inlined
def _is_at(keys: Any, bucket: Any, key: Any) -> bool:
    at = KEY * bucket
    is_same = True
    for part in range(KEY):
        is_same &= keys[at + part] == key[part]
    return is_same
