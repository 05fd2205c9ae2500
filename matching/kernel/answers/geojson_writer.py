"""Results as GeoJSON features: what was rendered with the index, and what depends on the query, in one go."""

from typing import Any

import numpy as np

from geo.localisation.quantities import distance_step
from matching.arrays.workspace import COLUMNS, FIRST_TOLD, TERMS, TOLD
from matching.compiler.array_table import bytes_, bytes_at, floats_at, longs, longs_at, words_at
from matching.compiler.bit_operations import copy_bytes, prefetch
from matching.compiler.jit import entry_point, inlined
from matching.kernel.answers.phrase_table import KEY, Phrases, phrases_at, place_of
from matching.kernel.availability import ONE
from matching.kernel.reason_key import AFFINITY, PRICE, PROXIMITY
from matching.query.query import MAX_LIMIT
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.terms import price, proximity

DECIMALS = 12
"""Of values and contributions, so that they sum to the score to a billionth."""
MOST_DIGITS = 20
"""Of a number with its point."""
ASKED = (
    *("count", "found", "values", "weights", "labels", "starts", "sources", "several", "extra", "extra_starts"),
    *("spans", "missed", "text", "room"),
)
"""What `write_features` is told: whole numbers and addresses, packed in this order."""
PLAIN = 5
"""Numbers of a result before those of its terms."""
LABELS = PLAIN + 2 * TERMS + 1
"""Before each number, two of each term, and after the last."""
EACH_SOURCE = 3
"""Numbers per result: where its layer's rendered rows stand, where its phrases, and in which voice they are said."""
REASON, OFFERED_BY = 0, 1
"""The two phrases of a result: why it ranks so, and who offers it."""
EACH_SPAN = 4
"""Numbers per result: where each phrase begins, and its length."""
EACH_MISSED = 2 + KEY
"""Numbers per phrase that is not known: result, which of the two, key."""
NO_ROOM = -1_000_000
MOST_ELSE = 512
"""More bytes than what is written of a result beside its rendered row, phrases, labels, numbers, windows and extra."""
MOMENT = 22
"""Bytes of a moment, such as "2026-11-24T09:00:00Z", quoted."""
HALF = np.uint64(32)
ZERO, POINT = np.uint8(48), np.uint8(46)
PAIRS = np.frombuffer("".join(f"{number:02}" for number in range(100)).encode(), np.uint8)
NULL, TRUE, FALSE, COMMA = (np.frombuffer(text, np.uint8) for text in (b"null", b"true", b"false", b","))
FREE_FROM, FREE_UNTIL = (np.frombuffer(text, np.uint8) for text in (b',"free_from":', b',"free_until":'))
FREE_WINDOWS, CLOSING = (np.frombuffer(text, np.uint8) for text in (b',"free_windows":[', b"]"))
END = np.frombuffer(b"}},", np.uint8)
DISTANCE, SPACE = 1, 3
"""Among the four numbers of a key (`matching.kernel.top_k`)."""
ROWS, OTHERS, CENTS, SAID, SETS, GRANTED, REFUSED, WINDOWS, START, STOP, LEFT = (
    (FIRST_TOLD + number) * MAX_LIMIT for number in range(len(TOLD))
)
"""Where each of `matching.arrays.workspace.TOLD` begins."""
_distance_step = inlined(distance_step)


@entry_point
def write_features(asked: int) -> int:
    """See `_write_features`. Gives how many bytes were written; less than 0: how many phrases are not known, or
    `NO_ROOM`."""
    it = longs_at(asked, len(ASKED))
    count = it[0]
    spans = longs_at(it[10], EACH_SPAN * count)
    found, sources = longs_at(it[1], COLUMNS * MAX_LIMIT), longs_at(it[6], EACH_SOURCE * count)
    missing = _look_up(found, sources, spans, words_at(it[11], 2 * EACH_MISSED * count))
    if missing > 0:
        return -missing
    starts, extra_starts = longs_at(it[5], LABELS + 1), longs_at(it[9], count + 1)
    return _write_features(
        found,
        floats_at(it[2], TERMS * count),
        floats_at(it[3], TERMS),
        bytes_at(it[4], starts[LABELS]),
        starts,
        sources,
        it[7],
        bytes_at(it[8], extra_starts[count]),
        extra_starts,
        spans,
        bytes_at(it[12], it[13]),
    )


