"""Answers as text that can be compared byte for byte: files of tables row by row, what is random masked."""

import gzip
import io
import json
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

HEADERS = (
    *("content-type", "content-language", "content-disposition", "cache-control", "etag", "vary", "location", "link"),
    *("allow", "www-authenticate", "retry-after", "set-cookie", "placelibre-impression", "content-security-policy"),
    *("x-content-type-options", "x-frame-options", "referrer-policy"),
)
"""Headers that are part of an answer. Length and encoding of the transport are not: bodies are kept decoded."""


def masks(paths: Mapping[str, str], clock_s: int) -> list[tuple[re.Pattern[bytes], bytes]]:
    """Everything that differs between two recordings of one tree: where it ran, what is random, how long it took.

    `paths` maps patterns of paths to names. Whatever is added here is no longer compared.
    """
    random = {
        r"Traceback \(most recent call last\):\n(?:  .*\n)+": "<traceback>\n",
        r"\b\d+ (Mo libres|MB free)": r"<free> \1",
        r"plk_[\w-]{6,43}": "<key>",
        rf"\b{clock_s:08x}-[\w-]{{22}}": "<token>",  # of a list that waits to be published
        r"\b[0-9a-f]{32}\b": "<impression>",
        r'"seconds": [\d.]+': '"seconds": <seconds>',
        "\\b\\d+([.,]\\d+)?( |\u00a0|\u202f)s\\b": "<seconds> s",
    }
    return [(re.compile(mask.encode()), name.encode()) for mask, name in {**paths, **random}.items()]


def masked(content: bytes, rules: list[tuple[re.Pattern[bytes], bytes]]) -> bytes:
    """The content without what `masks` names."""
    for pattern, name in rules:
        content = pattern.sub(name, content)
    return content


def readable(content: bytes) -> bytes:
    """A file as text, by what it begins with: tables of SQLite and Parquet row by row, members of archives."""
    if content.startswith(b"SQLite format 3\0"):
        return _sqlite(content)
    if content.startswith(b"PAR1"):
        return _parquet(content)
    if content.startswith(b"PK\x03\x04"):
        return _zip(content)
    if content.startswith(b"\x1f\x8b"):
        return readable(gzip.decompress(content))
    return content


def folder_text(folder: Path) -> bytes:
    """Every file below a folder, one after the other, in the order of their names."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [(f"\n--- file {path.relative_to(folder)}\n".encode(), readable(path.read_bytes())) for path in paths]
    return b"".join(name + text for name, text in parts)


def _sqlite(content: bytes) -> bytes:
    """Tables by name, with their rows in order; the pages of a spatial index follow from these."""
    lines = []
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        file.write(content)
        file.flush()
        connection = sqlite3.connect(f"file:{file.name}?immutable=1", uri=True)
        tables = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for name, sql in tables.fetchall():
            if name.startswith("rtree_"):
                continue
            lines.append(f"-- {sql}")
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            lines += sorted(json.dumps(row, ensure_ascii=False, default=bytes.hex) for row in rows)
        connection.close()
    return "\n".join(lines).encode()


def _parquet(content: bytes) -> bytes:
    """Columns with their types, the metadata of the file, then its rows."""
    table = pq.read_table(io.BytesIO(content))
    lines = [f"-- {column.name} {column.type}" for column in table.schema]
    lines += [f"-- {key.decode()} {value.decode()}" for key, value in sorted((table.schema.metadata or {}).items())]
    lines += [json.dumps(row, ensure_ascii=False, default=_plain) for row in table.to_pylist()]
    return "\n".join(lines).encode()


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _zip(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, readable(archive.read(name))) for name in sorted(archive.namelist())]
    return b"".join(f"--- member {name}\n".encode() + text for name, text in members)
