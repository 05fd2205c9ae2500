"""Names that begin like what is being typed, in a few milliseconds."""

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from geo.located import Suggestion
from geo.toponyms import fold, without_article

_WORD_INSIDE = 1 << 24
"""Added to the rank of a name whose second or later word begins so: after every name that begins so itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that may be suggested: its folded name, its weight (people), postcodes to find it by."""

    key: str
    weight: int
    suggestion: Suggestion
    postcodes: tuple[str, ...] = ()
    station: bool = False


class Suggestions:
    """An index of entries by the beginnings of their words and of their postcodes."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = sorted(entries, key=lambda e: (-e.weight, e.key, e.suggestion.value))
        beginnings: list[tuple[str, int]] = []
        for rank, entry in enumerate(self._entries):
            beginnings.append((entry.key, rank))
            start = len(entry.key) - len(without_article(entry.key))
            if start:
                beginnings.append((entry.key[start:], rank))
            at = entry.key.find(" ", start)
            while at >= 0:
                beginnings.append((entry.key[at + 1 :], rank + _WORD_INSIDE))
                at = entry.key.find(" ", at + 1)
            beginnings += [(postcode, rank) for postcode in entry.postcodes]
        beginnings.sort()
        self._keys = [key for key, _ in beginnings]
        self._ranks = [rank for _, rank in beginnings]

    def find(self, text: str, limit: int) -> list[Suggestion]:
        """Best first: exact names, then names that begin so, then names with a word that begins so; most people first.

        "gare ..." gives stations only.
        """
        folded = fold(text)
        words = folded.split()
        stations_only = bool(words) and words[0] == "gare"
        if stations_only:
            folded = _after(words, ("gare", "de", "du", "des", "d", "la", "l"))
        if not folded:
            return list(islice((e.suggestion for e in self._entries if e.station), limit)) if stations_only else []
        first = bisect_left(self._keys, folded)
        last = bisect_left(self._keys, folded + "~")
        exact = bisect_left(self._keys, folded + " ", first, last)
        found: dict[int, None] = {}
        for low, high in ((first, exact), (first, last)):
            for rank in heapq.nsmallest(limit * 40 if stations_only else limit * 3, self._ranks[low:high]):
                index = rank % _WORD_INSIDE
                if not stations_only or self._entries[index].station:
                    found[index] = None
        return [self._entries[index].suggestion for index in list(found)[:limit]]


def _after(words: list[str], little: tuple[str, ...]) -> str:
    while words and words[0] in little:
        words = words[1:]
    return " ".join(words)
