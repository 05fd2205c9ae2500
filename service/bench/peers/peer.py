"""The interface of a peer."""

from abc import ABC, abstractmethod

from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.plain import Answer


class Peer(ABC):
    """An engine ready to answer; its preparation is not measured."""

    over: Snapshot | None = None
    """The snapshot that it answers about, where that is not the one it was made of; the brute force scans it."""

    @abstractmethod
    def answer(self, query: Query) -> Answer:
        """The best places, exactly."""

    def close(self) -> None:  # noqa: B027  most have nothing to close
        """Closes connections, where there are any."""
