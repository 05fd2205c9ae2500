"""Rendered rows: the part of a result that does not depend on the query (`matching.snapshot.feature_rendering`)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Facts:
    """Rendered rows: row i is `data[start[i]:start[i + 1]]`, JSON in UTF-8, its last two bytes closing the properties
    and the feature."""

    start: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]

    @cached_property
    def _text(self) -> memoryview:
        return memoryview(self.data)

    def raw(self, row: int) -> memoryview:
        """The feature of one row as it was rendered."""
        return self._text[self.start.item(row) : self.start.item(row + 1)]

    def of(self, row: int) -> dict[str, Any]:
        """The facts of one row: the properties of its feature, `lon` and `lat`."""
        feature = msgspec.json.decode(self.raw(row))
        lon, lat = feature["geometry"]["coordinates"]
        return {**feature["properties"], "lon": lon, "lat": lat}
