"""Cache of texts that many results share, kept for the kernel: explanations, and lists of communities."""

import threading
from collections.abc import Hashable, Mapping

from geo.errors import Language
from matching.compiler.array_table import address_table
from matching.kernel.answers.phrase_table import FULL, add_phrase, empty_table
from matching.query.query import Query

MAX_AUDIENCES = 10_000
"""A searcher may claim any community, so the number of audiences must be bounded."""


class PhraseBook:
    """The phrases written so far with one set of community names. Thread-safe."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self._table = empty_table()
        self._addresses = address_table(self._table)
        self._audiences: dict[Hashable, int] = {}
        self._lock = threading.Lock()
        self.is_full = False

    @property
    def address(self) -> int:
        """Memory address of the table, for the kernel."""
        return self._addresses.address

    @property
    def size(self) -> int:
        """Number of phrases."""
        return int(self._table.used[0])

    def audience_number(self, query: Query, language: Language) -> int:
        """A number for the language and what the searcher may see: only equal ones share phrases."""
        audience = (language, query.community, query.visible)
        number = self._audiences.get(audience)
        if number is None:
            with self._lock:
                number = self._audiences.setdefault(audience, len(self._audiences))
                self.is_full |= number >= MAX_AUDIENCES
        return number

    def add(self, key: bytes, text: bytes) -> None:
        """Stores a phrase under a key of the kernel, or sets `is_full`."""
        with self._lock:
            self.is_full |= add_phrase(self.address, key, text, len(text)) == FULL


class PhraseCache:
    """Gives the current phrase book; begins a new one when it is full or communities were renamed."""

    def __init__(self) -> None:
        self._book: PhraseBook | None = None

    def book(self, names: Mapping[str, str]) -> PhraseBook:
        """The book for these community names (by slug)."""
        book = self._book
        if book is None or book.is_full or (names is not book.names and names != book.names):
            book = self._book = PhraseBook(names)
        book.names = names  # so that the same object is recognised by identity next time
        return book
