"""Addresses of the built scripts and styles, with a fingerprint so that browsers may keep them forever."""

import hashlib
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "static"


def asset(name: str) -> str:
    """`/static/NAME?v=FINGERPRINT`; without the fingerprint when the file has not been built."""
    path = STATIC / name
    if not path.is_file():
        return f"/static/{name}"
    return f"/static/{name}?v={_fingerprint(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=256)
def _fingerprint(path: Path, _modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
