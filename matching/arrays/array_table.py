"""Many arrays handed to compiled code as one: their addresses.

Taking sixty arrays apart costs a call 20 µs, more than most searches; one array of addresses costs nothing. Whoever
makes the addresses keeps the arrays alive.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.compiler.jit import made

Array = npt.NDArray[Any]


class Handed(NamedTuple):
    """Where the addresses of some arrays stand; and these addresses, which must live as long."""

    at: int
    table: npt.NDArray[np.int64]


def addresses(arrays: Sequence[Array]) -> Handed:
    """Address and length of each array; they must be contiguous."""
    if not all(array.flags.c_contiguous for array in arrays):
        raise ValueError("arrays are handed over as they lie in memory")
    table = np.array([(array.ctypes.data, array.size) for array in arrays], np.int64)
    return Handed(table.ctypes.data, table)


def _lying(dtype: type[np.generic]) -> Any:
    """Compiled: so many numbers at an address."""

    def make() -> Callable[[Any, Any], Any]:
        from matching.compiler.raw_array_type import lying

        at_address = lying(dtype)

        def numbers(address: Any, length: Any) -> Any:
            return at_address(address, length)

        return numbers

    return made(make)


floats_at, longs_at, words_at, bytes_at = _lying(np.float64), _lying(np.int64), _lying(np.uint64), _lying(np.uint8)


def _handed(dtype: type[np.generic]) -> Any:
    """Compiled: those of a number among the arrays that were handed over."""
    lying = _lying(dtype)

    def make() -> Callable[[Any, Any], Any]:
        def array(where: Any, number: Any) -> Any:
            table = longs_at(where, 2 * number + 2)
            return lying(table[2 * number], table[2 * number + 1])

        return array

    return made(make)


floats, singles = _handed(np.float64), _handed(np.float32)
longs, ints = _handed(np.int64), _handed(np.int32)
words, masks, bytes_ = _handed(np.uint64), _handed(np.uint32), _handed(np.uint8)
