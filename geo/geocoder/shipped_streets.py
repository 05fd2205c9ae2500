"""Street pages from the shipped lists (48,000 addresses of town halls, libraries and such), used without BAN."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from geo.geocoder.house_numbers import HOUSE, MAX_STEPS, STEP, suffix_code
from geo.geocoder.street_index import Matcher, Street
from geo.geocoder.street_names import Key, key_text
from geo.reference import files
from geo.reference.toponyms import fold

_Row = tuple[str, int, str, float, float]


class ShippedPage:
    """The shipped streets of one commune."""

    def __init__(self, insee: str, rows: Sequence[_Row]) -> None:
        self.insee = insee
        self._by_key: dict[str, list[_Row]] = {}
        for row in rows:
            if key := key_text(fold(row[0])):
                self._by_key.setdefault(key, []).append(row)
        self._texts = list(self._by_key)

    @cached_property
    def matcher(self) -> Matcher:
        return Matcher(self._texts)

    def street(self, at: int) -> Street:
        """The street; its reference point is its middle house."""
        rows = sorted(self._by_key[self._texts[at]], key=lambda row: (row[1], row[2]))
        name, _, _, lon, lat = rows[len(rows) // 2]
        steps = [
            (number, suffix_code(suffix), round((x - lon) / STEP), round((y - lat) / STEP))
            for _, number, suffix, x, y in rows
            if number
        ]
        near = [row for row in steps if max(abs(row[2]), abs(row[3])) <= MAX_STEPS]
        return Street(name, "", "", lon, lat, np.array(near, HOUSE))


class ShippedStreets:
    """Pages from `data/streets.csv.gz`, read at the first look-up (0.1 s)."""

    complete = False

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._pages: dict[str, ShippedPage] = {}

    @cached_property
    def _rows(self) -> dict[str, list[_Row]]:
        rows: dict[str, list[_Row]] = {}
        for insee, street, number, lon, lat in files.rows(self._data_dir, files.STREETS):
            digits = number[: len(number) - len(number.lstrip("0123456789"))]
            row = (street, int(digits or 0), number[len(digits) :], float(lon), float(lat))
            rows.setdefault(insee, []).append(row)
        return rows

    def page(self, insee: str) -> ShippedPage | None:
        """The shipped streets of a commune or arrondissement, None when there is none."""
        if insee not in self._pages:
            if insee not in self._rows:
                return None
            self._pages[insee] = ShippedPage(insee, self._rows[insee])
        return self._pages[insee]

    def elsewhere(self, key: Key, postcode: str) -> Sequence[str]:
        """Always empty: too few streets are shipped to prove that the stated commune is wrong."""
        return ()
