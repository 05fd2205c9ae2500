"""Keyset cursors of the API: where the next page begins, of which search, in which version of the index."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from geo.errors import InvalidInput
from matching.query.query import Cursor
from matching.search.hits import Hits
from service.search.request import FILTERS, SearchRequest


class _CursorFields(msgspec.Struct, array_like=True):
    version: str
    search: bytes
    merit: int
    distance_dm: int
    place_id: int


@dataclass(frozen=True, slots=True)
class Page:
    """The page a cursor points at: a version of the index, and the last result of the page before."""

    index_version: str
    cursor: Cursor


def write_cursor(hits: Hits, request: SearchRequest, searcher: str | None) -> str | None:
    """The cursor of the page after `hits`, for the same search by the same searcher; None after the last page."""
    if hits.next_cursor is None:
        return None
    fields = _CursorFields(hits.indexes[0].snapshot.meta.version, _digest(request, searcher), *hits.next_cursor)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(fields)).decode().rstrip("=")


def read_cursor(text: str, request: SearchRequest, searcher: str | None) -> Page:
    """The page of a cursor made by `write_cursor`.

    Raises InvalidInput for any other text, and for the cursor of another search or searcher.
    """
    try:
        fields = msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_CursorFields)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise _refused(text) from error
    if fields.search != _digest(request, searcher):
        raise _refused(text)
    return Page(fields.version, Cursor(fields.merit, fields.distance_dm, fields.place_id))


_FIRST = (
    *("where", "at", "any", "between", "weeks", "dates", "seats", "need", "wish", "kind", "space_kind", "max_price"),
    *("community", "within", "mode", "preset", "candidates", "per_host", "new_floor"),
)
"""What always counts. A later filter counts only where it is used, so that cursors made before it still work."""
_LATER = tuple((later.name, later.default) for later in FILTERS if later.name not in {*_FIRST, "limit"})
_first_values = attrgetter(*_FIRST)


def _digest(request: SearchRequest, searcher: str | None) -> bytes:
    """Digest of all that decides the order of results. The size of the page does not."""
    later = [(name, value) for name, default in _LATER if (value := getattr(request, name)) != default]
    identity = msgspec.msgpack.encode((_first_values(request), searcher, *later))
    return hashlib.blake2b(identity, digest_size=8).digest()


def _refused(text: str) -> InvalidInput:
    return InvalidInput(
        field="after",
        value=text,
        fr="Ce curseur n'est pas celui de cette recherche : reprenez à la première page, sans « after ».",
        en="This cursor is not of this search: start again at the first page, without “after”.",
    )
