"""One row of a list on its way to the store."""

from dataclasses import dataclass, field
from datetime import date

import msgspec

from geo.types import PlaceKind, Precision, SpaceKind
from ingest.readers.common.raw_list import Cells
from ingest.rows.diagnostics import Note, Reason


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row makes no place: the field at fault and its value."""

    reason: Reason
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A correction or an omission in a row that was accepted."""

    note: Note
    field: str
    value: str


class SpaceDraft(msgspec.Struct, omit_defaults=True, frozen=True):
    """A bookable unit as a row describes it. `key` is stable within its place.

    `price_note`: the words of a tariff that the two prices do not express in full (before tax, "from", by the month).
    """

    key: str
    kind: SpaceKind
    name: str
    seats: int | None
    price_half_day_cents: int | None = None
    member_price_half_day_cents: int | None = None
    opening_hours: str | None = None
    amenities: dict[str, str] = {}
    price_note: str | None = None


@dataclass(slots=True)
class Record:
    """A row, normalised and located. A row with a `rejection` makes no place.

    `lon`, `lat` in decimal degrees; `expected_m` is 0 unless `precision` is commune; `score` of the position from 0 to
    1, None when it has none (`ingest.rows.locate`). `sources`, `licences`: of the lists a row was made from, if stated;
    `agreed`: whether the host agreed, in lists with a column for it.
    """

    row: int
    line: int
    raw: Cells
    fingerprint: str = ""
    source_key: str = ""
    own_key: bool = False
    rejection: Rejection | None = None
    remarks: list[Remark] = field(default_factory=list)
    name: str = ""
    kind: PlaceKind = PlaceKind.OTHER
    address: str = ""
    complement: str = ""
    postcode: str = ""
    commune: str = ""
    insee: str = ""
    departement: str = ""
    lon: float | None = None
    lat: float | None = None
    precision: Precision = Precision.EXACT
    expected_m: float = 0.0
    score: float | None = None
    time_zone: str = ""
    match_key: str = ""
    hours: str | None = None
    capacity: int | None = None
    phone: str | None = None
    email: str | None = None
    siret: str | None = None
    parent: str | None = None
    website: str | None = None
    checked_on: date | None = None
    amenities: dict[str, str] = field(default_factory=dict)
    sources: str | None = None
    licences: str | None = None
    agreed: bool | None = None
    spaces: list[SpaceDraft] = field(default_factory=list)

    def reject(self, reason: Reason, name: str, value: str) -> None:
        """Marks the row as rejected; the first reason stays."""
        self.rejection = self.rejection or Rejection(reason, name, value[:200])

    def remark(self, note: Note, name: str, value: str) -> None:
        """Records a correction or an omission."""
        self.remarks.append(Remark(note, name, value[:200]))
