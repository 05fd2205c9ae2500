"""How the kernel is compiled, and where what was compiled is kept.

Nothing in it allocates: callers bring the space it works in. So no reference is ever counted, which would cost more
than the search itself (every function is handed some sixty arrays), and the interpreter's lock is not needed.
"""

import hashlib
import os
from pathlib import Path

import numba


def _kept_in() -> Path:
    """A folder for what is compiled of exactly these sources: the compiler only watches the file of an entry."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted([*here.glob("*.py"), *(here.parent / "terms").glob("*.py"), here.parent / "snapshot/layout.py"]):
        digest.update(path.read_bytes())
    beside = here / "__pycache__"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "placelibre"
    return (beside if os.access(here, os.W_OK) else home) / f"kernel-{digest.hexdigest()[:16]}"


numba.config.CACHE_DIR = str(_kept_in())

inner = numba.njit(forceinline=True, _nrt=False, error_model="numpy")
"""A part of the kernel: it has no call of its own."""
unpacking = numba.njit(forceinline=True, error_model="numpy")
"""Makes arrays of addresses (`passing`): the only code that may return arrays."""
entry = numba.njit(nogil=True, cache=True, error_model="numpy")
"""What Python calls; kept on disk once compiled."""
