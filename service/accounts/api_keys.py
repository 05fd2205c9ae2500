"""Keys of communities: shown once, kept only as a hash.

A key is `plk_` and 32 random bytes. Nobody can guess 256 random bits from their SHA-256, so a slow password hash would
only make every request slower. Passwords of people will need one.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, select, update

from geo.errors import Conflict, KeyMissing, NotFound
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
        _require_community(connection, community)
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


def revoke_key(engine: Engine, reference: str, now: datetime) -> KeyRecord:
    """Stops a key from working, and returns it; a key that was revoked before stays as it is.

    `reference` is the key's id, its hint or the key itself. Raises NotFound, and Conflict when two keys have that hint.
    """
    with writing(engine) as connection:
        keys = connection.execute(select(api_key).where(_is_named(reference))).mappings().all()
        if not keys:
            raise NotFound(
                fr="Aucune clé n'a ce numéro ou ce début : « placelibre community keys » montre celles qui existent.",
                en="No key has this number or these first characters: “placelibre community keys” lists the keys.",
            )
        if len(keys) > 1:
            ids = ", ".join(str(key["id"]) for key in keys)
            raise Conflict(
                fr=f"Plusieurs clés commencent ainsi : donnez le numéro de l'une d'elles ({ids}).",
                en=f"Several keys begin with these characters: give the number of one of them ({ids}).",
            )
        (key,) = keys
        if key["revoked_at"] is None:
            revoked = update(api_key).where(api_key.c.id == key["id"]).values(revoked_at=now.astimezone(UTC))
            key = connection.execute(revoked.returning(api_key)).mappings().one()
    return _record(key)


def list_keys(engine: Engine, community: str) -> list[KeyRecord]:
    """Keys of a community, oldest first; never the keys themselves. Raises NotFound for an unknown community."""
    with reading(engine) as connection:
        _require_community(connection, community)
        keys = connection.execute(select(api_key).where(api_key.c.community == community).order_by(api_key.c.id))
        return [_record(key) for key in keys.mappings()]


def _is_named(reference: str) -> ColumnElement[bool]:
    """The condition that a key has this id, hint or text."""
    if reference.isdecimal() and len(reference) < 19:  # a 64-bit integer
        return api_key.c.id == int(reference)
    return api_key.c.hash == _hash(reference) if len(reference) == _KEY_LENGTH else api_key.c.hint == reference


def _require_community(connection: Connection, slug: str) -> None:
    """Raises NotFound for an unknown community."""
    if connection.execute(select(community_table.c.slug).where(community_table.c.slug == slug)).scalar() is None:
        raise NotFound(
            fr=f"La communauté « {slug} » n'existe pas : ajoutez-la avec « placelibre community add ».",
            en=f"The community “{slug}” does not exist: add it with “placelibre community add”.",
        )


def _record(key: RowMapping) -> KeyRecord:
    return KeyRecord(key["id"], key["community"], key["hint"], _utc(key["created_at"]), _utc_or_none(key["revoked_at"]))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _utc(stored: datetime) -> datetime:
    """SQLite gives times back without their zone, which is always UTC here; PostgreSQL in the session's."""
    return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


def _utc_or_none(stored: datetime | None) -> datetime | None:
    return None if stored is None else _utc(stored)
