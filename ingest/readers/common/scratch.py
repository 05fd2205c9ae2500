"""A folder on the disk for what libraries only read from a path; gone with the last one that holds it."""

import shutil
import tempfile
import weakref
from pathlib import Path


class Scratch:
    """`path` is an empty folder of our own."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="placelibre-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, str(self.path), ignore_errors=True)
