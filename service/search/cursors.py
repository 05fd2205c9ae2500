"""Cursors of the API: where the next page begins, of which search, in which version of the index."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from geo.errors import InvalidInput
from matching.query.query import Cursor
from matching.search.hits import Hits
from service.search.request import SearchRequest


class _Written(msgspec.Struct, array_like=True):
    version: str
    search: bytes
    merit: int
    distance_dm: int
    place_id: int


@dataclass(frozen=True, slots=True)
class Page:
    """What a cursor says."""

    index_version: str
    cursor: Cursor


def written_cursor(found: Hits, request: SearchRequest, searcher: str | None) -> str | None:
    """The cursor of the page after `found`, for the same search by the same searcher; None after the last."""
    if found.next_cursor is None:
        return None
    search = _digest(request, searcher)
    written = _Written(found.indexes[0].snapshot.meta.version, search, *found.next_cursor)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(written)).decode().rstrip("=")


def read_cursor(text: str, request: SearchRequest, searcher: str | None) -> Page:
    """What `written_cursor` wrote. Raises InvalidInput for anything else, and for the cursor of another search."""
    try:
        written = msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Written)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise _refused(text) from error
    if written.search != _digest(request, searcher):
        raise _refused(text)
    return Page(written.version, Cursor(written.merit, written.distance_dm, written.place_id))


def _digest(request: SearchRequest, searcher: str | None) -> bytes:
    """Of all that decides the order; pages may be of different sizes."""
    decides = msgspec.msgpack.encode((_ALL_BUT_LIMIT(request), searcher))
    return hashlib.blake2b(decides, digest_size=8).digest()


_ALL_BUT_LIMIT = attrgetter(*(name for name in SearchRequest.__struct_fields__ if name != "limit"))


def _refused(text: str) -> InvalidInput:
    return InvalidInput(
        field="after",
        value=text,
        fr="Ce curseur n'est pas celui de cette recherche : reprenez à la première page, sans « after ».",
        en="This cursor is not of this search: start again at the first page, without “after”.",
    )
