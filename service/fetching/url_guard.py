"""Which URLs and addresses of the web may be fetched: public ones, without passwords."""

import ipaddress
import socket
from typing import ClassVar

from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from geo.errors import Language, UserError

MAX_URL = 2_000
PORTS = {"http": 80, "https": 443}
_NOT_HOSTS = tuple(
    ipaddress.ip_network(block)
    for block in ("192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")  # relays, tunnels, documentation
)
_UNICAST_6 = ipaddress.ip_network("2000::/3")
"""All that was ever given out; mapped and NAT64 addresses, which stand for IPv4 ones, lie outside."""


class AddressRefused(UserError):
    code = "address_refused"
    http_status = 422
    messages: ClassVar[dict[Language, str]] = {
        "fr": "« {host} » ne mène pas à une adresse publique d'Internet ; donnez l'adresse publique de la liste.",
        "en": "“{host}” does not lead to a public address of the Internet; give the public address of the list.",
    }


class FetchFailed(UserError):
    """Use `FetchFailed(url=..., fr=..., en=...)`: the reason and the remedy, without the URL."""

    code = "fetch_failed"
    http_status = 422
    messages: ClassVar[dict[Language, str]] = {"fr": "« {url} » : {fr}", "en": "“{url}”: {en}"}


def is_public(address: str) -> bool:
    """Whether an IP address is one of a host on the Internet, whoever asks. Scoped ones are not."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(found in block for block in _NOT_HOSTS if block.version == found.version):
        return False
    if found.version == 6 and found not in _UNICAST_6:
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_url(text: str) -> Url:
    """A URL that may be fetched, normalised and without its fragment. Raises FetchFailed."""
    try:
        url = parse_url(text.strip())
    except HTTPError as error:
        raise _not_a_url() from error
    if url.auth is not None:
        raise FetchFailed(
            url=f"{url.scheme}://…@{url.host}",
            fr="une adresse avec un mot de passe n'est pas acceptée ; donnez celle d'une liste publique.",
            en="an address with a password is not accepted; give that of a public list.",
        )
    if url.scheme not in PORTS or not url.host or len(text) > MAX_URL or not text.strip().isprintable():
        raise _not_a_url()
    return url._replace(fragment=None)


def shown(url: Url) -> str:
    """A URL as messages and logs show it: what follows the path may hold a key."""
    return url._replace(query=None, fragment=None, auth=None).url


def _not_a_url() -> FetchFailed:
    return FetchFailed(
        url="URL",
        fr="cette adresse n'est pas utilisable ; donnez-en une qui commence par https:// ou http://.",
        en="this address cannot be used; give one that begins with https:// or http://.",
    )
