"""How much two street names are alike, from 0 to 1.

    similarity = name * type
    name: 1 equal; 0.97 same words in another order; 0.92 words left out or reduced to an initial ("P. Brossolette",
          "rue Brossolette" for Pierre Brossolette); else the normalised edit ratio of rapidfuzz (insertions and
          deletions); at most 0.4 when the numbers in them differ ("8 mai 1945", "11 novembre 1918")
    type: 1 equal; 0.96 missing on one side; 0.88 another one ("rue Carnot" for avenue Carnot)

A type that was misspelt is no type: then the whole texts are compared as well, and the better counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from geo.geocoder.words import Key

ACCEPTED = 0.8
"""Below, a street is taken for another one."""
TIE = 0.015
"""Two streets closer than this cannot be told apart by what was written."""
REORDERED, SHORTENED, OTHER_NUMBERS = 0.97, 0.92, 0.4
TYPE_MISSING, TYPE_DIFFERS = 0.96, 0.88


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
        return min(OTHER_NUMBERS, _ratio(wanted, known))
    value = _ratio(wanted, known)
    if sorted(said) == sorted(meant):
        return max(value, REORDERED)
    if value < SHORTENED and (_shortens(said, meant) or _shortens(meant, said)):
        return SHORTENED
    return value


def _ratio(one: str, other: str) -> float:
    return fuzz.ratio(one, other) / 100.0


def _digits(words: Sequence[str]) -> set[str]:
    return {word for word in words if word.isdigit()}


def _shortens(short: Sequence[str], full: Sequence[str]) -> bool:
    """Whether `short` is `full` with words left out or reduced to initials; both end with the same word."""
    if not short or not full or short[-1] != full[-1] or len(short) > len(full) or len(short[-1]) < 3:
        return False
    at = 0
    for word in short:
        while at < len(full) and full[at] != word and not (len(word) == 1 and full[at].startswith(word)):
            at += 1
        if at == len(full):
            return False
        at += 1
    return True
