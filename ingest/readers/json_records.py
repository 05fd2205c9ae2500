"""JSON: an array of objects, or an object that wraps one (`{"results": [...]}`)."""

import json
from collections.abc import Mapping
from typing import Any

from ingest.readers import failures
from ingest.readers.base import RawTable, from_records
from ingest.readers.text import decode


def read(content: bytes, name: str) -> RawTable:
    """Reads records, or hands a FeatureCollection to the GeoJSON reader. Raises UnreadableFile."""
    document = parse(content, name)
    if isinstance(document, Mapping) and document.get("type") == "FeatureCollection":
        from ingest.readers import geojson

        return geojson.from_document(document, name)
    return from_records(_records(document, name), name)


def parse(content: bytes, name: str) -> Any:
    """A JSON document. Tells a file that stops halfway from one that is wrong inside."""
    text = decode(content, name)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        unfinished = not text[error.pos :].strip() or error.msg.startswith("Unterminated string")
        raise failures.truncated(name) if unfinished else failures.damaged_json(name, error.lineno) from error
    except RecursionError as error:
        raise failures.not_a_list(name) from error


def _records(document: Any, name: str) -> list[Mapping[str, Any]]:
    candidates = [document] if isinstance(document, list) else []
    if isinstance(document, Mapping):
        candidates = [value for value in document.values() if isinstance(value, list)]
    tables = [c for c in candidates if c and all(isinstance(item, Mapping) for item in c)]
    if not tables:
        raise failures.no_rows(name) if document == [] else failures.not_a_list(name)
    return max(tables, key=len)
