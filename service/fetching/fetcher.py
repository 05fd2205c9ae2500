"""Fetches a list from the web without ever reaching the machines around ours.

A URL is somebody's text: its host may resolve to this machine, to a cloud's metadata service, to a public address now
and a private one a moment later, and its server may redirect. So every address a host resolves to must be public, the
connection goes to the very address that was checked (name and certificate are still those of the host), and each
redirect is a new URL to check. Proxies of the environment are not used: they would resolve the name again.
"""

import errno
import hashlib
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Url

from geo.errors import StorageFull
from service.fetching.file_names import is_page, list_name
from service.fetching.url_guard import PORTS, AddressRefused, FetchFailed, checked_url, is_public, resolve, shown

MAX_REDIRECTS = 5
MAX_VALIDATOR = 500
SILENCE_S = 30.0
BLOCK_BYTES = 1 << 16
_REDIRECTS = {301, 302, 303, 307, 308}
Allowed = Callable[[str], bool]
Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A list on the disk, its name fit for `ingest.readers`; or, with `path` None, one that has not changed."""

    path: Path | None
    sha256: str | None = None
    size_bytes: int = 0
    etag: str | None = None
    last_modified: str | None = None


class Fetcher:
    """Fetches URLs into files. `allowed` and `resolve` are for tests, which only have this machine to talk to."""

    def __init__(
        self,
        limit_mb: int,
        timeout_s: float,
        *,
        allowed: Allowed = is_public,
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._limit_mb, self._timeout_s = limit_mb, timeout_s
        self._allowed, self._resolve, self._trust = allowed, resolve, trust

    def fetch(
        self,
        text: str,
        folder: Path,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        go_on: Callable[[], None] = lambda: None,
    ) -> Fetched:
        """Streams what is at a URL into `folder`; with `etag` or `last_modified`, only if it changed since.

        `go_on` is called between blocks, and may raise to give up. Raises AddressRefused, FetchFailed, StorageFull.
        """
        headers = {"User-Agent": "PlaceLibre", "Accept": "*/*", "Accept-Encoding": "gzip"}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        deadline = time.monotonic() + self._timeout_s
        url = checked_url(text)
        for _ in range(MAX_REDIRECTS + 1):
            with _Exchange(self._connect(url, deadline), url, headers, deadline) as exchange:
                response = exchange.response
                if response.status not in _REDIRECTS:
                    return self._taken(exchange, folder, go_on)
                url = _next(url, response.headers.get("location", ""))
        raise FetchFailed(
            url=shown(url),
            fr=f"plus de {MAX_REDIRECTS} redirections ; donnez l'adresse finale de la liste.",
            en=f"more than {MAX_REDIRECTS} redirects; give the final address of the list.",
        )

    def _connect(self, url: Url, deadline: float) -> HTTPConnection:
        """Connected to an address that was checked, for a host that keeps its name."""
        host, port = (url.host or "").strip("[]"), url.port or PORTS[url.scheme or ""]
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise _unreachable(url) from error
        if not addresses or not all(self._allowed(address) for address in addresses):
            raise AddressRefused(host=host)
        for address in addresses:
            timeout_s = min(SILENCE_S, max(deadline - time.monotonic(), 0.1))
            connection = self._connection(url.scheme or "", address, port, host, timeout_s)
            try:
                connection.connect()
            except (HTTPError, OSError):
                connection.close()
                continue
            return connection
        raise _unreachable(url)

    def _connection(self, scheme: str, address: str, port: int, host: str, timeout_s: float) -> HTTPConnection:
        if scheme == "http":
            return HTTPConnection(address, port, timeout=timeout_s)
        return HTTPSConnection(
            address,
            port,
            timeout=timeout_s,
            server_hostname=host,
            cert_reqs=ssl.CERT_REQUIRED,
            ssl_context=self._trust,
        )

    def _taken(self, exchange: "_Exchange", folder: Path, go_on: Callable[[], None]) -> Fetched:
        url, response = exchange.url, exchange.response
        told = Fetched(
            None,
            etag=_validator(response.headers.get("etag")),
            last_modified=_validator(response.headers.get("last-modified")),
        )
        if response.status == 304:
            return told
        if response.status != 200:
            raise FetchFailed(
                url=shown(url),
                fr=f"le serveur répond {response.status} ; vérifiez l'adresse, ou attendez qu'il soit rétabli.",
                en=f"the server answers {response.status}; check the address, or wait until it is well again.",
            )
        path = folder / "fetched"
        digest, size = hashlib.sha256(), 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                for block in self._blocks(exchange):
                    size += len(block)
                    self._bound(url, size)
                    digest.update(block)
                    target.write(block)
                    go_on()
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageFull(path=folder) from error
            raise
        if is_page(path, response.headers.get("content-type", "")):
            raise FetchFailed(
                url=shown(url),
                fr="c'est une page web, pas une liste ; donnez l'adresse du fichier lui-même.",
                en="this is a web page, not a list; give the address of the file itself.",
            )
        named = path.rename(folder / list_name(path, url.path or "", response.headers))
        return replace(told, path=named, sha256=digest.hexdigest(), size_bytes=size)

    def _blocks(self, exchange: "_Exchange") -> Iterator[bytes]:
        encoding = exchange.response.headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"identity", ""}:
            yield from self._raw_blocks(exchange)
        elif encoding in {"gzip", "x-gzip"}:
            yield from _unzipped(self._raw_blocks(exchange), exchange.url)
        else:
            raise _broken(exchange.url)

    def _raw_blocks(self, exchange: "_Exchange") -> Iterator[bytes]:
        """What the server sends, block by block, in whole. `read1` gives what came: slow drops meet the deadline."""
        announced = exchange.response.headers.get("content-length", "")
        expected = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 16 else None
        self._bound(exchange.url, expected or 0)
        size = 0
        while block := exchange.read():
            size += len(block)
            self._bound(exchange.url, size)
            yield block
        if expected is not None and size != expected:
            raise _broken(exchange.url)

    def _bound(self, url: Url, size: int) -> None:
        if size > self._limit_mb * 1_000_000:
            raise FetchFailed(
                url=shown(url),
                fr=f"la liste dépasse {self._limit_mb} Mo ; augmentez PLACELIBRE_FEED_LIMIT_MB ou découpez-la.",
                en=f"the list is larger than {self._limit_mb} MB; raise PLACELIBRE_FEED_LIMIT_MB or split it.",
            )


class _Exchange:
    """One request and its answer, cut off at the deadline whatever the server is doing."""

    def __init__(self, connection: HTTPConnection, url: Url, headers: Mapping[str, str], deadline: float) -> None:
        self.url = url
        self._connection, self._headers, self._deadline = connection, headers, deadline
        self._guard = threading.Timer(max(deadline - time.monotonic(), 0), self._cut)
        self._guard.daemon = True
        self._socket: socket.socket | None = connection.sock  # the connection lets go of it once the headers are read
        self._response: BaseHTTPResponse | None = None

    def __enter__(self) -> "_Exchange":
        self._guard.start()
        host = (self.url.host or "") + (f":{self.url.port}" if self.url.port else "")
        try:
            self._connection.request(
                "GET",
                self.url.request_uri,
                headers={"Host": host, **self._headers},
                preload_content=False,
                decode_content=False,
            )
            self._response = self._connection.getresponse()
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            self.__exit__()
            raise self._failure() from error
        return self

    def __exit__(self, *_error: object) -> None:
        self._guard.cancel()
        if self._response is not None:
            self._response.close()
        self._connection.close()
        if self._socket is not None:
            self._socket.close()

    @property
    def response(self) -> BaseHTTPResponse:
        if self._response is None:
            raise _broken(self.url)
        return self._response

    def read(self) -> bytes:
        """What has come since, at most a block; nothing at the end."""
        try:
            block = self.response.read1(BLOCK_BYTES, decode_content=False)
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            raise self._failure() from error
        if time.monotonic() > self._deadline:
            raise self._failure()
        return block

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # the other side was faster
                self._socket.shutdown(socket.SHUT_RDWR)

    def _failure(self) -> FetchFailed:
        if time.monotonic() <= self._deadline:
            return _broken(self.url)
        return FetchFailed(
            url=shown(self.url),
            fr="le serveur est trop lent ; réessayez plus tard, ou augmentez PLACELIBRE_FEED_TIMEOUT_S.",
            en="the server is too slow; try again later, or raise PLACELIBRE_FEED_TIMEOUT_S.",
        )


def _unzipped(blocks: Iterator[bytes], url: Url) -> Iterator[bytes]:
    """Decoded piece by piece, so that a small block that swells meets the limit before the memory."""
    unzip = zlib.decompressobj(wbits=31)
    try:
        for block in blocks:
            left = block
            while left and not unzip.eof:
                yield unzip.decompress(left, BLOCK_BYTES)
                left = unzip.unconsumed_tail
        rest = unzip.flush()
    except zlib.error as error:
        raise _broken(url) from error
    if rest:
        yield rest
    if not unzip.eof:
        raise _broken(url)


def _next(url: Url, location: str) -> Url:
    """Where a redirect leads; never from https to http, where anybody on the way could change the list."""
    following = checked_url(urljoin(url.url, location)) if location else None
    if following is None or (url.scheme == "https" and following.scheme == "http"):
        raise FetchFailed(
            url=shown(url),
            fr="la redirection ne mène à rien de sûr ; donnez l'adresse finale de la liste, en https.",
            en="the redirect leads nowhere safe; give the final address of the list, in https.",
        )
    return following


def _validator(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR and value.isascii() and value.isprintable() else None


def _unreachable(url: Url) -> FetchFailed:
    return FetchFailed(
        url=shown(url),
        fr="le serveur ne répond pas, ou son certificat n'est pas valable ; vérifiez l'adresse et réessayez.",
        en="the server does not answer, or its certificate is not valid; check the address and try again.",
    )


def _broken(url: Url) -> FetchFailed:
    return FetchFailed(
        url=shown(url),
        fr="la réponse du serveur est interrompue ou illisible ; réessayez plus tard.",
        en="the server's answer is cut off or unreadable; try again later.",
    )
