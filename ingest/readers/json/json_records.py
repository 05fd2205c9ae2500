"""JSON and GeoJSON: an array of objects, or a document that wraps one up to four levels deep (`{"results": [...]}`)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ijson  # type: ignore[import-untyped]

from ingest.readers.common import header_detection, unreadable
from ingest.readers.common.limits import JSON_WHOLE_BYTES, MAX_NESTING
from ingest.readers.common.nested_records import (
    MemoryRecords,
    NumberedRecords,
    Records,
    as_text,
    open_records,
    truncated_from,
)
from ingest.readers.common.raw_list import LON_COLUMN, FaultLog, Reading
from ingest.readers.common.source import Source, read_up_to
from ingest.readers.common.text_decoding import decode, encoding_of
from ingest.readers.json import geojson_features, json_lines

_WRAPPING_DEPTH = 4


def read(source: Source, log: FaultLog) -> Reading:
    """Opens records or a FeatureCollection; large documents stream. Raises UnreadableFile."""
    with source.open() as stream:
        content = read_up_to(stream, JSON_WHOLE_BYTES + 1)
    if len(content) > JSON_WHOLE_BYTES:
        encoding_of(content[:1_000_000], source.name)  # refuses what is no text
        return _large(source, log)
    if _looks_like_lines(content):
        return json_lines.read(source, log)
    return from_document(parse(content, source.name), source.name, log)


def read_geojson(source: Source, log: FaultLog) -> Reading:
    """Opens a FeatureCollection, whole or streamed by size: properties, `@lon` and `@lat`. Raises UnreadableFile."""
    opened = read(source, log)
    if LON_COLUMN not in opened.columns:
        raise unreadable.not_a_list(source.name)
    return opened


def from_document(document: Any, name: str, log: FaultLog) -> Reading:
    """Opens a parsed document. Raises UnreadableFile when it holds no list."""
    if isinstance(document, Mapping) and document.get("type") == "FeatureCollection":
        return geojson_features.from_document(document, name, log)
    if isinstance(document, list) and document and all(isinstance(item, list) for item in document):
        grid = [(line, [as_text(cell) for cell in item]) for line, item in enumerate(document, start=1)]
        return header_detection.open_grid(header_detection.MemoryGrid(grid), name, log)
    return open_records(MemoryRecords(_records(document, name)), name, log)


def parse(content: bytes, name: str) -> Any:
    """A JSON document. Tells a file that stops halfway from one that is wrong inside."""
    text = decode(content, name)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        unfinished = not text[error.pos :].strip() or error.msg.startswith("Unterminated string")
        raise unreadable.truncated(name) if unfinished else unreadable.damaged_json(name, error.lineno) from error
    except RecursionError as error:
        raise unreadable.too_nested(name) from error
    except ValueError as error:  # a number of more digits than Python takes
        raise unreadable.damaged(name, "JSON") from error


def _records(document: Any, name: str) -> list[Mapping[str, Any]]:
    tables = list(_tables(document, 0))
    if not tables:
        raise unreadable.no_rows(name) if document == [] else unreadable.not_a_list(name)
    return max(tables, key=len)


def _tables(value: Any, depth: int) -> Iterator[list[Mapping[str, Any]]]:
    """Arrays of objects, and objects of objects whose key becomes `@key`, at most four wrappings deep."""
    if isinstance(value, list):
        if value and all(isinstance(item, Mapping) for item in value):
            yield value
    elif isinstance(value, Mapping) and depth <= _WRAPPING_DEPTH:
        inner = list(value.values())
        tables = [table for item in inner for table in _tables(item, depth + 1)]
        if not tables and len(inner) > 1 and all(isinstance(item, Mapping) for item in inner):
            tables = [[{"@key": key, **item} for key, item in value.items()]]
        yield from tables


def _looks_like_lines(content: bytes) -> bool:
    """Two whole objects on the first two lines: JSON lines under the name of JSON."""
    first = [line.strip() for line in content[:200_000].splitlines()[:2]]
    return len(first) == 2 and all(line.startswith(b"{") and line.endswith(b"}") for line in first)


def _large(source: Source, log: FaultLog) -> Reading:
    prefix, projection, is_geojson = _find_array(source)
    if not prefix:
        raise unreadable.not_a_list(source.name)
    records: Records = LargeArray(source, prefix, log)
    if is_geojson:
        return geojson_features.from_features(records, projection, source.name, log)
    return open_records(records, source.name, log)


@dataclass(frozen=True, slots=True)
class LargeArray(Records):
    """The objects of one array of a large document, one by one."""

    source: Source
    prefix: str
    log: FaultLog

    def records(self) -> NumberedRecords:
        """Stops with a fault where the document is cut or damaged."""
        line = 0
        with self.source.open() as stream:
            try:
                for item in ijson.items(stream, self.prefix, use_float=True):
                    line += 1
                    if isinstance(item, Mapping):
                        yield line, item
            except (ijson.JSONError, UnicodeDecodeError):
                self.log.add(truncated_from(line + 1))


def _find_array(source: Source) -> tuple[str, str, bool]:
    """Where the first array of objects is, the projection declared before it, and whether it holds features."""
    projection, kind = "", ""
    before = ""
    with source.open() as stream:
        try:
            for prefix, event, value in ijson.parse(stream, use_float=True):
                if prefix.count(".") > MAX_NESTING:
                    raise unreadable.too_nested(source.name)
                if event == "string" and prefix == "type":
                    kind = str(value)
                elif event == "string" and prefix == "crs.properties.name":
                    projection = str(value)
                elif event == "start_map" and before == "start_array":
                    return prefix, projection, prefix == "features.item" or kind == "FeatureCollection"
                before = event
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise unreadable.damaged(source.name, "JSON") from error
    return "", projection, False
