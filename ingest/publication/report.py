"""The report of an import, for people and for programs."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from geo.errors import Language
from ingest.exchange.formula_guard import neutralise
from ingest.mapping.drift import Difference
from ingest.mapping.model import Mapping
from ingest.normalise.blank import cell_text
from ingest.publication.plan import MissingToOffer, Outcome, Plan
from ingest.readers.common.raw_list import LineFault, RawTable
from ingest.rows.diagnostics import TEXTS

SAMPLE_ROWS = 20


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """The reading of a column: its field (None: not understood), the confidence 0-1, an example."""

    column: str
    field: str | None
    confidence: float
    personal: bool
    example: str
    reason: tuple[str, str] | None = None


@dataclass(slots=True)
class ImportReport:
    """Outcome of one import; `import_id` is None for a dry run and when nothing had to change.

    `table`: every row's outcome (`report_rows`); `samples`: the first rows as they were parsed; `source_keys`: the key
    of each row, "" for a rejected one.
    """

    source: str
    community: str | None
    file_name: str
    title: str
    licence: str
    counts: dict[str, int]
    table: pl.DataFrame
    samples: list[dict[str, Any]]
    columns: list[ColumnReading]
    missing: list[MissingToOffer]
    dry_run: bool
    offered: bool
    recognised: bool
    drift: tuple[Difference, ...] = ()
    coordinates: tuple[str, str] | None = None
    faults: tuple[LineFault, ...] = ()
    left_out: int = 0
    import_id: int | None = None
    source_keys: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows of the file, blank lines left out."""
        return self.table.height

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
            "rejections": rejections(self.table, language),
            "notes": notes(self.table, language),
            "understood": [_column(item, language) for item in self.columns if item.field and not item.personal],
            "not_understood": [_column(item, language) for item in self.columns if not item.field or item.personal],
            "drift": [difference.sentence()[language != "fr"] for difference in self.drift],
            "coordinates": self.coordinates and self.coordinates[language != "fr"],
            "faults": [_fault(fault, language) for fault in self.faults],
            "lines_left_out": self.left_out,
            "missing_to_offer": [_missing(item, language) for item in self.missing],
            "sample": self.samples,
        }

    def write(self, path: Path, language: Language) -> None:
        """Every row's outcome, as JSON for a name that ends so, else as CSV."""
        write_rows(self.table, path, language)


def report_rows(plan: Plan) -> pl.DataFrame:
    """Every row's outcome. Provisional ids mean nothing outside the plan: such places are null."""
    place_id = pl.Series("place_id", plan.place_of)
    return plan.rows.select(
        "row",
        "line",
        pl.Series("outcome", [str(outcome) for outcome in plan.outcomes], dtype=pl.String),
        pl.when(place_id > 0).then(place_id).otherwise(None).alias("place_id"),
        *("name", "reason", "field", "value", "notes"),
    )


def packed(table: pl.DataFrame) -> bytes:
    """Report rows as Parquet, as the journal keeps them."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def unpacked(content: bytes) -> pl.DataFrame:
    """Report rows that `packed` gave."""
    return pl.read_parquet(io.BytesIO(content))


def write_rows(table: pl.DataFrame, path: Path, language: Language) -> None:
    """Every row's outcome in words, as JSON or CSV (UTF-8 with BOM, so that spreadsheets read accents)."""
    if path.suffix == ".json":
        path.write_bytes(
            msgspec.json.format(msgspec.json.encode([_outcome(row, language) for row in table.to_dicts()]))
        )
        return
    names = ("row", "line", "outcome", "place_id", "name", "field", "value", "reason", "message", "remedy", "notes")
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for row in table.iter_rows(named=True):
            outcome = _outcome(row, language)
            outcome["notes"] = " ".join(note["message"] for note in outcome["notes"])
            writer.writerow([neutralise(str(outcome.get(name, ""))) for name in names])


