"""What an import or an undo did, for people and for programs."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import Language
from ingest.mapping.model import Mapping
from ingest.normalise.blank import known
from ingest.plan import MissingToOffer, Outcome
from ingest.readers.base import RawTable
from ingest.reasons import TEXTS
from ingest.records import Record

SAMPLE_ROWS = 20


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """What was understood of a column: the field it means (None: nothing), how surely, an example."""

    column: str
    field: str | None
    confidence: float
    personal: bool
    example: str


@dataclass(slots=True)
class ImportReport:
    """Outcome of one import; `import_id` is None for a dry run and when nothing had to change."""

    source: str
    community: str | None
    file_name: str
    title: str
    licence: str
    counts: dict[str, int]
    records: list[Record]
    outcomes: list[Outcome]
    place_of: list[int | None]
    columns: list[ColumnReading]
    missing: list[MissingToOffer]
    dry_run: bool
    offered: bool
    recognised: bool
    import_id: int | None = None

    @property
    def rows(self) -> int:
        """Rows of the file, blank lines left out."""
        return len(self.records)

    def to_dict(self, language: Language) -> dict[str, Any]:
        """The contract of `placelibre import --json`, and more; texts in `language`."""
        return {
            "source": self.source,
            "import_id": self.import_id,
            "community": self.community,
            "file_name": self.file_name,
            "title": self.title,
            "licence": self.licence,
            "dry_run": self.dry_run,
            "offered": self.offered,
            "recognised": self.recognised,
            "rows": self.rows,
            **self.counts,
            "rejections": [entry for record in self.records if (entry := _rejection(record, language))],
            "notes": [entry for record in self.records for entry in _notes(record, language)],
            "understood": [_column(item) for item in self.columns if item.field and not item.personal],
            "not_understood": [_column(item) for item in self.columns if not item.field or item.personal],
            "missing_to_offer": [_missing(item, language) for item in self.missing],
            "sample": [self._sample(i) for i in range(min(SAMPLE_ROWS, self.rows))],
        }

    def write_csv(self, path: Path, language: Language) -> None:
        """Every row's outcome as CSV (UTF-8 with BOM, so that spreadsheets read accents)."""
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(
                ["row", "line", "outcome", "place_id", "name", "field", "value", "reason", "message", "remedy", "notes"]
            )
            for record, outcome, place_id in zip(self.records, self.outcomes, self.place_of, strict=True):
                rejected = _rejection(record, language) or {}
                notes = " ".join(note["message"] for note in _notes(record, language))
                writer.writerow(
                    [record.row, record.line, outcome, place_id, record.name]
                    + [rejected.get(name, "") for name in ("field", "value", "reason", "message", "remedy")]
                    + [notes]
                )

    def _sample(self, i: int) -> dict[str, Any]:
        record = self.records[i]
        return {
            "row": record.row,
            "outcome": str(self.outcomes[i]),
            "place_id": self.place_of[i],
            "name": record.name,
            "kind": str(record.kind),
            "address": record.address,
            "postcode": record.postcode,
            "commune": record.commune,
            "lon": record.lon,
            "lat": record.lat,
            "precision": str(record.precision) if record.lon is not None else None,
            "opening_hours": record.hours,
            "amenities": record.amenities,
            "spaces": [
                {
                    "kind": str(item.kind),
                    "name": item.name,
                    "seats": item.seats,
                    "price_half_day_cents": item.price_half_day_cents,
                    "member_price_half_day_cents": item.member_price_half_day_cents,
                }
                for item in record.spaces
            ],
        }


def read_columns(table: RawTable, mapping: Mapping, personal: frozenset[str]) -> list[ColumnReading]:
    """What was understood of every column, in the list's order. Personal columns show no example."""
    meaning = mapping.meaning()
    readings = []
    for column in table.columns:
        hidden = column in personal
        said = None if hidden else meaning.get(column)
        confidence = mapping.confidence.get(column, 1.0) if said else 0.0
        example = "" if hidden else next((text for row in table.rows[:200] if (text := known(row[column]))), "")
        readings.append(ColumnReading(column, said, confidence, hidden, example[:80]))
    return readings


def explained(code: str, value: str, language: Language) -> dict[str, str]:
    """The sentence and remedy of a code of `ingest.reasons`."""
    text = TEXTS[code]
    return {"message": text.sentence(language, value), "remedy": text.remedy(language)}


def _rejection(record: Record, language: Language) -> dict[str, Any] | None:
    found = record.rejection
    if not found:
        return None
    facts = {"row": record.row, "line": record.line, "field": found.field, "value": found.value}
    return {**facts, "reason": str(found.reason), **explained(found.reason, found.value, language)}


def _notes(record: Record, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "row": record.row,
            "line": record.line,
            "field": item.field,
            "value": item.value,
            "note": str(item.note),
            **explained(item.note, item.value, language),
        }
        for item in record.remarks
    ]


def _column(item: ColumnReading) -> dict[str, Any]:
    return {
        "column": item.column,
        "field": item.field,
        "confidence": item.confidence,
        "personal": item.personal,
        "example": item.example,
    }


def _missing(item: MissingToOffer, language: Language) -> dict[str, Any]:
    texts = [TEXTS[code] for code in item.missing]
    return {
        "rows": list(item.rows),
        "name": item.name,
        "missing": [str(code) for code in item.missing],
        "message": " ".join(text.sentence(language, "") for text in texts),
        "remedy": " ".join(text.remedy(language) for text in texts),
    }