@inlined
def _look_up(found: Any, sources: Any, spans: Any, missed: Any) -> int:
    """How many phrases are not known: what they depend on is in `missed`. `spans` gets where the others are."""
    missing = 0
    for result in range(len(sources) // EACH_SOURCE):
        phrases, voice = phrases_at(sources[EACH_SOURCE * result + 1]), np.uint64(sources[EACH_SOURCE * result + 2])
        rendered = sources[EACH_SOURCE * result]
        prefetch(bytes_(rendered, 0), longs(rendered, 1)[found[ROWS + result]])
        said, set_id = found[SAID + result], np.uint64(found[SETS + result])
        price_said, priced = said >> PRICE & 3, np.uint64(0)
        if price_said == price.NAMED[0] or price_said == price.NAMED[1]:
            priced = np.uint64(found[CENTS + result])
        far, closest = np.uint64(0), np.uint64(0)
        if said >> PROXIMITY & 3 == proximity.FAR:
            far = np.uint64(_distance_step(found[4 * result + DISTANCE]))
        if said >> AFFINITY & 3 != 0:
            closest = set_id + np.uint64(1)
        wishes = np.uint64(found[GRANTED + result]) << HALF | np.uint64(found[REFUSED + result])
        candidate = np.uint64(1 if found[4 * result + SPACE] == 0 else 0)
        none = np.uint64(0)
        reason = (voice << ONE, np.uint64(said), priced << HALF | far, wishes, closest << ONE | candidate)
        offered_by = (voice << ONE | ONE, set_id, none, none, none)
        missing = _find(phrases, spans, missed, missing, result, REASON, reason)
        missing = _find(phrases, spans, missed, missing, result, OFFERED_BY, offered_by)
    return missing


@inlined
def _find(phrases: Phrases, spans: Any, missed: Any, missing: int, result: int, which: int, key: Any) -> int:
    place = place_of(phrases, key)
    start, length = phrases.spans[2 * place], phrases.spans[2 * place + 1]
    spans[EACH_SPAN * result + 2 * which], spans[EACH_SPAN * result + 2 * which + 1] = start, length
    if length > 0:
        return missing
    at = EACH_MISSED * missing
    missed[at], missed[at + 1] = np.uint64(result), np.uint64(which)
    for part in range(KEY):
        missed[at + 2 + part] = key[part]
    return missing + 1


@inlined
def _write_features(
    found: Any,
    values: Any,
    weights: Any,
    labels: Any,
    starts: Any,
    sources: Any,
    several: int,
    extra: Any,
    extra_starts: Any,
    spans: Any,
    text: Any,
) -> int:
    """Writes into `text`, for each result: its rendered row without the end; its numbers, each after its label
    (`labels[starts[i]:starts[i + 1]]`); why it ranks so and who offers it; when it is free, and in which of `several`
    windows (fewer than two are not told apart); what is `extra`; the end and a comma."""
    at = 0
    for result in range(len(sources) // EACH_SOURCE):
        rendered, first = sources[EACH_SOURCE * result], EACH_SPAN * result
        facts, begins = bytes_(rendered, 0), longs(rendered, 1)
        texts, row = phrases_at(sources[EACH_SOURCE * result + 1]).texts, found[ROWS + result]
        of_row = begins[row + 1] - 2 - begins[row]
        of_extra = extra_starts[result + 1] - extra_starts[result]
        numbers = starts[LABELS] + MOST_DIGITS * (LABELS - 1)
        if at + of_row + numbers + spans[first + 1] + spans[first + 3] + of_extra + 6 * several + MOST_ELSE > len(text):
            return NO_ROOM
        at = _copy(text, at, facts, begins[row], of_row)
        at = _numbers(text, at, found, values, weights, labels, starts, result)
        at = _copy(text, at, texts, spans[first], spans[first + 1])
        at = _copy(text, at, texts, spans[first + 2], spans[first + 3])
        at = _when(text, at, found, bytes_(rendered, 2), several, result)
        at = _copy(text, at, extra, extra_starts[result], of_extra)
        at = _put(text, at, END)
    return at


@inlined
def _numbers(text: Any, at: int, found: Any, values: Any, weights: Any, labels: Any, starts: Any, result: int) -> int:
    """Further spaces, score, distance in metres, price in cents and seats left (null: nobody knows), then value and
    contribution of each term that weighs something; after the last the last label."""
    cents, left, score = found[CENTS + result], found[LEFT + result], 0.0
    for term in range(TERMS):
        score += weights[term] * values[TERMS * result + term]
    at = _label(text, at, labels, starts, 0)
    at = _digits(text, at, found[OTHERS + result])
    at = _label(text, at, labels, starts, 1)
    at = _fraction(text, at, score)
    at = _label(text, at, labels, starts, 2)
    at = _tenths(text, at, found[4 * result + DISTANCE])
    at = _label(text, at, labels, starts, 3)
    at = _put(text, at, NULL) if cents == UNKNOWN_CENTS else _digits(text, at, cents)
    at = _label(text, at, labels, starts, 4)
    at = _put(text, at, NULL) if left < 0 else _digits(text, at, left)
    label = PLAIN
    for term in range(TERMS):
        if weights[term] > 0.0:
            value = values[TERMS * result + term]
            at = _label(text, at, labels, starts, label)
            at = _fraction(text, at, value)
            at = _label(text, at, labels, starts, label + 1)
            at = _fraction(text, at, weights[term] * value)
            label += 2
    return _label(text, at, labels, starts, label)


@inlined
def _when(text: Any, at: int, found: Any, moments: Any, several: int, result: int) -> int:
    """When it is free: a moment of each slot of the layer is in `moments`."""
    windows = found[WINDOWS + result]
    at = _put(text, at, FREE_FROM)
    at = _copy(text, at, moments, MOMENT * found[START + result], MOMENT) if windows != 0 else _put(text, at, NULL)
    at = _put(text, at, FREE_UNTIL)
    at = _copy(text, at, moments, MOMENT * found[STOP + result], MOMENT) if windows != 0 else _put(text, at, NULL)
    if several > 1:
        at = _put(text, at, FREE_WINDOWS)
        for window in range(several):
            if window > 0:
                at = _put(text, at, COMMA)
            at = _put(text, at, TRUE) if windows >> window & 1 != 0 else _put(text, at, FALSE)
        at = _put(text, at, CLOSING)
    return at


@inlined
def _label(text: Any, at: int, labels: Any, starts: Any, label: int) -> int:
    return _copy(text, at, labels, starts[label], starts[label + 1] - starts[label])


@inlined
def _put(text: Any, at: int, known: Any) -> int:
    for place in range(len(known)):
        text[at + place] = known[place]
    return at + len(known)


@inlined
def _copy(text: Any, at: int, given: Any, first: int, length: int) -> int:
    copy_bytes(text, at, given, first, length)
    return at + length


@inlined
def _fraction(text: Any, at: int, number: float) -> int:
    """A number that is not negative, rounded to `DECIMALS`, without trailing zeros."""
    scaled = np.int64(np.rint(number * 1e12))
    whole, rest = scaled // 1_000_000_000_000, scaled % 1_000_000_000_000
    at = _digits(text, at, whole)
    if rest == 0:
        return at
    text[at] = POINT
    _six(text, at + 1, rest // 1_000_000)
    _six(text, at + 7, rest % 1_000_000)
    at += DECIMALS
    while text[at] == ZERO:
        at -= 1
    return at + 1


@inlined
def _six(text: Any, at: int, number: Any) -> None:
    """Six digits."""
    for place, pair in ((0, number // 10_000), (2, number // 100 % 100), (4, number % 100)):
        text[at + place], text[at + place + 1] = PAIRS[2 * pair], PAIRS[2 * pair + 1]


@inlined
def _tenths(text: Any, at: int, number: int) -> int:
    """A number of tenths as a number of ones."""
    at = _digits(text, at, number // 10)
    if number % 10 == 0:
        return at
    text[at], text[at + 1] = POINT, ZERO + np.uint8(number % 10)
    return at + 2


@inlined
def _digits(text: Any, at: int, number: Any) -> int:
    """A whole number that is not negative."""
    count, left = 1, number
    while left >= 10:
        left //= 10
        count += 1
    for place in range(at + count - 1, at - 1, -1):
        text[place] = ZERO + np.uint8(number % 10)
        number //= 10
    return at + count