def _outcome(row: dict[str, Any], language: Language) -> dict[str, Any]:
    values = {name: "" if row[name] is None else row[name] for name in ("row", "line", "outcome", "place_id", "name")}
    rejected = _rejection(row, language) or {}
    return (
        values
        | {name: rejected.get(name, "") for name in ("field", "value", "reason", "message", "remedy")}
        | {"notes": _notes(row, language)}
    )


def rejections(table: pl.DataFrame, language: Language) -> list[dict[str, Any]]:
    """The rejected rows, each with its reason and remedy."""
    rows = table.filter(pl.col("reason").is_not_null()).to_dicts()
    return [entry for row in rows if (entry := _rejection(row, language))]


def notes(table: pl.DataFrame, language: Language) -> list[dict[str, Any]]:
    """Corrections and omissions, row by row."""
    rows = table.filter(pl.col("notes").is_not_null()).to_dicts()
    return [entry for row in rows for entry in _notes(row, language)]


def samples(plan: Plan) -> list[dict[str, Any]]:
    """The first rows as they were parsed."""
    head = plan.rows.head(SAMPLE_ROWS).to_dicts()
    return [_sample(row, plan.outcomes[i], int(plan.place_of[i])) for i, row in enumerate(head)]


def _sample(row: dict[str, Any], outcome: Outcome, place_id: int) -> dict[str, Any]:
    placed = row["facts"] is not None
    spaces = msgspec.json.decode(row["spaces"]) if row["spaces"] else []
    names = ("kind", "name", "seats", "price_half_day_cents", "member_price_half_day_cents")
    return {
        "row": row["row"],
        "outcome": str(outcome),
        "place_id": place_id if place_id > 0 else None,
        **{
            name: row[name] if row[name] is not None else ""
            for name in ("name", "kind", "address", "postcode", "commune")
        },
        **{name: row[name] for name in ("lon", "lat", "precision", "opening_hours")},
        "amenities": msgspec.json.decode(row["amenities"]) if placed else {},
        "spaces": [{name: space.get(name) for name in names} for space in spaces],
    }


def read_columns(table: RawTable, mapping: Mapping, personal: frozenset[str]) -> list[ColumnReading]:
    """The reading of every column, in the list's order. Personal columns show no example."""
    meaning = mapping.meaning()
    readings = []
    for column in table.columns:
        hidden = column in personal
        field_name = None if hidden else meaning.get(column)
        confidence = mapping.confidence.get(column, 1.0) if field_name else 0.0
        example = "" if hidden else next((text for row in table.rows[:200] if (text := cell_text(row[column]))), "")
        reason = mapping.reasons.get(column) if field_name else None
        readings.append(ColumnReading(column, field_name, confidence, hidden, example[:80], reason))
    return readings


def explained(code: str, value: str, language: Language) -> dict[str, str]:
    """The sentence and remedy of a code of `ingest.rows.diagnostics`."""
    text = TEXTS[code]
    return {"message": text.sentence(language, value), "remedy": text.remedy(language)}


def _rejection(row: dict[str, Any], language: Language) -> dict[str, Any] | None:
    if row["reason"] is None:
        return None
    facts = {name: row[name] for name in ("row", "line", "field", "value", "reason")}
    return facts | explained(row["reason"], row["value"] or "", language)


def _notes(row: dict[str, Any], language: Language) -> list[dict[str, Any]]:
    remarks = msgspec.json.decode(row["notes"]) if row["notes"] else []
    return [
        {"row": row["row"], "line": row["line"], **remark, **explained(remark["note"], remark["value"], language)}
        for remark in remarks
    ]


def _fault(item: LineFault, language: Language) -> dict[str, Any]:
    message = item.fr if language == "fr" else item.en
    return {"line": item.line, "code": str(item.code), "message": message, "left_out": item.left_out}


def _column(item: ColumnReading, language: Language) -> dict[str, Any]:
    return {
        "column": item.column,
        "field": item.field,
        "confidence": item.confidence,
        "personal": item.personal,
        "example": item.example,
        "reason": item.reason[language != "fr"] if item.reason else None,
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
