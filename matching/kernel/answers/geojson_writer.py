"""Writes results as GeoJSON features: the row as rendered with the index, then what depends on the query."""

from typing import Any

import numpy as np

from geo.localisation.quantities import distance_step
from matching.arrays.workspace import COLUMNS, KEY_COLUMNS, RESULT_COLUMNS, TERMS
from matching.compiler.array_table import bytes_, bytes_at, floats_at, longs, longs_at, words_at
from matching.compiler.bit_operations import copy_bytes, prefetch
from matching.compiler.jit import entry_point, inlined
from matching.kernel.answers.phrase_table import KEY, Phrases, bucket_of, phrases_at
from matching.kernel.availability import ONE
from matching.kernel.reason_key import AFFINITY, PRICE, PROXIMITY
from matching.query.query import MAX_LIMIT
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.terms import price, proximity

DECIMALS = 12
"""Of values and contributions, so that contributions sum to the score to 1e-9."""
MAX_DIGITS = 20
"""Of a number, with its decimal point."""
ARGUMENTS = (
    *("count", "results", "values", "weights", "labels", "starts", "sources", "window_count", "extra", "extra_starts"),
    *("spans", "missing_keys", "text", "text_size"),
)
"""Of `write_features`: integers and addresses, packed in this order."""
PLAIN_NUMBERS = 5
"""Numbers of a result before those of its terms."""
LABELS = PLAIN_NUMBERS + 2 * TERMS + 1
"""Labels of a result: one before each number, of which each term has two, and one after the last."""
SOURCE_SIZE = 3
"""Integers per result: addresses of the rendered rows and of the phrases of its layer, and the voice of the phrases."""
REASON, OFFERED_BY = 0, 1
"""The two phrases of a result: its explanation, and the communities that offer it."""
SPAN_SIZE = 4
"""Integers per result: start and length of each phrase."""
MISSING_SIZE = 2 + KEY
"""Integers per missing phrase: result, which of the two, key."""
NO_ROOM = -1_000_000
MAX_OTHER_BYTES = 512
"""Upper bound of the bytes of a result without its rendered row, phrases, labels, numbers, windows and extra."""
MOMENT = 22
"""Bytes of a quoted moment, such as "2026-11-24T09:00:00Z"."""
HALF = np.uint64(32)
ZERO, POINT = np.uint8(48), np.uint8(46)
PAIRS = np.frombuffer("".join(f"{number:02}" for number in range(100)).encode(), np.uint8)
NULL, TRUE, FALSE, COMMA = (np.frombuffer(text, np.uint8) for text in (b"null", b"true", b"false", b","))
FREE_FROM, FREE_UNTIL = (np.frombuffer(text, np.uint8) for text in (b',"free_from":', b',"free_until":'))
FREE_WINDOWS, CLOSING = (np.frombuffer(text, np.uint8) for text in (b',"free_windows":[', b"]"))
END = np.frombuffer(b"}},", np.uint8)
DISTANCE, SPACE = 1, 3
"""Positions in the four integers of a key (`matching.kernel.top_k`)."""
ROWS, OTHER_SPACES, CENTS, REASON_KEYS, SETS, WISHES_MET, WISHES_UNMET, WINDOWS, START, STOP, LEFT = (
    (KEY_COLUMNS + number) * MAX_LIMIT for number in range(len(RESULT_COLUMNS))
)
"""Where each of `matching.arrays.workspace.RESULT_COLUMNS` begins."""
_distance_step = inlined(distance_step)


@entry_point
def write_features(arguments: int) -> int:
    """Writes features (`_write_features`) when all their phrases are in the table. `arguments`: address of `ARGUMENTS`.

    Returns the number of bytes written; or the number of missing phrases, negative, their keys in `missing_keys`; or
    `NO_ROOM`.
    """
    argument = longs_at(arguments, len(ARGUMENTS))
    count = argument[0]
    spans = longs_at(argument[10], SPAN_SIZE * count)
    results, sources = longs_at(argument[1], COLUMNS * MAX_LIMIT), longs_at(argument[6], SOURCE_SIZE * count)
    missing = _look_up(results, sources, spans, words_at(argument[11], 2 * MISSING_SIZE * count))
    if missing > 0:
        return -missing
    starts, extra_starts = longs_at(argument[5], LABELS + 1), longs_at(argument[9], count + 1)
    return _write_features(
        results,
        floats_at(argument[2], TERMS * count),
        floats_at(argument[3], TERMS),
        bytes_at(argument[4], starts[LABELS]),
        starts,
        sources,
        argument[7],
        bytes_at(argument[8], extra_starts[count]),
        extra_starts,
        spans,
        bytes_at(argument[12], argument[13]),
    )


