"""The tables of the store. Times are UTC; prices are euro cents per half-day; slots are UTC half-hours since 1970.

Vocabulary columns (`kind`, `status`, ...) hold the values of `geo.types`, guarded by CHECK constraints.
"""

from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from geo.store.dialect import BigKey, Json, PointColumn
from geo.types import PlaceKind, PlaceStatus, Precision, Sharing, SpaceKind

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A CHECK that a column holds a value of the enumeration."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


community = Table(
    "community",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("sharing", String(16), nullable=False),
    Column("colours", Json, nullable=False, comment="{brand, brand_ink, brand_wash}: CSS colours"),
    Column("values", Json, nullable=False, comment="list of words the community stands for"),
    Column("words", Text, nullable=False, comment="how it describes itself"),
    Column("partners", Json, nullable=False, comment="list of slugs"),
    Column("website", Text),
    one_of("sharing", Sharing),
)

membership = Table(
    "membership",
    metadata,
    Column("community", String(64), ForeignKey("community.slug", ondelete="CASCADE"), primary_key=True),
    Column("member", String(32), primary_key=True, comment="pseudonym of a person, the same in all communities"),
    CheckConstraint("length(member) = 32", name="member"),
    comment="who belongs to which community, for one purpose: how many members two communities share",
    sqlite_with_rowid=False,
)

place = Table(
    "place",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="taken from the table counter, never reused"),
    Column("name", Text, nullable=False),
    Column("match_key", Text, nullable=False, comment="exact-merge key: normalised name + address + INSEE"),
    Column("kind", String(24), nullable=False),
    Column("status", String(16), nullable=False),
    Column("address", Text, nullable=False, default=""),
    Column("complement", Text, nullable=False, default="", comment="building, floor, care of"),
    Column("postcode", String(5), nullable=False, default=""),
    Column("commune", Text, nullable=False, default="", comment="name as shown"),
    Column("insee", String(5), nullable=False, default=""),
    Column("lon", Float(53), nullable=False),
    Column("lat", Float(53), nullable=False),
    Column("position", PointColumn, nullable=False),
    Column("h3_r9", BigKey, nullable=False),  # cells under a coarser one are one range of numbers
    Column("precision", String(16), nullable=False),
    Column("expected_m", Float(53), nullable=False, default=0.0, comment="0 unless precision is commune"),
    Column("time_zone", String(48), nullable=False),
    Column("opening_hours", Text, comment="OSM syntax"),
    Column(
        "hours_assumed",
        Boolean,
        nullable=False,
        default=False,
        comment="by a stated rule, not from the source",
    ),
    Column("capacity", Integer, comment="people, as the source says"),
    Column("amenities", Json, nullable=False, comment="{amenity: yes|no}; absent is unknown"),
    Column("score", Float(53), comment="0-1: how sure the position is; NULL: unknown"),
    Column("phone", Text),
    Column("email", Text, comment="of a role (accueil@, mairie@), never of a person"),
    Column("website", Text),
    Column("siret", String(14)),
    Column("parent", Text, comment="the body that runs it"),
    Column(
        "origins",
        Json,
        nullable=False,
        default=dict,
        comment="{field: source}, where that is not the first source",
    ),
    Column("checked_on", Date, comment="how fresh the source's facts are"),
    Column("demo", Boolean, nullable=False, default=False, comment="its offer comes from the demo rule"),
    one_of("kind", PlaceKind),
    one_of("status", PlaceStatus),
    one_of("precision", Precision),
    CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="position"),
    Index("ix_place_h3_r9", "h3_r9"),
)

place_alias = Table(
    "place_alias",
    metadata,
    Column("alias_id", BigKey, primary_key=True, autoincrement=False),
    Column("place_id", BigKey, ForeignKey("place.id", ondelete="CASCADE"), nullable=False),
)

