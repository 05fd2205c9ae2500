"""How the search is compiled, and where what was compiled is kept.

Of the search nothing but its entries may allocate: callers bring the space it works in. So no reference is counted,
which would cost more than the search itself (every function is handed some sixty arrays), nor is the interpreter's
lock needed.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numba

COMPILED = ("geo/*.py", "matching/*.py", "matching/kernel/*.py", "matching/terms/*.py", "matching/snapshot/*.py")
"""Sources of which something is compiled, or a constant compiled in."""


def _kept_in() -> Path:
    """A folder for what is compiled of exactly these sources: the compiler only watches the file of an entry."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted(path for pattern in COMPILED for path in here.parent.glob(pattern)):
        digest.update(path.read_bytes())
    home = Path.home() / ".cache" / "placelibre"
    return (here / "__pycache__" if os.access(here, os.W_OK) else home) / f"kernel-{digest.hexdigest()[:16]}"


numba.config.CACHE_DIR = str(_kept_in())

_inner = numba.njit(forceinline=True, _nrt=False, error_model="numpy")
_aside = numba.njit(_nrt=False, error_model="numpy")
_unpacking = numba.njit(forceinline=True, error_model="numpy")
_entry = numba.njit(nogil=True, cache=True, error_model="numpy")


def inner[Function: Callable[..., Any]](function: Function) -> Function:
    """A part of the kernel: it has no call of its own."""
    return cast("Function", _inner(function))


def aside[Function: Callable[..., Any]](function: Function) -> Function:
    """A part of the kernel that is called, being seldom needed: the rest is compiled sooner."""
    return cast("Function", _aside(function))


def unpacking[Function: Callable[..., Any]](function: Function) -> Function:
    """Makes arrays of addresses (`matching.kernel.passing`): the only code that may return arrays."""
    return cast("Function", _unpacking(function))


def entry[Function: Callable[..., Any]](function: Function) -> Function:
    """What Python calls; kept on disk once compiled."""
    return cast("Function", _entry(function))
