"""Web addresses of places."""

import re
from urllib.parse import urlsplit

MAX_LENGTH = 500
_HOST = re.compile(r"^(?:[\w-]{1,63}\.)+[a-zA-Z]{2,24}$")
_PLAIN = re.compile(r"https?://(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}(?:/[^\s?#;,<>\"]*)?", re.ASCII)
_SEPARATOR = re.compile(r"[\s;|]+|,(?=\s|https?:|www\.)")
_BAD_SCHEME = re.compile(r"^(?:https?:/*)+(?=https?:)|^(?:h?t{1,2}ps?|htpps?|http?s)[:;]?/{1,3}(?=\w)", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|mibextid|igshid|igsh|yclid|_ga|_gl|ref_src|__tn__|__xts__[^=]*)(?:=.*)?",
    re.IGNORECASE,
)


def normalise(text: str) -> str | None:
    """The first http(s) address of a cell, with its scheme and without tracking parameters.

    None when the cell holds none ("oui", "0", an e-mail). Pages of social networks are kept.
    """
    if not text or "." not in text:
        return None
    if _PLAIN.fullmatch(text):
        return text[:MAX_LENGTH]
    for word in _SEPARATOR.split(text.strip()):
        address = _normalise_word(word.strip("<>\"'();,"))
        if address:
            return address
        if "@" not in word and "." in word and ":" in word:
            return None  # "javascript:..." comes first: the cell cannot be trusted
    return None


def _normalise_word(word: str) -> str | None:
    if "." not in word:
        return None
    if "://" not in word or word.count("://") > 1:
        scheme = _BAD_SCHEME.match(word)
        if scheme:
            word = word[scheme.end() :]
        if "://" not in word:
            word = "https://" + word.lstrip("/")
    try:
        parts = urlsplit(word)
        host = parts.hostname or ""
    except ValueError:
        return None
    scheme_name = parts.scheme.lower()
    if scheme_name not in {"http", "https"} or "@" in parts.netloc or not _HOST.match(host):
        return None
    rest = word[word.index("://") + 3 + len(parts.netloc) :]
    if parts.query:
        rest = _without_tracking(parts.path, parts.query, parts.fragment)
    return f"{scheme_name}://{parts.netloc.lower()}{rest}"[:MAX_LENGTH]


def _without_tracking(path: str, query: str, fragment: str) -> str:
    parameters = "&".join([item for item in query.split("&") if item and not _TRACKING.fullmatch(item)])
    return path + (f"?{parameters}" if parameters else "") + (f"#{fragment}" if fragment else "")
