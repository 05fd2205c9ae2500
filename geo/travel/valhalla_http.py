"""Valhalla at a URL of the operator's choice, which may be a private address."""

import json
import time
from typing import TYPE_CHECKING, Any

from geo.travel.router import RoutingUnavailable
from geo.travel.valhalla_router import NO_WAY, Message

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

TIMEOUT_S = 5.0
CONNECTIONS = 8
BLOCK_BYTES = 1 << 16
MAX_BYTES = 4_000_000
"""Maximum size of an answer; one for a thousand targets has some 150,000 bytes."""


class RemoteValhalla:
    """An `Engine` over HTTP. It follows no redirect and retries nothing, because a search must not wait."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        from urllib3 import PoolManager, Timeout

        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._pool = PoolManager(maxsize=CONNECTIONS, timeout=Timeout(total=timeout_s), retries=False)

    def ask(self, action: str, request: Message) -> Any:
        from urllib3.exceptions import HTTPError

        try:
            response = self._pool.request(
                "POST", f"{self._url}/{action}", json=request, redirect=False, preload_content=False
            )
            answer = json.loads(self._body(response))
        except (HTTPError, ValueError) as error:
            raise _silent() from error
        if response.status == 400 and isinstance(answer, dict) and answer.get("error_code") in NO_WAY:
            return None
        if response.status != 200:
            raise _silent()
        return answer

    def _body(self, response: "BaseHTTPResponse") -> bytes:
        """Reads the body, limited in size and total time, however slowly it arrives."""
        deadline, body = time.monotonic() + self._timeout_s, b""
        try:
            while block := response.read1(BLOCK_BYTES, decode_content=True):
                body += block
                if len(body) > MAX_BYTES or time.monotonic() > deadline:
                    raise _silent()
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return body


def _silent() -> RoutingUnavailable:
    return RoutingUnavailable(
        fr="le serveur est injoignable, trop lent, ou répond autre chose ; vérifiez PLACELIBRE_ROUTING et ce serveur",
        en="the server cannot be reached, is too slow, or answers something else; check PLACELIBRE_ROUTING and it",
    )
