"""`GET /api/v1/search`, answered before the framework: the same answer, sooner.

It runs on the event loop, so it takes plain searches only: no key, no cookie, every parameter as the documentation has
it, an answer from memory (`SearchDesk.answers_at_once`). All others go the documented way (`service.api.search`), in a
thread of their own, and so do those with a mistake: that way explains it.
"""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote_plus

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from geo.errors import Language, PlaceLibreError
from service.localisation.negotiation import accepted
from service.search.geojson import GEOJSON
from service.search.request import FILTERS, SearchRequest
from service.search.search_desk import SearchDesk

PATH = "/api/v1/search"
LONGEST = 1_000
"""Longest query string that is parsed here, in bytes."""
PARAMETERS = frozenset((*SearchRequest.__struct_fields__, "after"))
REPEATABLE = frozenset(declared.name for declared in FILTERS if declared.has_several)
EXCLUDED_HEADERS = frozenset({b"authorization", b"cookie", b"placelibre-consent"})


class QuickSearch:
    """Middleware around the application.

    `open_desk` gives the search desk once it and its index are open, None before: opening them takes too long for an
    event loop. `language` is that of the installation; `headers` go with every answer.
    """

    def __init__(
        self, app: ASGIApp, open_desk: Callable[[], SearchDesk | None], language: str, headers: dict[str, str]
    ) -> None:
        self._app, self._open_desk, self._default_language = app, open_desk, language
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._headers.append((b"content-type", GEOJSON.encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = self.answer(scope) if scope["type"] == "http" and scope["path"] == PATH else None
        if body is None:
            await self._app(scope, receive, send)
            return
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*self._headers, length]})
        await send({"type": "http.response.body", "body": body})

    def answer(self, scope: Scope) -> bytes | None:
        """The body; None when the request goes the documented way."""
        language = self._language(scope["headers"]) if scope["method"] == "GET" else None
        parsed = parse(scope["query_string"]) if language is not None else None
        desk = self._open_desk() if parsed is not None else None
        if language is None or parsed is None or desk is None:
            return None
        request, after = parsed
        try:
            if not desk.answers_at_once(request):
                return None
            located, hits = desk.find(request, after=after)
            return desk.as_geojson(located, hits, request, language)
        except PlaceLibreError:
            return None  # the documented way answers again, and explains the mistake

    def _language(self, headers: list[tuple[bytes, bytes]]) -> Language | None:
        """Language of the answer; None for a request with a key or a cookie."""
        preferred = b""
        for name, value in headers:
            if name in EXCLUDED_HEADERS:
                return None
            if name == b"accept-language":
                preferred = value
        return _language(preferred, self._default_language)


@lru_cache(maxsize=1024)
def _language(header: bytes, default: str) -> Language:
    return accepted(header.decode("latin-1")) or ("en" if default == "en" else "fr")


_decode = lru_cache(maxsize=4096)(unquote_plus)


def parse(query_string: bytes) -> tuple[SearchRequest, str | None] | None:
    """The search and its cursor; None when a parameter is not what the documentation says."""
    if len(query_string) > LONGEST:
        return None
    values: dict[str, str | list[str]] = {}
    try:
        for pair in query_string.decode("ascii").split("&"):
            name, equals, value = pair.partition("=")
            if not equals or name not in PARAMETERS:
                return None
            value = _decode(value) if "%" in value or "+" in value else value
            if name in REPEATABLE:
                several = values.setdefault(name, [])
                if isinstance(several, list):
                    several.append(value)
            else:
                values[name] = value
        after = values.pop("after", None)
        request = msgspec.convert(values, SearchRequest, strict=False)
    except (ValueError, msgspec.ValidationError):
        return None
    return None if isinstance(after, list) else (request, after)
