"""What the processor has an instruction for: bits of a 64-bit word, and memory that is soon to be read."""

from collections.abc import Callable
from typing import Any

from matching.compiler.jit import made


def _intrinsics() -> Any:
    from matching.compiler import intrinsics  # loads the compiler

    return intrinsics


trailing_zeros: Callable[[Any], Any] = made(lambda: _intrinsics().trailing_zeros)
"""Position of the lowest bit set in a word that is not 0."""
count_ones: Callable[[Any], Any] = made(lambda: _intrinsics().count_ones)
"""How many bits are set."""
fetch_soon: Callable[[Any, Any], Any] = made(lambda: _intrinsics().fetch_soon)
"""Starts loading an element of an array into the cache, and does not wait."""
copy_bytes: Callable[[Any, Any, Any, Any, Any], Any] = made(lambda: _intrinsics().copy_bytes)
"""Copies so many bytes to a place in one array from a place in another."""
