"""The weights of the `balanced` preset that a person accepted for this installation: one file."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Condition
from typing import Any

from cachetools import TTLCache, cached
from cachetools.keys import hashkey

from geo.errors import InvalidInput, Language, NotFound
from geo.files import write_text
from matching.query.query import Preset, Query
from service.localisation.catalogue import Translator

LOG = logging.getLogger("placelibre.weights")
LOOKED_AT_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """Weights in force, and since when (ISO 8601)."""

    weights: Mapping[str, float]
    accepted_at: str


def accept(proposal: Path, path: Path, now: datetime) -> Accepted:
    """Makes the weights of a proposal's file those of the installation. Raises InvalidInput, NotFound."""
    from matching.learning.proposal import read_weights  # imports all that learns, which is seldom needed

    try:
        text = proposal.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(
            fr=f"Le fichier {proposal} ne se lit pas : donnez celui qu'a écrit « placelibre learn ».",
            en=f"The file {proposal} cannot be read: give the one that “placelibre learn” wrote.",
        ) from error
    read_weights(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({**json.loads(text), "accepted_at": now.isoformat()}, indent=2) + "\n")
    return read(path)


def reset(path: Path) -> bool:
    """Goes back to the weights of the program; whether others were in force."""
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


def read(path: Path) -> Accepted:
    """The weights of a file that was accepted. Raises InvalidInput saying what is wrong with it; FileNotFoundError."""
    from matching.learning.proposal import read_weights  # imports all that learns, which is seldom needed

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = ""
    weights = read_weights(text)
    since = json.loads(text).get("accepted_at")
    return Accepted(weights, since if isinstance(since, str) else "")


def weights_text(weights: Mapping[str, float], language: Language) -> str:
    """`proximité 0,3388 ; prix 0,4764`, or `proximity 0.3388, price 0.4764`."""
    t = Translator(language)
    pairs = [(t.either(f"term.{name}", name), f"{weight:.4f}") for name, weight in weights.items()]
    if language == "fr":
        return " ; ".join(f"{name} {weight.replace('.', ',')}" for name, weight in pairs)
    return ", ".join(f"{name} {weight}" for name, weight in pairs)


class AcceptedWeights:
    """The weights in the file, as of at most LOOKED_AT_EVERY_S seconds ago. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file_state: tuple[int, int] | None = None
        self._accepted: Accepted | None = None
        self._cache: TTLCache[Any, Accepted | None] = TTLCache(maxsize=1, ttl=LOOKED_AT_EVERY_S)
        self._current = cached(self._cache, condition=Condition())(self._look)

    @property
    def is_due(self) -> bool:
        """Whether the next question looks at the file."""
        return hashkey() not in self._cache

    def current(self) -> Accepted | None:
        """The weights in force; None for those of the program.

        A file that became unreadable leaves the weights as they were: a search does not fail with it. The failure is
        logged, and `placelibre check` reports it.
        """
        return self._current()

    def apply(self, query: Query) -> Query:
        """The query with the accepted weights, when it wants the balanced preset and has no weights of its own."""
        if query.preset is not Preset.BALANCED or query.weights is not None:
            return query
        accepted = self.current()
        return query if accepted is None else replace(query, weights=tuple(accepted.weights.items()))

    def _look(self) -> Accepted | None:
        try:
            status = self._path.stat()
            state = (status.st_mtime_ns, status.st_size)
            if state != self._file_state:
                self._file_state = state
                self._accepted = read(self._path)
        except FileNotFoundError:
            self._file_state = self._accepted = None
        except (InvalidInput, OSError) as error:
            LOG.error("the accepted weights in %s cannot be used: %s", self._path, error)
        return self._accepted
