"""Decorators of the compiled kernel, and how its machine code is kept and called.

The kernel allocates nothing: callers bring the memory it works in, and its arrays are addresses
(`matching.compiler.raw_array_type`). So it needs neither reference counts, which would cost more than the search itself
(every function takes some sixty arrays), nor the interpreter's lock.

numba is loaded only to compile: that takes half a second, as long as all else that a search in a cold shell does. So
entry points are kept as machine code (`matching.compiler.object_code`), and what needs numba is imported late.
"""

import ctypes
import logging
import os
import threading
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from matching.compiler import bounds_checks, object_code
from matching.compiler.fingerprint import fingerprint

logger = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where machine code is kept: beside the package, or in the user's home where that cannot be written."""
    here = Path(__file__).resolve().parent
    home = Path.home() / ".cache" / "placelibre"
    return (here / "__pycache__" if os.access(here, os.W_OK) else home) / "kernel"


class KernelFunction:
    """A function that compiled code calls; numba meets its dispatcher, which is made then."""

    def __init__(self, load: Callable[[], Callable[..., Any]], compiled_from: object) -> None:
        """`load` gives the function; `compiled_from` is what a fingerprint covers of it."""
        self.compiled_from = compiled_from
        self._load = load

    @cached_property
    def _dispatcher(self) -> Any:
        import numba

        return numba.njit(error_model="numpy", forceinline=True, _nrt=False)(self._load())

    @property
    def _numba_type_(self) -> Any:
        """How numba asks for the type of a global that it does not know."""
        import numba

        return numba.typeof(self._dispatcher)

    def __call__(self, *arguments: Any) -> Any:
        return self._dispatcher(*arguments)


def inlined[Function: Callable[..., Any]](function: Function) -> Function:
    """Compiles the function into each of its callers."""
    return cast("Function", KernelFunction(lambda: function, function))


def deferred(module: str, name: str) -> Any:
    """Like `inlined`, of a function of this package whose module imports numba: it is imported to compile."""
    return KernelFunction(lambda: getattr(import_module(module), name), (module, name))


class EntryPoint:
    """Compiled function that Python calls with integers, addresses, and bytes in place of their address; it returns an
    integer. Its machine code is loaded, or else compiled and kept on disk, when it is first called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.compiled_from = function
        self._lock = threading.Lock()
        self._call: Callable[..., int] | None = None
        self._engine: Any = None

    def __call__(self, *arguments: "int | bytes") -> int:
        call = self._call or self.load()
        return call(*arguments)

    def load(self) -> Callable[..., int]:
        """The machine code as Python calls it."""
        with self._lock:
            if self._call is None:
                function = self.compiled_from
                self._engine, address = object_code.load(self._machine_code(), function.__name__)
                arguments = [ctypes.c_void_p] * function.__code__.co_argcount
                self._call = ctypes.CFUNCTYPE(ctypes.c_int64, *arguments)(address)
            return self._call

    def _machine_code(self) -> bytes:
        name = self.compiled_from.__name__
        options = "checked" if bounds_checks.are_on() else ""
        path = cache_folder() / f"{name}-{fingerprint(self.compiled_from, options)}.o"
        if path.is_file():
            return path.read_bytes()
        code = object_code.compile_function(self.compiled_from, name)
        try:
            object_code.write(path, code)
        except OSError as error:  # a full disk, or a folder that nobody may write to: the search itself is ready
            logger.warning("the compiled search cannot be kept, each process will compile it: %s", error)
        return code


def entry_point(function: Callable[..., Any]) -> EntryPoint:
    """Compiles the function to be called by Python; all its arguments are integers or addresses."""
    return EntryPoint(function)
