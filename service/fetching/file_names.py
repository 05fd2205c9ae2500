"""The file name of a list that came from the web: readers know a format by its name."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from ingest.readers.common.source import PACKED
from ingest.readers.open import READERS

_BY_TYPE = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/geo+json": ".geojson",
    "application/x-ndjson": ".jsonl",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.google-earth.kml+xml": ".kml",
    "application/vnd.google-earth.kmz": ".kmz",
    "application/geopackage+sqlite3": ".gpkg",
    "application/zip": ".zip",
    "application/gzip": ".gz",
}
_BY_START = ((b"PAR1", ".parquet"), (b"PK", ".xlsx"), (b"{", ".json"), (b"[", ".json"))
_PAGE = re.compile(rb"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_DISPOSITION = re.compile(r"""filename\*?=(?:UTF-8'[^']*')?"?([^";]+)"?""", re.IGNORECASE)


def is_page(path: Path, content_type: str) -> bool:
    """Whether a web page came instead of a list."""
    start = _start(path)
    return bool(_PAGE.match(start.removeprefix(b"\xef\xbb\xbf"))) or (
        content_type.lower().startswith("text/html") and start.lstrip().startswith(b"<")
    )


def list_name(path: Path, url_path: str, headers: Mapping[str, str]) -> str:
    """A safe name with the suffix of a format we read, from what the server says, the URL, or the first bytes."""
    disposition = _DISPOSITION.search(headers.get("content-disposition", ""))
    start = _start(path)
    for said in (disposition.group(1) if disposition else "", url_path):
        name = safe_name(unquote(said))
        if name.endswith(".gz") and not start.startswith(b"\x1f\x8b"):
            name = name.removesuffix(".gz")  # unpacked on the way
        if Path(name).suffix in {*READERS, *PACKED}:
            return name
    stem = Path(safe_name(unquote(url_path))).stem
    told = headers.get("content-type", "").split(";")[0].strip().lower()
    guessed = next((suffix for mark, suffix in _BY_START if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(mark)), "")
    return stem + (_BY_TYPE.get(told) or guessed or ".csv")


def _start(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(512)


MAX_STEM = 60


def safe_name(file_name: str) -> str:
    """A file name that is only that: no folder, no control character, at most `MAX_STEM` characters and its suffix."""
    last = unicodedata.normalize("NFC", file_name).replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(one if one.isalnum() or one in " ._-()'" else "_" for one in last).strip(" .")
    path = Path(clean or "list")
    return (path.stem[:MAX_STEM].strip(" .") or "list") + path.suffix[:10].lower()
