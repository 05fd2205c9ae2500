"""Built scripts and styles: the address of each, and the handler that sends them.

The build names files by their content, so a browser may keep them for ever, and writes a compressed copy beside each.
"""

import json
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from service.pages.layout.compression import accepts_gzip

STATIC = Path(__file__).resolve().parents[2] / "static"
MANIFEST = "manifest.json"
"""Written by the build: the file that each source became."""
_NAMED_BY_CONTENT = re.compile(r"-[\w-]{8}\.(js|css)$")


def asset(name: str) -> str:
    """Address of a built file by the name of its source, such as `search.js`; others have the name they came with."""
    manifest = STATIC / MANIFEST
    names = _built_names(manifest, manifest.stat().st_mtime_ns) if manifest.is_file() else {}
    return f"/static/{names.get(name, name)}"


@lru_cache(maxsize=2)
def _built_names(manifest: Path, _modified_ns: int) -> dict[str, str]:
    entries = json.loads(manifest.read_text("utf-8"))
    return {source.rsplit("/", 1)[-1]: str(entry["file"]) for source, entry in entries.items() if "src" in entry}


def static_files() -> Callable[[Request, str], Awaitable[Response]]:
    """Handler of built files: kept for a year when named by their content, revalidated otherwise."""
    files = StaticFiles(directory=STATIC, check_dir=False)

    async def static_file(request: Request, path: str) -> Response:
        if path.endswith(".gz"):
            raise HTTPException(404)
        compressed = accepts_gzip(request.scope) and files.lookup_path(f"{path}.gz")[1] is not None
        response = await files.get_response(f"{path}.gz" if compressed else path, request.scope)
        if compressed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        forever = _NAMED_BY_CONTENT.search(path) is not None
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if forever else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return static_file
