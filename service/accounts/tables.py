"""Table of the communities' keys."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    String,
    Table,
)

from geo.store.dialect import BigKey
from geo.store.schema import metadata

api_key = Table(
    "api_key",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="taken from the table counter, never reused"),
    Column("community", String(64), ForeignKey("community.slug"), nullable=False),
    Column("hash", String(64), nullable=False, unique=True, comment="SHA-256 of the whole key, in hexadecimal"),
    Column("hint", String(16), nullable=False, comment="first characters, to find it and to tell keys apart"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("length(hash) = 64", name="hash"),
    Index("ix_api_key_hint", "hint"),
)
