"""The address index on disk: its files, opening it, reading streets from it.

A folder holds generations (`index-0001`) and `current.json`, which names the current one. A generation:

    communes.npy   one row per commune, in order of code: its first street and where its text is
    text.bin       per commune, compressed: a line per street, "key, name, former commune" between tabs
    streets.npy    one row per street: its point, postcode and first house
    houses.bin     seven bytes per house (`geo.geocoder.house_numbers`)
    words/         a tantivy index of the streets' words by postcode and département

All files but the words are memory-mapped; a process opens them at its first look-up.
"""

import json
import zlib
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from geo.errors import Language, OperationError
from geo.geocoder.house_numbers import HOUSE, STEP
from geo.geocoder.street_index import Matcher, Street
from geo.geocoder.street_names import Key

VERSION = 1
CURRENT = "current.json"
COMMUNE = np.dtype(
    [("insee", "S5"), ("first_street", "<u4"), ("streets", "<u4"), ("text_at", "<u8"), ("text_bytes", "<u4")]
)
STREET = np.dtype([("lon", "<i4"), ("lat", "<i4"), ("postcode", "<u4"), ("first_house", "<u4")])
CACHED_PAGES = 4_096
MAX_COMMUNES = 6
"""Communes of the postcode to search when the stated commune does not have the street."""


class AddressIndexUnusable(OperationError):
    """Use `AddressIndexUnusable(path=..., fr=..., en=...)`: what is wrong with it."""

    code = "address_index_unusable"
    messages: ClassVar[dict[Language, str]] = {
        "fr": "L'index d'adresses {path} {fr} ; reconstruisez-le avec « placelibre geocode-index ».",
        "en": "The address index {path} {en}; rebuild it with “placelibre geocode-index”.",
    }


def exists(folder: Path) -> bool:
    """Whether an address index was built in this folder."""
    return (folder / CURRENT).is_file()


class BanPage:
    """The streets of one commune in the index."""

    def __init__(self, index: "BanIndex", insee: str, first: int, text: str) -> None:
        self.insee = insee
        self._index, self._first = index, first
        self._lines = text.split("\n")

    @cached_property
    def matcher(self) -> Matcher:
        return Matcher([line.partition("\t")[0] for line in self._lines])

    def street(self, at: int) -> Street:
        _, name, former = self._lines[at].split("\t")
        return self._index.street(self._first + at, name, former)


class BanIndex:
    """An open generation. Cheap to open: files are mapped; pages are decompressed on demand and cached."""

    complete = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.facts: dict[str, Any] = {}
        for attempt in (1, 2):
            try:
                self._open()
                break
            except FileNotFoundError as error:
                # A build replaced and removed this generation after its name was read: the new one is there now.
                if attempt == 2:
                    raise AddressIndexUnusable(
                        path=folder, fr="est absent ou incomplet", en="is missing or incomplete"
                    ) from error
            except (ValueError, KeyError, TypeError) as error:
                raise AddressIndexUnusable(path=folder, fr="est illisible", en="cannot be read") from error
        self.page = lru_cache(maxsize=CACHED_PAGES)(self._page)
        self.elsewhere = lru_cache(maxsize=CACHED_PAGES)(self._elsewhere)

    def _open(self) -> None:
        self.facts = json.loads((self._folder / CURRENT).read_text(encoding="utf-8"))
        if self.facts["version"] != VERSION:
            raise ValueError("another version")
        generation = self._folder / self.facts["generation"]
        communes: npt.NDArray[Any] = np.load(generation / "communes.npy")
        self._communes = communes
        self._at = {str(code, "ascii"): i for i, code in enumerate(communes["insee"].tolist())}
        self._streets = _as_array(np.load(generation / "streets.npy", mmap_mode="r"))
        self._text = _map_file(generation / "text.bin", np.dtype("u1"))
        self._houses = _map_file(generation / "houses.bin", HOUSE)
        self._words_path = generation / "words"
        if not self._words_path.is_dir() or len(self._streets) != self.facts["streets"] + 1:
            raise FileNotFoundError(self._words_path)

    def _page(self, insee: str) -> BanPage | None:
        at = self._at.get(insee)
        if at is None:
            return None
        row = self._communes[at]
        start = int(row["text_at"])
        text = zlib.decompress(self._text[start : start + int(row["text_bytes"])].tobytes()).decode()
        return BanPage(self, insee, int(row["first_street"]), text)

    def street(self, number: int, name: str, former: str) -> Street:
        row = self._streets[number]
        houses = self._houses[int(row["first_house"]) : int(self._streets[number + 1]["first_house"])]
        return Street(
            name, former, f"{int(row['postcode']):05d}", int(row["lon"]) * STEP, int(row["lat"]) * STEP, houses
        )

    def _elsewhere(self, key: Key, postcode: str) -> Sequence[str]:
        return self.communes_with(key, "postcode", postcode)

    def communes_with(self, key: Key, field: str, value: str) -> list[str]:
        """Codes of communes whose `field` ("postcode" or "departement") is `value` and that have a street like `key`,
        most likely first: by its words, each with one slip allowed when it is long.
        """
        import tantivy

        schema, searcher = self._words
        clauses = [(tantivy.Occur.Must, tantivy.Query.term_query(schema, field, value, "basic"))]
        for word in key[1].split():
            query = (
                tantivy.Query.fuzzy_term_query(schema, "words", word, 1, transposition_cost_one=True)
                if len(word) > 4
                else tantivy.Query.term_query(schema, "words", word, "basic")
            )
            clauses.append((tantivy.Occur.Should, query))
        if len(clauses) == 1:
            return []
        result = searcher.search(tantivy.Query.boolean_query(clauses), MAX_COMMUNES * 4, count=False)
        streets = searcher.fast_field_values("street", [address for _, address in result.hits])
        firsts = self._communes["first_street"]
        codes = [self._communes[int(np.searchsorted(firsts, s, side="right")) - 1]["insee"] for s in streets]
        return list(dict.fromkeys(str(code, "ascii") for code in codes))[:MAX_COMMUNES]

    @cached_property
    def _words(self) -> tuple[Any, Any]:
        import tantivy

        index = tantivy.Index.open(str(self._words_path))
        return index.schema, index.searcher()


def _map_file(path: Path, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Maps a file as an array. An empty file, which cannot be mapped, gives an empty array."""
    if path.stat().st_size == 0:
        return np.zeros(0, dtype)
    return _as_array(np.memmap(path, dtype=dtype, mode="r"))


def _as_array(mapped: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same memory as an ordinary array: slices of a memmap are objects that take ten times as long to make."""
    return mapped.view(np.ndarray)
