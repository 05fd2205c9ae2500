"""Valhalla inside this process, over tiles on disk."""

import json
import tempfile
import threading
from pathlib import Path
from typing import Any

from geo.travel.router import RoutingUnavailable
from geo.travel.valhalla_router import NO_WAY, Message
from geo.travel.valhalla_tiles import configuration, current


class _Own(threading.local):
    """The actor of one thread (actors must not be shared) and the generation of tiles it reads."""

    actor: Any = None
    generation: Path | None = None


class EmbeddedValhalla:
    """An `Engine` over the current network of a folder; the next request after a build opens the new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = _Own()

    def ask(self, action: str, request: Message) -> Any:
        actor = self._actor()
        answer_to = actor.locate if action == "locate" else actor.matrix
        try:
            return json.loads(answer_to(json.dumps(request)))
        except RuntimeError as error:
            if getattr(error, "code", None) in NO_WAY:
                return None
            raise self._damaged() from error

    def _actor(self) -> Any:
        network = current(self._folder)
        generation = network.folder
        if self._own.generation != generation:
            if not network.is_whole():
                raise self._damaged()
            settings = configuration(generation)
            from valhalla import Actor

            # Given a dictionary, Valhalla leaves its own temporary file behind.
            with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
                json.dump(settings, file)
                file.flush()
                self._own.actor = Actor(file.name)
            self._own.generation = generation
        return self._own.actor

    def _damaged(self) -> RoutingUnavailable:
        return RoutingUnavailable(
            fr=f"les tuiles de {self._folder} sont abîmées ; refaites-les par « placelibre routing build »",
            en=f"the tiles in {self._folder} are damaged; rebuild them with “placelibre routing build”",
        )
