"""GeoJSON: properties as columns, the geometry as two more columns in WGS 84."""

from ingest.readers.common import unreadable
from ingest.readers.common.raw_list import LON_COLUMN, FaultLog, Reading
from ingest.readers.common.source import Source


def read(source: Source, log: FaultLog) -> Reading:
    """Opens a FeatureCollection, whole or streamed by size. Raises UnreadableFile."""
    from ingest.readers.json import json_records

    opened = json_records.read(source, log)
    if LON_COLUMN not in opened.columns:
        raise unreadable.not_a_list(source.name)
    return opened
