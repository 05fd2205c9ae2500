"""numba type of the only arrays of the kernel: the address of numbers in memory, and how many there are.

An index is taken as it is. numba's own arrays check whether each index counts from the end, which costs a search a
tenth of its time, and count references. Loads the compiler: imported only by what is being compiled.
"""

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

from matching.compiler import bounds_checks


class RawArray(types.Type):  # type: ignore[misc]  # numba is not typed
    """Numbers of one type, contiguous in memory."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"RawArray({dtype})")


class _Model(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, array: RawArray) -> None:
        super().__init__(manager, array, [("data", types.CPointer(array.dtype)), ("length", types.int64)])


def _array_at(dtype: type[np.generic]) -> Callable[[Any, Any], Any]:
    """Compiled function from an address and a length to the array there."""
    array = RawArray(from_dtype(np.dtype(dtype)))

    def make(typing_context: Any, address: Any, length: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            struct = cgutils.create_struct_proxy(array)(context, builder)
            struct.data = builder.inttoptr(arguments[0], context.get_value_type(types.CPointer(array.dtype)))
            struct.length = arguments[1]
            return struct._getvalue()

        return array(types.int64, types.int64), generate

    at_address: Callable[[Any, Any], Any] = intrinsic(make)

    def array_at(address: Any, length: Any) -> Any:
        return at_address(address, length)

    return array_at


float64_at, float32_at = _array_at(np.float64), _array_at(np.float32)
int64_at, int32_at = _array_at(np.int64), _array_at(np.int32)
uint64_at, uint32_at, uint8_at = _array_at(np.uint64), _array_at(np.uint32), _array_at(np.uint8)


def element(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """Pointer to an element of a `RawArray` or of an array of numba's; `index` is a 64-bit integer."""
    if isinstance(kind, RawArray):
        return builder.gep(cgutils.create_struct_proxy(kind)(context, builder, array).data, [index])
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


def check_bounds(context: Any, builder: Any, kind: Any, array: Any, first: Any, count: Any) -> None:
    """In a checked build, emits code that ends the process unless `count` elements from `first` on are in the array."""
    if not bounds_checks.are_on() or not isinstance(kind, RawArray):
        return
    length = cgutils.create_struct_proxy(kind)(context, builder, array).length
    is_outside = builder.or_(
        builder.icmp_unsigned(">", first, length),
        builder.icmp_unsigned(">", count, builder.sub(length, first)),
    )
    text = f"{_readable(builder.function.name)}: index %lld, {kind.dtype} array of %lld elements\n"
    with builder.if_then(is_outside, likely=False):
        number, pointer = ir.IntType(32), cgutils.voidptr_t
        write = ir.FunctionType(number, [number, pointer], var_arg=True)
        stop = ir.FunctionType(ir.VoidType(), [])
        message = context.insert_const_string(builder.module, text)
        standard_error = ir.Constant(number, 2)
        last = builder.sub(builder.add(first, count), ir.Constant(first.type, 1))
        index = builder.select(builder.icmp_signed("<", first, ir.Constant(first.type, 0)), first, last)
        builder.call(
            cgutils.get_or_insert_function(builder.module, write, "dprintf"), [standard_error, message, index, length]
        )
        builder.call(cgutils.get_or_insert_function(builder.module, stop, "abort"), [])
        builder.unreachable()


def _readable(mangled: str) -> str:
    """Dotted name of a function that numba named by the rules of C++."""
    parts, rest = [], mangled.removeprefix("_ZN")
    while match := re.match(r"[0-9]+", rest):
        start, length = match.end(), int(match[0])
        parts.append(rest[start : start + length])
        rest = rest[start + length :]
    return ".".join(parts) or mangled


def _type_of_element(context: Any) -> Any:
    def typed(array: Any, index: Any) -> Any:
        return array.dtype if isinstance(array, RawArray) and isinstance(index, types.Integer) else None

    return typed


def _type_of_assignment(context: Any) -> Any:
    def typed(array: Any, index: Any, value: Any) -> Any:
        return types.void if isinstance(array, RawArray) and isinstance(index, types.Integer) else None

    return typed


def _type_of_length(context: Any) -> Any:
    def typed(array: Any) -> Any:
        return types.int64 if isinstance(array, RawArray) else None

    return typed


def _checked_element(context: Any, builder: Any, kinds: Any, array: Any, index: Any) -> Any:
    """Pointer to the element at an index of any integer type; `kinds` are the types of array and index."""
    at = context.cast(builder, index, kinds[1], types.int64)
    check_bounds(context, builder, kinds[0], array, at, ir.Constant(at.type, 1))
    return element(context, builder, kinds[0], array, at)


def _get(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    pointer = _checked_element(context, builder, signature.args, *arguments)
    return context.unpack_value(builder, signature.args[0].dtype, pointer)


def _set(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    dtype = signature.args[0].dtype
    value = context.cast(builder, arguments[2], signature.args[2], dtype)
    context.pack_value(builder, dtype, value, _checked_element(context, builder, signature.args, *arguments[:2]))
    return context.get_dummy_value()


def _length(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0]).length


register_model(RawArray)(_Model)
type_callable(operator.getitem)(_type_of_element)
type_callable(operator.setitem)(_type_of_assignment)
type_callable(len)(_type_of_length)
lower_builtin(operator.getitem, RawArray, types.Integer)(_get)
lower_builtin(operator.setitem, RawArray, types.Integer, types.Any)(_set)
lower_builtin(len, RawArray)(_length)
