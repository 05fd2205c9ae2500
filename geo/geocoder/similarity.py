"""How much two street names are alike, from 0 to 1.

    similarity = name * type
    name: 1 equal; 0.97 same words in another order; 0.92 words left out or reduced to an initial ("P. Brossolette",
          "rue Brossolette" for Pierre Brossolette), times the edit ratio of the last words when that one is misspelt;
          else the normalised edit ratio of rapidfuzz (insertions and deletions); at most 0.4 when the numbers in them
          differ ("8 mai 1945", "11 novembre 1918") or the last words do ("Georges Vedel", "Georges Élie")
    type: 1 equal; 0.96 missing on one side; 0.88 another one ("rue Carnot" for avenue Carnot)

A type that was misspelt is no type: then the whole texts are compared as well, and the better counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from geo.geocoder.street_names import Key

ACCEPTED = 0.8
"""Below, a street is taken for another one."""
TIE = 0.015
"""Two streets closer than this cannot be told apart by what was written."""
EXACT = 0.89
"""Below, the house found on a street is not called exact: the street may be another one of a name alike."""
REORDERED, SHORTENED, DIFFERENT = 0.97, 0.92, 0.4
OTHER_WORD = 0.7
"""Last words of an edit ratio below this are two words, not one misspelt."""
TYPE_MISSING, TYPE_DIFFERS = 0.96, 0.88
LAST_WORD = ACCEPTED / SHORTENED
"""The least edit ratio of last words that may still be accepted when words before them are missing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A street of a page: its place in the page and how like the wanted one it is."""

    at: int
    similarity: float


def similarity(wanted: Key, known: Key) -> float:
    """How like two streets' keys are, by the formula above."""
    if wanted == known:
        return 1.0
    value = _name(wanted[1], known[1])
    if wanted[0] != known[0]:
        value *= TYPE_DIFFERS if wanted[0] and known[0] else TYPE_MISSING
        if not wanted[0] or not known[0]:
            whole = _ratio(f"{wanted[0]} {wanted[1]}".strip(), f"{known[0]} {known[1]}".strip())
            value = max(value, whole)
    return value


def best_of(wanted: Key, keys: Sequence[Key], candidates: Iterable[int]) -> list[Choice]:
    """The accepted ones of some candidates, best first, in order of place among equals."""
    scored = [Choice(at, similarity(wanted, keys[at])) for at in candidates]
    return sorted((c for c in scored if c.similarity >= ACCEPTED), key=lambda c: (-c.similarity, c.at))


def _name(wanted: str, known: str) -> float:
    if wanted == known:
        return 1.0
    said, meant = wanted.split(), known.split()
    if _digits(said) and _digits(meant) and not (_digits(said) <= _digits(meant) or _digits(meant) <= _digits(said)):
        return min(DIFFERENT, _ratio(wanted, known))
    value = _ratio(wanted, known)
    if len(said) > 1 and len(meant) > 1 and _other_surname(said, meant):
        value = min(DIFFERENT, value)
    if sorted(said) == sorted(meant):
        return max(value, REORDERED)
    if value < SHORTENED:
        return max(value, SHORTENED * max(_shortens(said, meant), _shortens(meant, said)))
    return value


def _ratio(one: str, other: str) -> float:
    return fuzz.ratio(one, other) / 100.0


def _digits(words: Sequence[str]) -> set[str]:
    return {word for word in words if word.isdigit()}


def _other_surname(said: Sequence[str], meant: Sequence[str]) -> bool:
    one, other = said[-1], meant[-1]
    return not one.isdigit() and not other.isdigit() and _ratio(one, other) < OTHER_WORD


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
