"""Many arrays passed to compiled code as one: a table of their addresses and lengths.

Converting sixty arrays costs a call 20 µs, more than most searches; one table costs nothing. Whoever makes the table
keeps the arrays alive.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.compiler.jit import deferred, inlined

Array = npt.NDArray[Any]


class AddressTable(NamedTuple):
    """Address and length of arrays, two integers each; `address` is where the table itself is."""

    address: int
    table: npt.NDArray[np.int64]


def address_table(arrays: Sequence[Array]) -> AddressTable:
    """The table of some arrays. Raises ValueError unless they are contiguous."""
    if not all(array.flags.c_contiguous for array in arrays):
        raise ValueError("compiled code takes contiguous arrays only")
    table = np.array([(array.ctypes.data, array.size) for array in arrays], np.int64)
    return AddressTable(table.ctypes.data, table)


def _at_address(dtype: type[np.generic]) -> Any:
    """Compiled function (address, length) -> array."""
    return deferred("matching.compiler.raw_array_type", f"{np.dtype(dtype).name}_at")


floats_at, longs_at, words_at, bytes_at = (_at_address(dtype) for dtype in (np.float64, np.int64, np.uint64, np.uint8))


def _in_table(dtype: type[np.generic]) -> Any:
    """Compiled function (address of a table, number of an array in it) -> array."""
    array_at = _at_address(dtype)

    @inlined
    def array(address: Any, number: Any) -> Any:
        table = longs_at(address, 2 * number + 2)
        return array_at(table[2 * number], table[2 * number + 1])

    return array


floats, singles = _in_table(np.float64), _in_table(np.float32)
longs, ints = _in_table(np.int64), _in_table(np.int32)
words, masks, bytes_ = _in_table(np.uint64), _in_table(np.uint32), _in_table(np.uint8)
