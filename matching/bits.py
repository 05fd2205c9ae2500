"""Bits of a 64-bit word, by the processor's own instructions."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _trailing_zeros(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(cgutils.bool_t, 1))

    return types.uint64(types.uint64), generate


def _count_ones(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


trailing_zeros: Callable[[Any], Any] = intrinsic(_trailing_zeros)
"""Position of the lowest bit set in a word that is not 0."""
count_ones: Callable[[Any], Any] = intrinsic(_count_ones)
"""How many bits are set."""
