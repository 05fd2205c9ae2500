"""Fingerprint of compiled code: it changes with whatever is compiled in, and with nothing else.

The walk starts at a function and follows what its bytecode names: functions, constants, types, attributes of our
modules. So an edit of a function that is not compiled in, of a comment, or of a docstring changes nothing, and nothing
that is compiled in can be forgotten: a value of an unexpected kind is refused.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import llvmlite.binding as llvm
import numpy as np

CONSTANTS = (type(None), bool, int, float, str, bytes, np.generic, np.dtype)
PROVIDED_BY_NUMBA = ("math", "numpy")
"""Modules whose functions numba replaces by its own, so that its version stands for them."""


def fingerprint(function: Callable[..., Any], options: str = "") -> str:
    """16 hexadecimal digits: of a function that is compiled with some options, of all it calls, and the environment.

    Raises TypeError when it names a value whose part in the machine code is not known.
    """
    digest = hashlib.sha256(f"{environment()} {options}".encode())
    for piece in _of_value(function, frozenset(), {}):
        digest.update(len(piece).to_bytes(8, "little") + piece)
    return digest.hexdigest()[:16]


@cache
def environment() -> str:
    """Processor, versions of Python, numba and llvmlite, and a digest of this package, which extends numba."""
    processor = f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    versions = f"{sys.implementation.cache_tag} numba {version('numba')} llvmlite {version('llvmlite')}"
    sources = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(path.read_bytes())
    return f"{processor} {versions} {sources.hexdigest()}"


def _of_value(value: Any, names: frozenset[str], visited: dict[int, int]) -> Iterator[bytes]:
    """Pieces of what stands behind a name in a function; `names` are all names in it, also those of attributes."""
    value = getattr(value, "compiled_from", value)
    if isinstance(value, FunctionType):
        if id(value) in visited:
            yield f"function {visited[id(value)]}".encode()
        else:
            visited[id(value)] = len(visited)
            yield from _of_function(value, visited)
    elif isinstance(value, CONSTANTS):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, np.ndarray):
        yield f"array {value.dtype} {value.shape}".encode() + value.tobytes()
    elif isinstance(value, tuple):
        yield f"tuple {len(value)}".encode()
        for item in value:
            yield from _of_value(item, names, visited)
    elif isinstance(value, type):
        yield f"type {value.__name__} {getattr(value, '_fields', ())}".encode()
    elif isinstance(value, ModuleType):
        yield f"module {value.__name__}".encode()
        if value.__name__ not in PROVIDED_BY_NUMBA:
            for name in sorted(names & vars(value).keys()):
                yield from _of_value(vars(value)[name], names, visited)
    else:
        raise TypeError(f"machine code would depend on {value!r}, which its fingerprint does not cover")


def _of_function(function: FunctionType, visited: dict[int, int]) -> Iterator[bytes]:
    code = function.__code__
    yield from _of_code(code, function.__doc__)
    yield repr((code.co_varnames[: code.co_argcount], function.__defaults__)).encode()
    names = frozenset(_names(code))
    for cell in function.__closure__ or ():
        yield from _of_value(cell.cell_contents, names, visited)
    for name in sorted(names & function.__globals__.keys()):
        yield name.encode()
        yield from _of_value(function.__globals__[name], names, visited)


def _of_code(code: CodeType, docstring: str | None) -> Iterator[bytes]:
    """Instructions, the names and constants they number; neither the docstring, nor lines, nor names of variables."""
    yield code.co_code
    yield repr(code.co_names).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant, None)
        else:
            yield b"None" if docstring is not None and constant == docstring else repr(constant).encode()


def _names(code: CodeType) -> Iterator[str]:
    """Of globals and attributes, in the code and in what is defined inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
