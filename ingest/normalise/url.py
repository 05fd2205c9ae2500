"""Web addresses of places."""

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"^(?:[\w-]{1,63}\.)+[a-zA-Z]{2,24}$")


def normalise(text: str) -> str | None:
    """An http(s) address with its scheme, None when the cell holds none ("oui", "0", an e-mail)."""
    words = text.strip().strip("<>\"'").split()
    if not words or "." not in text:
        return None
    word = words[0].rstrip(";,")
    if "://" not in word:
        word = "https://" + word.lstrip("/")
    try:
        parts = urlsplit(word)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or "@" in parts.netloc or not _HOST.match(host):
        return None
    return word[:500]
