"""The weights of the `balanced` preset that a person accepted for this installation: one file, read while it runs."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from geo.errors import InvalidInput, Language, NotFound
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
    from matching.learning.proposal import read_weights  # with all that learns, seldom needed

    try:
        text = proposal.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(
            fr=f"Le fichier {proposal} ne se lit pas : donnez celui qu'a écrit « placelibre learn ».",
            en=f"The file {proposal} cannot be read: give the one that “placelibre learn” wrote.",
        ) from error
    read_weights(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps({**json.loads(text), "accepted_at": now.isoformat()}, indent=2) + "\n", "utf-8")
    beside.replace(path)  # at once: who reads meanwhile sees the old file or the new one
    return read(path)


def reset(path: Path) -> bool:
    """Goes back to the weights of the program; whether others were in force."""
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


def read(path: Path) -> Accepted:
    """The weights of a file that was accepted. Raises InvalidInput saying what is wrong with it; FileNotFoundError."""
    from matching.learning.proposal import read_weights  # with all that learns, seldom needed

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = ""
    weights = read_weights(text)
    since = json.loads(text).get("accepted_at")
    return Accepted(weights, since if isinstance(since, str) else "")


def in_words(weights: Mapping[str, float], language: Language) -> str:
    """`proximité 0,3388 ; prix 0,4764`, or `proximity 0.3388, price 0.4764`."""
    t = Translator(language)
    told = [(t.either(f"term.{name}", name), f"{weight:.4f}") for name, weight in weights.items()]
    if language == "fr":
        return " ; ".join(f"{name} {weight.replace('.', ',')}" for name, weight in told)
    return ", ".join(f"{name} {weight}" for name, weight in told)


class AcceptedWeights:
    """The file as of at most LOOKED_AT_EVERY_S seconds ago."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_look = 0.0
        self._seen: tuple[int, int] | None = None
        self._accepted: Accepted | None = None

    def current(self) -> Accepted | None:
        """None: those of the program. A file that became unreadable leaves what was in force, is logged, and is a
        finding of `placelibre check`: a search does not fail with it."""
        if time.monotonic() >= self._next_look:
            self._look()
            self._next_look = time.monotonic() + LOOKED_AT_EVERY_S
        return self._accepted

    def applied(self, query: Query) -> Query:
        """The query with the accepted weights, when it asks for the balanced preset and brings none of its own."""
        if query.preset is not Preset.BALANCED or query.weights is not None:
            return query
        accepted = self.current()
        return query if accepted is None else replace(query, weights=tuple(accepted.weights.items()))

    def _look(self) -> None:
        try:
            state = self._path.stat()
            seen = (state.st_mtime_ns, state.st_size)
            if seen != self._seen:
                self._seen = seen
                self._accepted = read(self._path)
        except FileNotFoundError:
            self._seen = self._accepted = None
        except (InvalidInput, OSError) as error:
            LOG.error("the accepted weights in %s cannot be used: %s", self._path, error)
