"""Many arrays handed to compiled code as one: their addresses.

Taking sixty arrays apart costs a call 20 µs, more than most searches; one array of addresses costs nothing. Whoever
makes the addresses keeps the arrays alive.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from matching.compiled import unpacking

Array = npt.NDArray[Any]


def addresses(arrays: Sequence[Array]) -> npt.NDArray[np.int64]:
    """Address and length of each array, shape (arrays, 2); they must be contiguous."""
    if not all(array.flags.c_contiguous for array in arrays):
        raise ValueError("arrays are handed over as they lie in memory")
    return np.array([(array.ctypes.data, array.size) for array in arrays], np.int64)


def _to_pointer(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), generate


_pointer: Callable[[Any], Any] = intrinsic(_to_pointer)


@unpacking
def floats(where: Any, at: int) -> Any:
    return carray(_pointer(where[at, 0]), (where[at, 1],), np.float64)


@unpacking
def singles(where: Any, at: int) -> Any:
    return carray(_pointer(where[at, 0]), (where[at, 1],), np.float32)


@unpacking
def longs(where: Any, at: int) -> Any:
    return carray(_pointer(where[at, 0]), (where[at, 1],), np.int64)


@unpacking
def ints(where: Any, at: int) -> Any:
    return carray(_pointer(where[at, 0]), (where[at, 1],), np.int32)


@unpacking
def masks(where: Any, at: int) -> Any:
    return carray(_pointer(where[at, 0]), (where[at, 1],), np.uint32)


@unpacking
def words(where: Any, at: int) -> Any:
    return carray(_pointer(where[at, 0]), (where[at, 1],), np.uint64)


@unpacking
def bytes_(where: Any, at: int) -> Any:
    return carray(_pointer(where[at, 0]), (where[at, 1],), np.uint8)
