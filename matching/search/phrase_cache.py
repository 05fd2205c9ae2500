"""Texts that many results share, put into words once per index: why a place ranks so, and who offers it."""

import threading
from collections.abc import Hashable, Mapping

from geo.errors import Language
from matching.compiler.array_table import address_table
from matching.kernel.answers.phrase_table import FULL, add_phrase, empty_table
from matching.query.query import Query

MOST_VOICES = 10_000
"""Anybody may claim any community: they are not all remembered for ever."""


class Book:
    """The phrases known while the communities have the same names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self._table = empty_table()
        self._handed = address_table(self._table)
        self._voices: dict[Hashable, int] = {}
        self._adding = threading.Lock()
        self.is_full = False

    @property
    def at(self) -> int:
        """Where the kernel finds it."""
        return self._handed.address

    @property
    def size(self) -> int:
        """How many phrases it has."""
        return int(self._table.used[0])

    def voice(self, query: Query, language: Language) -> int:
        """A number for who is told in which language: nobody else may get the same words."""
        asker = (language, query.community, query.visible)
        known = self._voices.get(asker)
        if known is None:
            with self._adding:
                known = self._voices.setdefault(asker, len(self._voices))
                self.is_full |= known >= MOST_VOICES
        return known

    def add(self, key: bytes, text: bytes) -> None:
        """Keeps a phrase under a key of the kernel's, if there is room."""
        with self._adding:
            self.is_full |= add_phrase(self.at, key, text, len(text)) == FULL


class Phrasebook:
    """The book that is in use: begun anew when it is full, or when communities have other names."""

    def __init__(self) -> None:
        self._book: Book | None = None

    def book(self, names: Mapping[str, str]) -> Book:
        """The book for these names."""
        book = self._book
        if book is None or book.is_full or (names is not book.names and names != book.names):
            book = self._book = Book(names)
        book.names = names  # the same again is seen at a glance
        return book
