"""Protocols for the streets of one commune, shared by BAN and the shipped lists, and the search among them by name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from rapidfuzz import fuzz, process

from geo.geocoder.house_numbers import Houses
from geo.geocoder.similarity import ACCEPTED, LAST_WORD, Choice, best_of
from geo.geocoder.street_names import Key, split_key

MAX_CANDIDATES = 16
"""Streets of similar spelling that are compared by the full formula."""
CACHED_KEYS = 2_000


@dataclass(frozen=True, slots=True)
class Street:
    """A street of a commune: its reference point in degrees (the middle house) and its houses."""

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
    """A source of pages: the BAN index, or the lists shipped with PlaceLibre.

    A `complete` source holds every street, so a name that it holds once is unique. An incomplete source is not used in
    merged communes, where another street of that name may be missing from it.
    """

    complete: bool

    def page(self, insee: str) -> Page | None:
        """The streets of a current commune or arrondissement; None when none is known."""
        ...

    def elsewhere(self, key: Key, postcode: str) -> Sequence[str]:
        """INSEE codes of communes of a postcode where a street like this may be, most likely first."""
        ...


class Matcher:
    """Finds a key among the keys of a page; caches its answers."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._cache: dict[Key, Sequence[Choice]] = {}

    def text(self, at: int) -> str:
        """A street's key, type and name."""
        return self._texts[at]

    @cached_property
    def keys(self) -> list[Key]:
        """Every street as (type, name)."""
        return [split_key(text) for text in self._texts]

    @cached_property
    def _by_text(self) -> dict[str, list[int]]:
        return _group(self._texts)

    @cached_property
    def _names(self) -> list[str]:
        return [name for _, name in self.keys]

    @cached_property
    def _by_last_word(self) -> dict[str, list[int]]:
        return _group(name.rpartition(" ")[2] for name in self._names)

    @cached_property
    def _last_words(self) -> list[str]:
        return list(self._by_last_word)

    @cached_property
    def _without_type(self) -> dict[int, str]:
        return {at: name for at, (kind, name) in enumerate(self.keys) if not kind}

    def same(self, key: Key) -> Sequence[Choice]:
        """The streets whose key is equal to `key`."""
        return [Choice(at, 1.0) for at in self._by_text.get(_text(key), ())]

    def find(self, key: Key) -> Sequence[Choice]:
        """The streets similar enough to `key`, best first; empty when there is none."""
        choices = self._cache.get(key)
        if choices is None:
            if len(self._cache) >= CACHED_KEYS:
                self._cache.clear()
            choices = self._cache[key] = self.same(key) or best_of(key, self.keys, self._candidates(key))
        return choices

    def find_exhaustively(self, key: Key) -> Sequence[Choice]:
        """The reference for `find`: compares every street by the formula."""
        return best_of(key, self.keys, range(len(self._texts)))

    def _candidates(self, key: Key) -> set[int]:
        """Every street that the formula may accept: a similar name, or an equal or similar last word."""
        name, cutoff = key[1], 100.0 * ACCEPTED
        candidates = {at for _, _, at in _most_similar(name, self._names, cutoff)}
        for word, _, _ in _most_similar(name.rpartition(" ")[2], self._last_words, 100.0 * LAST_WORD):
            candidates.update(self._by_last_word[word])
        # Words in another order: the street's last word is any word of the query.
        for word in name.split():
            candidates.update(self._by_last_word.get(word, ()))
        # Where a type is missing or misspelt, whole texts are compared.
        whole = self._without_type if key[0] else self._texts
        candidates.update(at for _, _, at in _most_similar(_text(key), whole, cutoff))
        return candidates


def _most_similar(text: str, choices: Any, cutoff: float) -> list[tuple[str, float, Any]]:
    """(choice, edit ratio from 0 to 100, index or key) of the choices with at least a ratio of `cutoff`, best first."""
    return process.extract(text, choices, scorer=fuzz.ratio, limit=MAX_CANDIDATES, score_cutoff=cutoff)


def _text(key: Key) -> str:
    return f"{key[0]} {key[1]}" if key[0] else key[1]


def _group(texts: Iterable[str]) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for at, text in enumerate(texts):
        index.setdefault(text, []).append(at)
    return index
