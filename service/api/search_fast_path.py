"""`GET /api/v1/search`, answered before the framework: the same answer, sooner.

Only plain searches are: no key, no cookie, every parameter as the documentation has it. Whatever else comes, whatever
is wrong, and whatever might wait for the store, goes the documented way (`service.api.search`), which explains it.
"""

from functools import lru_cache
from urllib.parse import unquote_plus

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from geo.errors import Language, PlaceLibreError
from service.container import Services
from service.localisation.negotiation import accepted
from service.search.geojson import GEOJSON
from service.search.request import SearchRequest

PATH = "/api/v1/search"
LONGEST = 1_000
KNOWN = frozenset((*SearchRequest.__struct_fields__, "after"))
SEVERAL = frozenset({"at", "need", "wish", "kind", "space_kind"})
ELSEWHERE = frozenset({b"authorization", b"cookie", b"placelibre-consent"})


class QuickSearch:
    """Wraps the application; `headers` go with every answer."""

    def __init__(self, app: ASGIApp, services: Services, headers: dict[str, str]) -> None:
        self._app, self._services = app, services
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
        asked = understood(scope["query_string"]) if language is not None else None
        if language is None or asked is None:
            return None
        try:
            if self._services.live.is_due:
                return None
            located, found = self._services.find(asked[0], after=asked[1])
            return self._services.as_geojson(located, found, asked[0], language)
        except PlaceLibreError:
            return None  # asked again the documented way, which tells what is wrong

    def _language(self, headers: list[tuple[bytes, bytes]]) -> Language | None:
        """Of the answer; None for who brings a key or a cookie."""
        wanted = b""
        for name, value in headers:
            if name in ELSEWHERE:
                return None
            if name == b"accept-language":
                wanted = value
        return _language(wanted, self._services.settings.language)


@lru_cache(maxsize=1024)
def _language(header: bytes, default: str) -> Language:
    return accepted(header.decode("latin-1")) or ("en" if default == "en" else "fr")


_decoded = lru_cache(maxsize=4096)(unquote_plus)


def understood(query_string: bytes) -> tuple[SearchRequest, str | None] | None:
    """The search and its cursor; None when a parameter is not what the documentation says."""
    if len(query_string) > LONGEST:
        return None
    given: dict[str, str | list[str]] = {}
    try:
        for pair in query_string.decode("ascii").split("&"):
            name, equals, value = pair.partition("=")
            if not equals or name not in KNOWN:
                return None  # the documented way knows more, and what is wrong with what it does not
            value = _decoded(value) if "%" in value or "+" in value else value
            if name in SEVERAL:
                known = given.setdefault(name, [])
                if isinstance(known, list):
                    known.append(value)
            else:
                given[name] = value
        after = given.pop("after", None)
        asked = msgspec.convert(given, SearchRequest, strict=False)
    except (ValueError, msgspec.ValidationError):
        return None
    return None if isinstance(after, list) else (asked, after)
