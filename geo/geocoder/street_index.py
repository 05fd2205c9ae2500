"""The streets of one commune, ready to be matched: the same shape for BAN and for the shipped lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from rapidfuzz import fuzz, process

from geo.geocoder.house_numbers import Houses
from geo.geocoder.similarity import ACCEPTED, LAST_WORD, Choice, best_of
from geo.geocoder.street_names import Key, split_key

MOST = 16
"""How many streets of nearly the same spelling are compared by the full formula."""
REMEMBERED = 2_000


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
    """Where pages come from: the BAN index, or the lists shipped with PlaceLibre.

    `complete` sources know every street, so that a street found once is the only one of its name; in a merged commune
    the others cannot be believed.
    """

    complete: bool

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
        self._remembered: dict[Key, Sequence[Choice]] = {}

    def text(self, at: int) -> str:
        """A street's key, type and name."""
        return self._texts[at]

    @cached_property
    def keys(self) -> list[Key]:
        """Every street as (type, name)."""
        return [split_key(text) for text in self._texts]

    @cached_property
    def _by_text(self) -> dict[str, list[int]]:
        return _grouped(self._texts)

    @cached_property
    def _names(self) -> list[str]:
        return [name for _, name in self.keys]

    @cached_property
    def _by_last_word(self) -> dict[str, list[int]]:
        return _grouped(name.rpartition(" ")[2] for name in self._names)

    @cached_property
    def _last_words(self) -> list[str]:
        return list(self._by_last_word)

    @cached_property
    def _without_type(self) -> dict[int, str]:
        return {at: name for at, (kind, name) in enumerate(self.keys) if not kind}

    def same(self, key: Key) -> Sequence[Choice]:
        """The streets called exactly so."""
        return [Choice(at, 1.0) for at in self._by_text.get(_text(key), ())]

    def find(self, key: Key) -> Sequence[Choice]:
        """The streets that may be meant, best first, none when nothing is like enough."""
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self.same(key) or best_of(key, self.keys, self._candidates(key))
        return found

    def find_exhaustively(self, key: Key) -> Sequence[Choice]:
        """What `find` must agree with: every street tried by the formula."""
        return best_of(key, self.keys, range(len(self._texts)))

    def _candidates(self, key: Key) -> set[int]:
        """Whatever the formula can accept: by the name's edit ratio, or by a last word that is equal or nearly so."""
        name, cutoff = key[1], 100.0 * ACCEPTED
        found = {
            at for _, _, at in process.extract(name, self._names, scorer=fuzz.ratio, limit=MOST, score_cutoff=cutoff)
        }
        last = process.extract(
            name.rpartition(" ")[2], self._last_words, scorer=fuzz.ratio, limit=MOST, score_cutoff=100.0 * LAST_WORD
        )
        for word, _, _ in last:
            found.update(self._by_last_word[word])
        # Words in another order: the last one is among those asked for.
        for word in name.split():
            found.update(self._by_last_word.get(word, ()))
        # Where a type is missing or misspelt, whole texts are compared.
        whole = self._without_type if key[0] else self._texts
        found.update(
            at for _, _, at in process.extract(_text(key), whole, scorer=fuzz.ratio, limit=MOST, score_cutoff=cutoff)
        )
        return found


def _text(key: Key) -> str:
    return f"{key[0]} {key[1]}" if key[0] else key[1]


def _grouped(texts: Iterable[str]) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for at, text in enumerate(texts):
        index.setdefault(text, []).append(at)
    return index
