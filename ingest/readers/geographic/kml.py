"""KML and KMZ: one row per placemark, with its folder, its data and its point. Links are never followed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely

from ingest.readers.common import unreadable
from ingest.readers.common.limits import BLOCK_BYTES, MAX_CELL_CHARS, MAX_MB
from ingest.readers.common.nested_records import NumberedRecords, Records, open_records, truncated_from
from ingest.readers.common.raw_list import ID_COLUMN, LAT_COLUMN, LON_COLUMN, FaultLog, LineFault, Reading
from ingest.readers.common.safe_xml import XmlPieces
from ingest.readers.common.source import Source, archive_members, member_bytes

FOLDER_COLUMN = "@folder"
_MAX_TEXT = 8_000_000
"""The outline of a region holds many coordinates; cells have a limit of their own."""

_PLAIN = frozenset({"name", "description", "address", "phoneNumber", "Snippet"})


def read(source: Source, log: FaultLog) -> Reading:
    """Opens .kml. Raises UnreadableFile."""
    return open_records(_Placemarks(source.name, source.whole(), log), source.name, log)


def read_packed(source: Source, log: FaultLog) -> Reading:
    """Opens .kmz: its doc.kml, or else its first KML. Raises UnreadableFile."""
    if not source.start(4).startswith(b"PK"):
        raise unreadable.really_is(source.name, "autre chose qu'un KMZ", "something else than a KMZ")
    inside = sorted(item.filename for item in archive_members(source) if item.filename.lower().endswith(".kml"))
    if not inside:
        raise unreadable.no_list_inside(source.name)
    chosen = next((name for name in inside if Path(name).name.lower() == "doc.kml"), inside[0])
    return open_records(_Placemarks(source.name, member_bytes(source, chosen, MAX_MB), log), source.name, log)


@dataclass(frozen=True, slots=True)
class _Placemarks(Records):
    name: str
    content: bytes
    log: FaultLog

    def records(self) -> NumberedRecords:
        """Stops with a fault where the document is damaged. Raises UnreadableFile when nothing comes before."""
        collector = _Collector()
        xml = XmlPieces(self.name, collector.start, collector.end, _MAX_TEXT)
        for line, record in enumerate(self._pieces(xml, collector), start=1):
            if record is not None:
                yield line, record
            elif line == 1:
                raise unreadable.truncated(self.name) if collector.is_kml else unreadable.damaged(self.name, "KML")
            else:
                self.log.add(truncated_from(line))
        if not collector.is_kml:
            raise unreadable.damaged(self.name, "KML")
        if collector.links:
            self.log.add(_not_followed(collector.links))

    def _pieces(self, xml: XmlPieces, collector: "_Collector") -> Iterator[dict[str, Any] | None]:
        """Placemarks as they come, then None when the document does not end well."""
        for start in range(0, len(self.content), BLOCK_BYTES):
            sound = xml.feed(self.content[start : start + BLOCK_BYTES])
            yield from collector.take()
            if not sound:
                yield None
                return
        if not xml.close():
            yield None


@dataclass(slots=True)
class _Collector:
    """Collects placemarks from the events of a KML document."""

    is_kml: bool = False
    links: int = 0
    _completed: list[dict[str, Any]] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)
    _folders: list[str] = field(default_factory=list)
    _record: dict[str, Any] | None = None
    _points: list[tuple[str, str]] = field(default_factory=list)
    _key: str = ""

    def take(self) -> list[dict[str, Any]]:
        """The placemarks completed since the last call."""
        completed, self._completed = self._completed, []
        return completed

    def start(self, element: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self.is_kml = element == "kml"
        self._path.append(element)
        if element == "Placemark":
            self._record = {ID_COLUMN: attributes["id"]} if "id" in attributes else {}
            self._points = []
        elif element in ("Folder", "Document"):
            self._folders.append("")
        elif element in ("Data", "SimpleData"):
            self._key = attributes.get("name", "")
        elif element == "NetworkLink":
            self.links += 1

    def end(self, element: str, text: str) -> None:
        self._path.pop()
        parent = self._path[-1] if self._path else ""
        if element in ("Folder", "Document"):
            self._folders.pop()
        elif element == "name" and parent == "Folder":
            self._folders[-1] = text.strip()
        if self._record is None:
            return
        if element == "Placemark":
            self._finish()
        elif element == "coordinates":
            self._points.append((parent, text))
        elif element in _PLAIN and parent == "Placemark":
            self._record[element] = text
        elif element == "SimpleData" or (element == "value" and parent == "Data"):
            self._record[self._key or element] = text[: MAX_CELL_CHARS + 1]

    def _finish(self) -> None:
        record: dict[str, Any] = self._record or {}
        folder = " / ".join(filter(None, self._folders))
        if folder:
            record[FOLDER_COLUMN] = folder
        record[LON_COLUMN], record[LAT_COLUMN] = _centre(self._points) or (None, None)
        self._completed.append(record)
        self._record = None


def _centre(parts: Sequence[tuple[str, str]]) -> tuple[float, float] | None:
    """The point of a placemark, or the centroid of its first line or outline."""
    points = next((text for parent, text in parts if parent == "Point"), None)
    shape = parts[0] if parts else None
    if points is None and shape is None:
        return None
    positions = list(_positions(points if points is not None else shape[1] if shape else ""))
    if not positions:
        return None
    if points is not None or len(positions) == 1:
        return positions[0]
    is_outline = len(positions) > 3 and shape is not None and shape[0] == "LinearRing"
    centre = (shapely.Polygon(positions) if is_outline else shapely.LineString(positions)).centroid
    return None if centre.is_empty else (float(centre.x), float(centre.y))


def _positions(text: str) -> Iterator[tuple[float, float]]:
    for group in text.split():
        axes = group.split(",")
        try:
            lon, lat = float(axes[0]), float(axes[1])
        except (ValueError, IndexError):
            continue
        if abs(lon) <= 180 and abs(lat) <= 90:
            yield lon, lat


def _not_followed(links: int) -> LineFault:
    return LineFault(
        0,
        "link",
        f"Liens vers d'autres fichiers, qui n'ont pas été suivis : {links} ; téléchargez ces fichiers et importez-les.",
        f"Links to other files, which were not followed: {links}; download those files and import them.",
        left_out=False,
    )
