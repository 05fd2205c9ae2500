"""What was read lately need not be read again."""

import threading
import time
from collections.abc import Callable


class Lately[Value]:
    """A value that is read again when it is older than some seconds. Threads may share it."""

    def __init__(self, read: Callable[[], Value], seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._lock = threading.Lock()
        self._known: tuple[float, Value] | None = None

    def get(self) -> Value:
        """The value; whatever `read` raises when it must be read."""
        known = self._known
        if known is None or time.monotonic() >= known[0]:
            with self._lock:
                # Whoever waited for the lock need not read what another thread just did.
                if self._known is known or self._known is None:
                    self._known = (time.monotonic() + self._seconds, self._read())
                known = self._known
        return known[1]
