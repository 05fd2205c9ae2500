"""What a peer is."""

from abc import ABC, abstractmethod

from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.plain import Answer


class Peer(ABC):
    """Ready to answer. What it takes to get ready is not counted."""

    over: Snapshot | None = None
    """What it answers about, when that is not the snapshot it was made of: the brute force scans this."""

    @abstractmethod
    def answer(self, query: Query) -> Answer:
        """The best places, exactly."""

    def close(self) -> None:  # noqa: B027  most have nothing to let go of
        """Lets go of connections, of those who have some."""