@inlined
def _look_up(results: Any, sources: Any, spans: Any, missing_keys: Any) -> int:
    """Number of missing phrases; fills in `missing_keys`, and `spans` for the others."""
    missing = 0
    for result in range(len(sources) // SOURCE_SIZE):
        phrases, voice = phrases_at(sources[SOURCE_SIZE * result + 1]), np.uint64(sources[SOURCE_SIZE * result + 2])
        rendered = sources[SOURCE_SIZE * result]
        prefetch(bytes_(rendered, 0), longs(rendered, 1)[results[ROWS + result]])
        reason_key, set_id = results[REASON_KEYS + result], np.uint64(results[SETS + result])
        price_level, cents = reason_key >> PRICE & 3, np.uint64(0)
        if price_level == price.LEVELS_WITH_PRICE[0] or price_level == price.LEVELS_WITH_PRICE[1]:
            cents = np.uint64(results[CENTS + result])
        far, closest = np.uint64(0), np.uint64(0)
        if reason_key >> PROXIMITY & 3 == proximity.FAR:
            far = np.uint64(_distance_step(results[4 * result + DISTANCE]))
        if reason_key >> AFFINITY & 3 != 0:
            closest = set_id + np.uint64(1)
        wishes = np.uint64(results[WISHES_MET + result]) << HALF | np.uint64(results[WISHES_UNMET + result])
        candidate = np.uint64(1 if results[4 * result + SPACE] == 0 else 0)
        none = np.uint64(0)
        reason = (voice << ONE, np.uint64(reason_key), cents << HALF | far, wishes, closest << ONE | candidate)
        offered_by = (voice << ONE | ONE, set_id, none, none, none)
        missing = _find_phrase(phrases, spans, missing_keys, missing, result, REASON, reason)
        missing = _find_phrase(phrases, spans, missing_keys, missing, result, OFFERED_BY, offered_by)
    return missing


@inlined
def _find_phrase(
    phrases: Phrases, spans: Any, missing_keys: Any, missing: int, result: int, which: int, key: Any
) -> int:
    """Fills in the span of a phrase, or its key where it is missing; returns the new number of missing phrases."""
    bucket = bucket_of(phrases, key)
    start, length = phrases.spans[2 * bucket], phrases.spans[2 * bucket + 1]
    spans[SPAN_SIZE * result + 2 * which], spans[SPAN_SIZE * result + 2 * which + 1] = start, length
    if length > 0:
        return missing
    at = MISSING_SIZE * missing
    missing_keys[at], missing_keys[at + 1] = np.uint64(result), np.uint64(which)
    for part in range(KEY):
        missing_keys[at + 2 + part] = key[part]
    return missing + 1


@inlined
def _write_features(
    results: Any,
    values: Any,
    weights: Any,
    labels: Any,
    starts: Any,
    sources: Any,
    window_count: int,
    extra: Any,
    extra_starts: Any,
    spans: Any,
    text: Any,
) -> int:
    """Writes into `text`, for each result: its rendered row without the end; its numbers, each after its label
    (`labels[starts[i]:starts[i + 1]]`); its two phrases; when it is free, and in which windows if there are at least
    two; its `extra` bytes; the end and a comma. Returns the number of bytes, or `NO_ROOM`."""
    at = 0
    for result in range(len(sources) // SOURCE_SIZE):
        rendered, first = sources[SOURCE_SIZE * result], SPAN_SIZE * result
        facts, begins = bytes_(rendered, 0), longs(rendered, 1)
        texts, row = phrases_at(sources[SOURCE_SIZE * result + 1]).texts, results[ROWS + result]
        of_row = begins[row + 1] - 2 - begins[row]
        of_extra = extra_starts[result + 1] - extra_starts[result]
        numbers = starts[LABELS] + MAX_DIGITS * (LABELS - 1)
        if at + of_row + numbers + spans[first + 1] + spans[
            first + 3
        ] + of_extra + 6 * window_count + MAX_OTHER_BYTES > len(text):
            return NO_ROOM
        at = _copy(text, at, facts, begins[row], of_row)
        at = _write_numbers(text, at, results, values, weights, labels, starts, result)
        at = _copy(text, at, texts, spans[first], spans[first + 1])
        at = _copy(text, at, texts, spans[first + 2], spans[first + 3])
        at = _write_free_times(text, at, results, bytes_(rendered, 2), window_count, result)
        at = _copy(text, at, extra, extra_starts[result], of_extra)
        at = _write(text, at, END)
    return at


@inlined
def _write_numbers(
    text: Any, at: int, results: Any, values: Any, weights: Any, labels: Any, starts: Any, result: int
) -> int:
    """Number of other spaces, score, distance in metres, price in cents and seats left (null: unknown), then value and
    contribution of each term that has a weight; then the last label. Returns the new position, as all below."""
    cents, left, score = results[CENTS + result], results[LEFT + result], 0.0
    for term in range(TERMS):
        score += weights[term] * values[TERMS * result + term]
    at = _write_label(text, at, labels, starts, 0)
    at = _write_digits(text, at, results[OTHER_SPACES + result])
    at = _write_label(text, at, labels, starts, 1)
    at = _write_fraction(text, at, score)
    at = _write_label(text, at, labels, starts, 2)
    at = _write_tenths(text, at, results[4 * result + DISTANCE])
    at = _write_label(text, at, labels, starts, 3)
    at = _write(text, at, NULL) if cents == UNKNOWN_CENTS else _write_digits(text, at, cents)
    at = _write_label(text, at, labels, starts, 4)
    at = _write(text, at, NULL) if left < 0 else _write_digits(text, at, left)
    label = PLAIN_NUMBERS
    for term in range(TERMS):
        if weights[term] > 0.0:
            value = values[TERMS * result + term]
            at = _write_label(text, at, labels, starts, label)
            at = _write_fraction(text, at, value)
            at = _write_label(text, at, labels, starts, label + 1)
            at = _write_fraction(text, at, weights[term] * value)
            label += 2
    return _write_label(text, at, labels, starts, label)


@inlined
def _write_free_times(text: Any, at: int, results: Any, moments: Any, window_count: int, result: int) -> int:
    """When the result is free; `moments` has the text of each slot of the layer."""
    windows = results[WINDOWS + result]
    at = _write(text, at, FREE_FROM)
    at = _copy(text, at, moments, MOMENT * results[START + result], MOMENT) if windows != 0 else _write(text, at, NULL)
    at = _write(text, at, FREE_UNTIL)
    at = _copy(text, at, moments, MOMENT * results[STOP + result], MOMENT) if windows != 0 else _write(text, at, NULL)
    if window_count > 1:
        at = _write(text, at, FREE_WINDOWS)
        for window in range(window_count):
            if window > 0:
                at = _write(text, at, COMMA)
            at = _write(text, at, TRUE) if windows >> window & 1 != 0 else _write(text, at, FALSE)
        at = _write(text, at, CLOSING)
    return at


@inlined
def _write_label(text: Any, at: int, labels: Any, starts: Any, label: int) -> int:
    return _copy(text, at, labels, starts[label], starts[label + 1] - starts[label])


@inlined
def _write(text: Any, at: int, constant: Any) -> int:
    for index in range(len(constant)):
        text[at + index] = constant[index]
    return at + len(constant)


@inlined
def _copy(text: Any, at: int, source: Any, first: int, length: int) -> int:
    copy_bytes(text, at, source, first, length)
    return at + length


@inlined
def _write_fraction(text: Any, at: int, number: float) -> int:
    """A number >= 0, rounded to `DECIMALS`, without trailing zeros."""
    scaled = np.int64(np.rint(number * 1e12))
    whole, rest = scaled // 1_000_000_000_000, scaled % 1_000_000_000_000
    at = _write_digits(text, at, whole)
    if rest == 0:
        return at
    text[at] = POINT
    _write_six_digits(text, at + 1, rest // 1_000_000)
    _write_six_digits(text, at + 7, rest % 1_000_000)
    at += DECIMALS
    while text[at] == ZERO:
        at -= 1
    return at + 1


@inlined
def _write_six_digits(text: Any, at: int, number: Any) -> None:
    """Six digits."""
    for place, pair in ((0, number // 10_000), (2, number // 100 % 100), (4, number % 100)):
        text[at + place], text[at + place + 1] = PAIRS[2 * pair], PAIRS[2 * pair + 1]


@inlined
def _write_tenths(text: Any, at: int, number: int) -> int:
    """A number of tenths, as a decimal fraction."""
    at = _write_digits(text, at, number // 10)
    if number % 10 == 0:
        return at
    text[at], text[at + 1] = POINT, ZERO + np.uint8(number % 10)
    return at + 2


@inlined
def _write_digits(text: Any, at: int, number: Any) -> int:
    """An integer >= 0."""
    count, left = 1, number
    while left >= 10:
        left //= 10
        count += 1
    for place in range(at + count - 1, at - 1, -1):
        text[place] = ZERO + np.uint8(number % 10)
        number //= 10
    return at + count
