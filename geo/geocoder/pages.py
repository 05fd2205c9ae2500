"""The streets of one commune, ready to be matched: the same shape for BAN and for the shipped lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

from geo.geocoder.houses import Houses
from geo.geocoder.similarity import Choice, best_of, ranked
from geo.geocoder.words import Key, split_key


@dataclass(frozen=True, slots=True)
class Street:
    """A street of a commune: its own point (a house in its middle, or the place of its sign), and its houses."""

    name: str
    former_commune: str
    postcode: str
    lon: float
    lat: float
    houses: Houses


class Page(Protocol):
    """The streets of one commune; the `i`-th of `matcher` is `street(i)`."""

    insee: str

    @property
    def matcher(self) -> "Matcher": ...

    def street(self, at: int) -> Street: ...


class Source(Protocol):
    """Where pages come from: the BAN index, or the lists shipped with PlaceLibre."""

    def page(self, insee: str) -> Page | None:
        """The streets of a current commune or arrondissement; None when none is known."""
        ...

    def elsewhere(self, key: Key, postcode: str) -> Sequence[str]:
        """INSEE codes of communes of a postcode where a street like this may be, most likely first."""
        ...


class Matcher:
    """Finds a key among the keys of a page; what was asked is remembered."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._remembered = lru_cache(maxsize=2_000)(self._find)

    @cached_property
    def keys(self) -> list[Key]:
        return [split_key(text) for text in self._texts]

    @cached_property
    def _by_text(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for at, text in enumerate(self._texts):
            index.setdefault(text, []).append(at)
        return index

    @cached_property
    def _names(self) -> list[str]:
        return [name for _, name in self.keys]

    @cached_property
    def _by_last_word(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for at, name in enumerate(self._names):
            index.setdefault(name.rpartition(" ")[2], []).append(at)
        return index

    def find(self, key: Key) -> Sequence[Choice]:
        """The streets that may be meant, best first, none when nothing is like enough."""
        return self._remembered(key)

    def _find(self, key: Key) -> Sequence[Choice]:
        same = self._by_text.get(f"{key[0]} {key[1]}" if key[0] else key[1])
        if same:
            return [Choice(at, 1.0) for at in same]
        return ranked(key, self.keys, self._names, self._by_last_word)

    def find_exhaustively(self, key: Key) -> Sequence[Choice]:
        """What `find` must agree with: every street tried by the formula."""
        return best_of(key, self.keys, range(len(self._texts)))
