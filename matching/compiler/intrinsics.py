"""Instructions that numba does not offer. Loads the compiler: imported only by what is being compiled."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from matching.compiler.raw_array_type import check_bounds, element


def _trailing_zeros(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(cgutils.bool_t, 1))

    return types.uint64(types.uint64), generate


def _count_ones(typing_context: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.bitcast(element(context, builder, array, *arguments), cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(call, [pointer, *(ir.Constant(number, value) for value in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


def _copy_bytes(typing_context: Any, target: Any, at: Any, source: Any, first: Any, length: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count, ends = arguments[4], ((target, arguments[0], arguments[1]), (source, arguments[2], arguments[3]))
        for kind, array, index in ends:
            check_bounds(context, builder, kind, array, index, count)
        pointers = [element(context, builder, *end) for end in ends]
        cgutils.raw_memcpy(builder, *pointers, count, ir.Constant(count.type, 1))
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, types.int64), generate


_intrinsic_trailing_zeros: Callable[[Any], Any] = intrinsic(_trailing_zeros)
_intrinsic_count_ones: Callable[[Any], Any] = intrinsic(_count_ones)
_intrinsic_prefetch: Callable[[Any, Any], Any] = intrinsic(_prefetch)
_intrinsic_copy_bytes: Callable[[Any, Any, Any, Any, Any], Any] = intrinsic(_copy_bytes)


def trailing_zeros(word: Any) -> Any:
    return _intrinsic_trailing_zeros(word)


def count_ones(word: Any) -> Any:
    return _intrinsic_count_ones(word)


def prefetch(array: Any, index: Any) -> None:
    _intrinsic_prefetch(array, index)


def copy_bytes(target: Any, at: Any, source: Any, first: Any, length: Any) -> None:
    _intrinsic_copy_bytes(target, at, source, first, length)
