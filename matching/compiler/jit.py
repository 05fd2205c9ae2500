"""How the search is compiled, where what was compiled is kept, and how it is called.

The search allocates nothing: callers bring the space it works in, and its arrays are addresses
(`matching.compiler.raw_array_type`).
So no reference is counted, which would cost more than the search itself (every function is handed some sixty arrays),
nor is the interpreter's lock needed.

The compiler is loaded only to compile: that takes half a second, as long as all else that a search in a cold shell
does. So what a search calls is kept as machine code (`matching.compiler.object_code`), and everything else waits
until it is asked
for.
"""

import ctypes
import logging
import os
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from matching.compiler import object_code

logger = logging.getLogger(__name__)
COMPILED = (
    *("geo/types.py", "geo/spatial/*.py"),
    *("matching/query/*.py", "matching/arrays/*.py", "matching/compiler/*.py"),
    *("matching/kernel/**/*.py", "matching/terms/*.py", "matching/snapshot/*.py"),
)
"""Sources of which something is compiled, or a constant compiled in."""


def kept_in() -> Path:
    """A folder for what is compiled of exactly these sources, for this processor."""
    here = Path(__file__).resolve().parent
    sources = sorted(path for pattern in COMPILED for path in here.parents[1].glob(pattern))
    home = Path.home() / ".cache" / "placelibre"
    return (here / "__pycache__" if os.access(here, os.W_OK) else home) / f"kernel-{object_code.digest(sources)}"


class Part:
    """A function for the compiler, which sees in it what numba makes of `make()` when it first meets it."""

    def __init__(self, make: Callable[[], Callable[..., Any]], **options: Any) -> None:
        self._make, self._options = make, options

    @cached_property
    def _dispatcher(self) -> Any:
        import numba

        return numba.njit(error_model="numpy", **self._options)(self._make())

    @property
    def _numba_type_(self) -> Any:
        """How numba asks for the type of a global that it does not know."""
        import numba

        return numba.typeof(self._dispatcher)

    def __call__(self, *arguments: Any) -> Any:
        return self._dispatcher(*arguments)


def _part[Function: Callable[..., Any]](function: Function, **options: Any) -> Function:
    return cast("Function", Part(lambda: function, **options))


def inner[Function: Callable[..., Any]](function: Function) -> Function:
    """A part of the kernel: it has no call of its own."""
    return _part(function, forceinline=True, _nrt=False)


def aside[Function: Callable[..., Any]](function: Function) -> Function:
    """A part of the kernel that is called, being seldom needed: the rest is compiled sooner."""
    return _part(function, _nrt=False)


def made(make: Callable[[], Callable[..., Any]]) -> Any:
    """Like `inner` of the function that `make` gives: it may import what only the compiler needs."""
    return Part(make, forceinline=True, _nrt=False)


class Entry:
    """Compiled code that Python calls with whole numbers, addresses, and bytes in place of theirs; it gives a whole
    number. Machine code of it is kept on disk."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._making = threading.Lock()
        self._call: Callable[..., int] | None = None
        self._kept: Any = None

    def __call__(self, *arguments: "int | bytes") -> int:
        call = self._call or self.ready()
        return call(*arguments)

    def ready(self) -> Callable[..., int]:
        """The machine code, loaded or else compiled, as Python calls it."""
        with self._making:
            if self._call is None:
                name = self._function.__name__
                self._kept, address = object_code.load(self._machine_code(name), name)
                arguments = [ctypes.c_void_p] * self._function.__code__.co_argcount
                self._call = ctypes.CFUNCTYPE(ctypes.c_int64, *arguments)(address)
            return self._call

    def _machine_code(self, name: str) -> bytes:
        path = kept_in() / f"{name}.o"
        if path.is_file():
            return path.read_bytes()
        code = object_code.compiled(self._function, name)
        try:
            object_code.keep(path, code)
        except OSError as error:  # a full disk, or a folder that nobody may write to: the search itself is ready
            logger.warning("the compiled search cannot be kept, each process will compile it: %s", error)
        return code


def entry(function: Callable[..., Any]) -> Entry:
    """What a search calls; all its arguments are whole numbers or addresses."""
    return Entry(function)


def building[Function: Callable[..., Any]](function: Function) -> Function:
    """What only the building of an index calls, with arrays; kept on disk by the compiler itself."""

    def make() -> Callable[..., Any]:
        import numba

        numba.config.CACHE_DIR = str(kept_in())
        return function

    return cast("Function", Part(make, nogil=True, cache=True))
