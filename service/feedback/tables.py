"""Tables of the search log."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from geo.store.dialect import BigKey
from geo.store.schema import metadata
from matching.query.weights import TERM_NAMES

impression = Table(
    "impression",
    metadata,
    Column("id", String(32), primary_key=True, comment="random; nothing leads from it to a person"),
    Column("hour", DateTime(timezone=True), nullable=False, comment="UTC, cut to the hour"),
    Column("h3_r7", BigKey, nullable=False, comment="cell of about 5 km² searched from, never the position"),
    Column("mode", String(8)),
    Column("preset", String(16), nullable=False),
    Column("seats", Integer, nullable=False),
    Column("windowed", Boolean, nullable=False, comment="whether a time was asked for"),
    Column("candidates", Boolean, nullable=False),
    Column("lost_before", Integer, nullable=False, comment="what could not be written since the last one"),
    Index("ix_impression_hour", "hour"),
    comment="searches of visitors who agreed to it, forgotten after PLACELIBRE_SEARCH_LOG_DAYS",
)


impression_result = Table(
    "impression_result",
    metadata,
    Column("impression_id", String(32), ForeignKey("impression.id", ondelete="CASCADE"), primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False, comment="as shown, from 1"),
    Column("place_id", BigKey, nullable=False, comment="no foreign key: what was shown stays so"),
    Column("space_id", BigKey, comment="NULL: a candidate"),
    *(Column(name, Float(53), comment="0-1; NULL: the search could not use the term") for name in TERM_NAMES),
    Column("clicked", Boolean, nullable=False, default=False),
    Column("booked", Boolean, nullable=False, default=False),
)
