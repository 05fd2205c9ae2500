"""OpenStreetMap extracts (.osm, .osm.pbf, packed or not): the objects that could host a teleworker.

Streams: what is kept in memory is the nodes of candidate ways and areas, not those of the extract.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import osmium
from osmium import filter as only
from osmium.osm import NODE, RELATION, WAY

from geo.errors import UnreadableFile
from geo.types import PlaceKind
from ingest.readers.common import unreadable
from ingest.readers.common.limits import MAX_CELL_CHARS, MAX_SPOOLED_MB
from ingest.readers.common.nested_records import truncated_from
from ingest.readers.common.raw_list import ID_COLUMN, LAT_COLUMN, LON_COLUMN, Cells, Chunk, FaultLog, Reading, chunks_of
from ingest.readers.common.source import Source
from ingest.readers.datasets.osm_tags import AMENITY_COLUMNS, KEYS, KIND_COLUMN, TAGS, amenities_of, kind_of

COLUMNS = (ID_COLUMN, LON_COLUMN, LAT_COLUMN, KIND_COLUMN, *TAGS, *AMENITY_COLUMNS)
_OSM_ERRORS = (RuntimeError, ValueError, osmium.InvalidLocationError)
_XML_START = b"<"


def read(source: Source, log: FaultLog) -> Reading:
    """Opens an extract. Raises UnreadableFile when it is none or holds no candidate."""
    start = source.start(64).lstrip(b"\xef\xbb\xbf \r\n\t")
    extract = _Extract(source, "osm" if start.startswith(_XML_START) else "pbf")
    try:
        shapes = _shapes(extract)
        candidate = next(_candidates(extract, shapes), None)
    except _OSM_ERRORS as error:
        raise _refusal(error, source.name) from error
    if candidate is None:
        raise unreadable.no_candidate(source.name)

    def chunks() -> Iterator[Chunk]:
        return chunks_of(_numbered(extract, shapes, log))

    return Reading(COLUMNS, chunks)


@dataclass(frozen=True, slots=True)
class _Extract:
    source: Source
    format: str

    def objects(self, kinds: Any, condition: Any) -> Iterable[Any]:
        """Objects of some kinds that pass a filter, which is applied outside Python."""
        if self.source.content is not None and not self.source.packing:
            file: Any = osmium.io.FileBuffer(self.source.content, self.format)
        else:
            file = osmium.io.File(str(self.source.on_disk(MAX_SPOOLED_MB, f".{self.format}")), self.format)
        return osmium.FileProcessor(file, kinds).with_filter(condition)


@dataclass(slots=True)
class _Shapes:
    """What candidate ways and areas are made of."""

    ways_of_area: dict[int, list[int]] = field(default_factory=dict)
    nodes_of_way: dict[int, list[int]] = field(default_factory=dict)
    points: dict[int, tuple[float, float]] = field(default_factory=dict)

    def centre(self, ways: Iterable[int]) -> tuple[float, float] | None:
        """Mean lon, lat of the nodes; None when the extract holds none of them."""
        nodes = {node for way in ways for node in self.nodes_of_way.get(way, ())}
        points = [self.points[node] for node in sorted(nodes) if node in self.points]
        if not points:
            return None
        return sum(lon for lon, _ in points) / len(points), sum(lat for _, lat in points) / len(points)


def _shapes(extract: _Extract) -> _Shapes:
    shapes = _Shapes()
    for area in extract.objects(RELATION, only.KeyFilter(*KEYS)):
        if area.tags.get("type") == "multipolygon" and kind_of(_tags(area)):
            shapes.ways_of_area[area.id] = [m.ref for m in area.members if m.type == "w" and m.role != "inner"]
    members = {way for ways in shapes.ways_of_area.values() for way in ways}
    if members:
        for way in extract.objects(WAY, only.IdFilter(members)):
            shapes.nodes_of_way[way.id] = [node.ref for node in way.nodes]
    for way in extract.objects(WAY, only.KeyFilter(*KEYS)):
        if kind_of(_tags(way)):
            shapes.nodes_of_way[way.id] = [node.ref for node in way.nodes]
    node_ids = {node for nodes in shapes.nodes_of_way.values() for node in nodes}
    if node_ids:
        for node in extract.objects(NODE, only.IdFilter(node_ids)):
            if node.location.valid():
                shapes.points[node.id] = node.location.lon, node.location.lat
    return shapes


def _candidates(extract: _Extract, shapes: _Shapes) -> Iterator[Cells]:
    for thing in extract.objects(NODE | WAY | RELATION, only.KeyFilter(*KEYS)):
        tags = _tags(thing)
        kind = kind_of(tags)
        if kind is None:
            continue
        if thing.is_node():
            point = (thing.location.lon, thing.location.lat) if thing.location.valid() else None
            yield _row(f"node/{thing.id}", point, kind, tags)
        elif thing.is_way():
            yield _row(f"way/{thing.id}", shapes.centre([thing.id]), kind, tags)
        elif thing.id in shapes.ways_of_area:
            yield _row(f"relation/{thing.id}", shapes.centre(shapes.ways_of_area[thing.id]), kind, tags)


def _numbered(extract: _Extract, shapes: _Shapes, log: FaultLog) -> Iterator[tuple[int, Cells]]:
    """Stops with a fault where the extract is damaged."""
    line = 0
    try:
        for line, row in enumerate(_candidates(extract, shapes), start=1):
            yield line, row
    except _OSM_ERRORS:
        log.add(truncated_from(line + 1))


def _row(key: str, point: tuple[float, float] | None, kind: PlaceKind, tags: dict[str, str]) -> Cells:
    row = dict.fromkeys(COLUMNS, "")
    row[ID_COLUMN], row[KIND_COLUMN] = key, str(kind)
    if point:
        row[LON_COLUMN], row[LAT_COLUMN] = (f"{degrees:.7f}".rstrip("0").rstrip(".") for degrees in point)
    row.update((tag, tags[tag].strip()[:MAX_CELL_CHARS]) for tag in TAGS if tag in tags)
    row.update(amenities_of(tags))
    return row


def _tags(thing: Any) -> dict[str, str]:
    return {tag.k: tag.v for tag in thing.tags}


def _refusal(error: Exception, name: str) -> UnreadableFile:
    message = str(error)
    if "entities" in message:
        return unreadable.unsafe_xml(name)
    if "truncated" in message or "no element found" in message or "unclosed" in message:
        return unreadable.truncated(name)
    return unreadable.damaged(name, "OpenStreetMap")