space = Table(
    "space",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),
    Column("place_id", BigKey, ForeignKey("place.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False, comment="stable within its place: kind + name"),
    Column("kind", String(24), nullable=False),
    Column("name", Text, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("price_half_day_cents", Integer),
    Column("member_price_half_day_cents", Integer),
    Column("opening_hours", Text, comment="NULL: those of the place"),
    Column("amenities", Json, nullable=False),
    Column("closed", Boolean, nullable=False, default=False),
    Column("demo", Boolean, nullable=False, default=False),
    one_of("kind", SpaceKind),
    CheckConstraint("seats > 0", name="seats"),
    CheckConstraint("price_half_day_cents >= 0 AND member_price_half_day_cents >= 0", name="price"),
    UniqueConstraint("place_id", "key"),
)

space_community = Table(
    "space_community",
    metadata,
    Column("space_id", BigKey, ForeignKey("space.id", ondelete="CASCADE"), primary_key=True),
    Column("community", String(64), ForeignKey("community.slug"), primary_key=True),
    Index("ix_space_community_community", "community"),
)

listing = Table(
    "listing",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),
    Column("source", String(64), nullable=False),
    Column("source_key", Text, nullable=False, comment="the list's own id, else normalised name + address"),
    Column("fingerprint", String(64), nullable=False, comment="SHA-256 of the raw row and its mapping"),
    Column("raw", Json, nullable=False),
    Column("facts", Json, nullable=False, comment="the row, normalised and located"),
    Column("trust", Integer, nullable=False, default=50, comment="0-100: how far the list's word counts"),
    Column("place_id", BigKey, ForeignKey("place.id"), nullable=False),
    Column("community", String(64), ForeignKey("community.slug"), comment="NULL: a public list"),
    Column("licence", Text, nullable=False),
    Column("import_id", BigKey, nullable=False, comment="the import that last changed it"),
    Column("has_own_key", Boolean, nullable=False, default=False),
    UniqueConstraint("source", "source_key"),
    Index("ix_listing_place_id", "place_id"),
)

unpublished = Table(
    "unpublished",
    metadata,
    Column("table_name", String(32), primary_key=True),
    Column("first_id", BigKey, primary_key=True, autoincrement=False),
    Column("last_id", BigKey, nullable=False),
    Column("import_id", BigKey, nullable=False),
    comment="ranges of places and listings that an import is writing, or an undo removing: no query shows them",
)

busy = Table(
    "busy",
    metadata,
    Column("space_id", BigKey, ForeignKey("space.id", ondelete="RESTRICT"), primary_key=True),
    Column("slot", BigKey, primary_key=True),
    Column("seats_taken", Integer, nullable=False),
    Column("seats", Integer, nullable=False, comment="of the space, so that the CHECK can decide"),
    CheckConstraint("seats_taken >= 0 AND seats_taken <= seats", name="seats_taken"),
    comment="the busy ledger: seats taken per UTC half-hour, decided by the CHECK",
)

counter = Table(
    "counter",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigKey, nullable=False),
    comment="next ids and the store revision; one row each so that writers queue on it",
)

store_identity = Table(
    "store_identity",
    metadata,
    Column("id", String(36), primary_key=True, comment="random UUID, made with the store"),
    comment="one row, by which a store differs from all others; an index names the store it was built from",
)

place_change = Table(
    "place_change",
    metadata,
    Column("place_id", BigKey, primary_key=True, autoincrement=False),
    Column("revision", BigKey, nullable=False),
    Index("ix_place_change_revision", "revision"),
    comment="last revision that touched a place, removed places included; feeds the overlay",
)

bulk_change = Table(
    "bulk_change",
    metadata,
    Column("first_id", BigKey, primary_key=True, autoincrement=False),
    Column("last_id", BigKey, primary_key=True, autoincrement=False),
    Column("revision", BigKey, nullable=False),
    Index("ix_bulk_change_revision", "revision"),
    comment="the same for a whole range of places that appeared or went at once",
)
