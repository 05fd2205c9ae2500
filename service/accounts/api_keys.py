"""Keys of communities: shown once, kept only as a hash.

A key is `plk_` and 32 random bytes. Nobody can guess 256 random bits from their SHA-256, so a slow password hash would
only make every request slower. Passwords of people will need one.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, select, update

from geo.errors import KeyMissing, NotFound
from geo.store.engine import reading, writing
from geo.store.revisions import mint
from geo.store.schema import community as community_table
from service.accounts.tables import api_key

PREFIX = "plk_"
HINT_LENGTH = len(PREFIX) + 6
"""Characters stored in clear, to look a key up and to tell it from others: 36 of its 256 bits."""
_KEY_LENGTH = len(PREFIX) + 43


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it can be shown after its creation. Times are UTC."""

    id: int
    community: str
    hint: str
    created_at: datetime
    revoked_at: datetime | None


def create_key(engine: Engine, community: str, now: datetime) -> str:
    """A new key for a community; this is the only time it can be read. Raises NotFound for an unknown community."""
    key = PREFIX + secrets.token_urlsafe(32)
    with writing(engine) as connection:
        slug = connection.execute(select(community_table.c.slug).where(community_table.c.slug == community)).scalar()
        if slug is None:
            raise NotFound(
                fr=f"La communauté « {community} » n'existe pas : ajoutez-la avec « placelibre community add ».",
                en=f"The community “{community}” does not exist: add it with “placelibre community add”.",
            )
        (key_id,) = mint(connection, "api_key")
        connection.execute(
            api_key.insert().values(
                id=key_id,
                community=community,
                hash=_hash(key),
                hint=key[:HINT_LENGTH],
                created_at=now.astimezone(UTC),
            )
        )
    return key


def authenticate(engine: Engine, key: str | None) -> str:
    """Slug of the community a key belongs to. Raises KeyMissing for no key, a wrong one or a revoked one."""
    if not key or len(key) != _KEY_LENGTH or not key.startswith(PREFIX) or not key.isascii():
        raise KeyMissing
    with reading(engine) as connection:
        candidates = connection.execute(
            select(api_key.c.hash, api_key.c.community).where(
                api_key.c.hint == key[:HINT_LENGTH], api_key.c.revoked_at.is_(None)
            )
        ).all()
    digest = _hash(key)
    owners = [community for stored, community in candidates if hmac.compare_digest(stored, digest)]
    if not owners:
        raise KeyMissing
    return str(owners[0])


def revoke(engine: Engine, key_id: int, now: datetime) -> None:
    """Stops a key from working; again is no error. Raises NotFound."""
    with writing(engine) as connection:
        row = connection.execute(select(api_key.c.revoked_at).where(api_key.c.id == key_id)).one_or_none()
        if row is None:
            raise NotFound(
                fr=f"Il n'y a pas de clé n° {key_id} : vérifiez son numéro dans la liste des clés.",
                en=f"There is no key number {key_id}: check its number in the list of keys.",
            )
        if row.revoked_at is None:
            connection.execute(update(api_key).where(api_key.c.id == key_id).values(revoked_at=now.astimezone(UTC)))


def list_keys(engine: Engine, community: str | None = None) -> list[KeyRecord]:
    """Keys of a community, or of all, oldest first; never the keys themselves."""
    statement = select(api_key).order_by(api_key.c.id)
    if community is not None:
        statement = statement.where(api_key.c.community == community)
    with reading(engine) as connection:
        rows = connection.execute(statement).mappings().all()
    return [
        KeyRecord(row["id"], row["community"], row["hint"], _utc(row["created_at"]), _utc_or_none(row["revoked_at"]))
        for row in rows
    ]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _utc(stored: datetime) -> datetime:
    """SQLite gives times back without their zone, which is always UTC here; PostgreSQL in the session's."""
    return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


def _utc_or_none(stored: datetime | None) -> datetime | None:
    return None if stored is None else _utc(stored)
