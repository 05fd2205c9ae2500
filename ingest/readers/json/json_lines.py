"""JSON lines: one object per line (.jsonl, .ndjson), features of GeoJSON included. Streams."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest.readers.common import unreadable
from ingest.readers.common.nested_records import NumberedRecords, Records, open_records
from ingest.readers.common.raw_list import FaultLog, LineFault, Reading
from ingest.readers.common.source import Source
from ingest.readers.common.text_decoding import encoding_of, lines
from ingest.readers.json import geojson_features

_GIVE_UP_AFTER = 50


def read(source: Source, log: FaultLog) -> Reading:
    """Opens lines of JSON. Raises UnreadableFile when they are none."""
    return open_records(JsonLines(source, encoding_of(source.start(), source.name), log), source.name, log)


@dataclass(frozen=True, slots=True)
class JsonLines(Records):
    """The objects of a file; a line that is none is noted."""

    source: Source
    encoding: str
    log: FaultLog

    def records(self) -> NumberedRecords:
        """Raises UnreadableFile when the file starts with nothing but broken lines."""
        decoder = msgspec.json.Decoder()
        sound = broken = 0
        for line, text in enumerate(lines(self.source, self.encoding, self.log), start=1):
            stripped = text.strip("\x1e \t\r\n")  # features in sequence begin with a record separator
            if not stripped:
                continue
            record = _parsed(stripped, decoder)
            if record is None:
                broken += 1
                if not sound and broken >= _GIVE_UP_AFTER:
                    raise unreadable.damaged_json(self.source.name, 1)
                self.log.add(_broken(line))
                continue
            sound += 1
            yield line, geojson_features.record_of(record) if record.get("type") == "Feature" else record
        if broken and not sound:
            raise unreadable.damaged_json(self.source.name, 1)


def _parsed(text: str, decoder: "msgspec.json.Decoder[Any]") -> Mapping[str, Any] | None:
    try:
        value = decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        try:
            value = json.loads(text)  # takes NaN and halves of characters, which the fast one refuses
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, Mapping) else None


def _broken(line: int) -> LineFault:
    return LineFault(
        line,
        "json",
        "cette ligne n'est pas un objet JSON complet ; corrigez-la ou supprimez-la.",
        "this line is not a whole JSON object; correct it or delete it.",
    )
