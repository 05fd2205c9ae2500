"""XML from strangers, event by event: no DTD, no entity of its own, nothing fetched, depth bounded."""

from collections.abc import Callable
from xml.parsers import expat

from ingest.readers.common import unreadable
from ingest.readers.common.limits import BLOCK_BYTES
from ingest.readers.common.source import Readable

MAX_DEPTH = 200

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str, str], None]


class XmlPieces:
    """Feeds a stream to handlers piece by piece. Names come without their namespace prefix.

    `on_start(name, attributes)`; `on_end(name, text)` with the text directly inside the element, up to
    `max_text` characters of it.
    """

    def __init__(self, name: str, on_start: Start, on_end: End, max_text: int) -> None:
        self._name, self._on_start, self._on_end, self._max_text = name, on_start, on_end, max_text
        self._texts: list[list[str]] = []
        self._sizes: list[int] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.ExternalEntityRefHandler = self._refuse

    def feed(self, piece: bytes) -> bool:
        """False when the document is damaged in or before this piece; what came before has been handled.

        Raises UnreadableFile for what no list needs: a DTD, entities, absurd nesting.
        """
        return self._parsed(piece, final=False)

    def close(self) -> bool:
        """Whether the document ended as it should."""
        return self._parsed(b"", final=True)

    def _parsed(self, piece: bytes, *, final: bool) -> bool:
        try:
            self._parser.Parse(piece, final)
        except (expat.ExpatError, ValueError, LookupError):  # the latter two: an encoding unknown or multi-byte
            return False
        return True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._texts) >= MAX_DEPTH:
            raise unreadable.too_nested(self._name)
        self._texts.append([])
        self._sizes.append(0)
        self._on_start(name.rpartition(":")[2], {key.rpartition(":")[2]: value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._sizes.pop()
        self._on_end(name.rpartition(":")[2], "".join(self._texts.pop()))

    def _text(self, text: str) -> None:
        if self._texts and self._sizes[-1] < self._max_text:
            self._texts[-1].append(text)
            self._sizes[-1] += len(text)

    def _refuse(self, *_: object) -> int:
        raise unreadable.unsafe_xml(self._name)


def pieces(stream: Readable, xml: XmlPieces) -> bool:
    """Feeds a whole stream. False when it stops or breaks on the way."""
    while piece := stream.read(BLOCK_BYTES):
        if not xml.feed(piece):
            return False
    return xml.close()
