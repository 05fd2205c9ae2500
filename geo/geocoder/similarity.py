"""Similarity of two street names, from 0 to 1.

    similarity = name * type
    name: 1 equal; 0.97 same words in another order; 0.92 words left out or reduced to an initial ("P. Brossolette",
          "rue Brossolette" for Pierre Brossolette), times the edit ratio of the last words when that one is misspelt;
          else the normalised edit ratio of rapidfuzz (insertions and deletions); at most 0.4 when the numbers in them
          differ ("8 mai 1945", "11 novembre 1918") or the last words do ("Georges Vedel", "Georges Élie")
    type: 1 equal; 0.96 missing on one side; 0.88 another one ("rue Carnot" for avenue Carnot)

A misspelt type counts as missing: the whole texts are compared as well, and the better value counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from geo.geocoder.street_names import Key

ACCEPTED = 0.8
"""Least similarity of a match."""
TIE = 0.015
"""Two streets whose similarities differ by less than this tie."""
EXACT = 0.89
"""Least similarity for an `exact` house: below, the street may be another one of a similar name."""
REORDERED, SHORTENED, DIFFERENT = 0.97, 0.92, 0.4
OTHER_WORD = 0.7
"""Last words with an edit ratio below this are different words, not a misspelling."""
TYPE_MISSING, TYPE_DIFFERS = 0.96, 0.88
LAST_WORD = ACCEPTED / SHORTENED
"""Least edit ratio of last words that may still match when words before them are missing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A street of a page: its index in the page and its similarity to the query."""

    at: int
    similarity: float


def similarity(query: Key, street: Key) -> float:
    """Similarity of two street keys, by the formula above."""
    if query == street:
        return 1.0
    value = _name(query[1], street[1])
    if query[0] != street[0]:
        value *= TYPE_DIFFERS if query[0] and street[0] else TYPE_MISSING
        if not query[0] or not street[0]:
            whole = _ratio(f"{query[0]} {query[1]}".strip(), f"{street[0]} {street[1]}".strip())
            value = max(value, whole)
    return value


def best_of(query: Key, keys: Sequence[Key], candidates: Iterable[int]) -> list[Choice]:
    """The candidates with at least ACCEPTED, best first; equals in order of index."""
    scored = [Choice(at, similarity(query, keys[at])) for at in candidates]
    return sorted((c for c in scored if c.similarity >= ACCEPTED), key=lambda c: (-c.similarity, c.at))


def _name(query: str, street: str) -> float:
    if query == street:
        return 1.0
    query_words, street_words = query.split(), street.split()
    if (
        _digits(query_words)
        and _digits(street_words)
        and not (_digits(query_words) <= _digits(street_words) or _digits(street_words) <= _digits(query_words))
    ):
        return min(DIFFERENT, _ratio(query, street))
    value = _ratio(query, street)
    if len(query_words) > 1 and len(street_words) > 1 and _other_surname(query_words, street_words):
        value = min(DIFFERENT, value)
    if sorted(query_words) == sorted(street_words):
        return max(value, REORDERED)
    if value < SHORTENED:
        return max(value, SHORTENED * max(_shortens(query_words, street_words), _shortens(street_words, query_words)))
    return value


def _ratio(left: str, right: str) -> float:
    return fuzz.ratio(left, right) / 100.0


def _digits(words: Sequence[str]) -> set[str]:
    return {word for word in words if word.isdigit()}


def _other_surname(left: Sequence[str], right: Sequence[str]) -> bool:
    left_last, right_last = left[-1], right[-1]
    return not left_last.isdigit() and not right_last.isdigit() and _ratio(left_last, right_last) < OTHER_WORD


def _shortens(short: Sequence[str], full: Sequence[str]) -> float:
    """Edit ratio of the last words when `short` is `full` with words left out or reduced to initials, else 0."""
    if not short or not full or len(short) > len(full) or len(short[-1]) < 3:
        return 0.0
    last = 1.0 if short[-1] == full[-1] else _ratio(short[-1], full[-1])
    if last < LAST_WORD:
        return 0.0
    at = 0
    for word in short[:-1]:
        while at < len(full) - 1 and full[at] != word and not (len(word) == 1 and full[at].startswith(word)):
            at += 1
        if at == len(full) - 1:
            return 0.0
        at += 1
    return last
