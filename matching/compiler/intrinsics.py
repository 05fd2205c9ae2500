"""Instructions that numba has no word for. Loads the compiler: imported only by what is being compiled."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from matching.compiler.raw_array_type import element


def _to_zeros(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(cgutils.bool_t, 1))

    return types.uint64(types.uint64), generate


def _to_ones(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _to_cache(typing_context: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        there = builder.bitcast(element(context, builder, array, *arguments), cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(call, [there, *(ir.Constant(number, value) for value in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


def _to_copy(typing_context: Any, into: Any, at: Any, given: Any, first: Any, length: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        ends = [element(context, builder, into, *arguments[:2]), element(context, builder, given, *arguments[2:4])]
        cgutils.raw_memcpy(builder, *ends, arguments[4], ir.Constant(arguments[4].type, 1))
        return context.get_dummy_value()

    return types.void(into, types.int64, given, types.int64, types.int64), generate


_zeros: Callable[[Any], Any] = intrinsic(_to_zeros)
_ones: Callable[[Any], Any] = intrinsic(_to_ones)
_cache: Callable[[Any, Any], Any] = intrinsic(_to_cache)
_copy: Callable[[Any, Any, Any, Any, Any], Any] = intrinsic(_to_copy)


def trailing_zeros(word: Any) -> Any:
    return _zeros(word)


def count_ones(word: Any) -> Any:
    return _ones(word)


def fetch_soon(array: Any, at: Any) -> None:
    _cache(array, at)


def copy_bytes(into: Any, at: Any, given: Any, first: Any, length: Any) -> None:
    _copy(into, at, given, first, length)
