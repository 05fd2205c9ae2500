"""Numbers as they lie in memory, the only arrays of the kernel: an address and a length.

An index is taken as it is. numba's own arrays ask of each index whether it counts from the end, which costs a search
a tenth of its time, and count references. Loads the compiler: imported only by what is being compiled.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable


class Lying(types.Type):  # type: ignore[misc]  # numba tells no types
    """So many numbers of one kind, one after the other."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lying({dtype})")


class _Model(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Lying) -> None:
        super().__init__(manager, kind, [("data", types.CPointer(kind.dtype)), ("length", types.int64)])


def lying(dtype: type[np.generic]) -> Callable[[Any, Any], Any]:
    """Compiled: the numbers of that kind at an address, so many of them."""
    kind = Lying(from_dtype(np.dtype(dtype)))

    def made(typing_context: Any, address: Any, length: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            numbers = cgutils.create_struct_proxy(kind)(context, builder)
            numbers.data = builder.inttoptr(arguments[0], context.get_value_type(types.CPointer(kind.dtype)))
            numbers.length = arguments[1]
            return numbers._getvalue()

        return kind(types.int64, types.int64), generate

    at_address: Callable[[Any, Any], Any] = intrinsic(made)
    return at_address


def element(context: Any, builder: Any, kind: Any, numbers: Any, at: Any) -> Any:
    """Pointer to a number of them, or of an array of numba's; `at` is a 64-bit whole number."""
    if isinstance(kind, Lying):
        return builder.gep(cgutils.create_struct_proxy(kind)(context, builder, numbers).data, [at])
    return builder.gep(context.make_array(kind)(context, builder, numbers).data, [at])


def _type_of_one(context: Any) -> Any:
    def typed(numbers: Any, at: Any) -> Any:
        return numbers.dtype if isinstance(numbers, Lying) and isinstance(at, types.Integer) else None

    return typed


def _type_of_setting(context: Any) -> Any:
    def typed(numbers: Any, at: Any, value: Any) -> Any:
        return types.void if isinstance(numbers, Lying) and isinstance(at, types.Integer) else None

    return typed


def _type_of_length(context: Any) -> Any:
    def typed(numbers: Any) -> Any:
        return types.int64 if isinstance(numbers, Lying) else None

    return typed


def _one(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind, index = signature.args
    at = context.cast(builder, arguments[1], index, types.int64)
    return context.unpack_value(builder, kind.dtype, element(context, builder, kind, arguments[0], at))


def _set(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind, index, given = signature.args
    at = context.cast(builder, arguments[1], index, types.int64)
    value = context.cast(builder, arguments[2], given, kind.dtype)
    context.pack_value(builder, kind.dtype, value, element(context, builder, kind, arguments[0], at))
    return context.get_dummy_value()


def _length(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0]).length


register_model(Lying)(_Model)
type_callable(operator.getitem)(_type_of_one)
type_callable(operator.setitem)(_type_of_setting)
type_callable(len)(_type_of_length)
lower_builtin(operator.getitem, Lying, types.Integer)(_one)
lower_builtin(operator.setitem, Lying, types.Integer, types.Any)(_set)
lower_builtin(len, Lying)(_length)
