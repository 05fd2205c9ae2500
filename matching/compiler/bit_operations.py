"""Instructions of the processor that Python lacks: on the bits of a 64-bit word, and on memory."""

from collections.abc import Callable
from typing import Any

from matching.compiler.jit import deferred

_MODULE = "matching.compiler.intrinsics"

trailing_zeros: Callable[[Any], Any] = deferred(_MODULE, "trailing_zeros")
"""Position of the lowest bit that is set; undefined for 0."""
count_ones: Callable[[Any], Any] = deferred(_MODULE, "count_ones")
"""How many bits are set."""
prefetch: Callable[[Any, Any], Any] = deferred(_MODULE, "prefetch")
"""(array, index): starts to load an element into the cache and does not wait. The index may be outside the array."""
copy_bytes: Callable[[Any, Any, Any, Any, Any], Any] = deferred(_MODULE, "copy_bytes")
"""(target, at, source, first, length): copies bytes between arrays."""
