"""Who belongs to a community, kept for one purpose: to know how many members two communities share.

Kept are pseudonyms: the first 128 bits of HMAC-SHA256, under the installation's secret, of what a list gives of a
member, an e-mail address or an identifier. The same person has the same pseudonym in every community; without the
secret, which is not in the store, nobody can try out addresses. Only counts are ever shown.
"""

import csv
import hashlib
import hmac
import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, select

from geo.errors import InvalidInput, Language, NotFound
from geo.reference.toponyms import fold
from geo.store.dialect import insert_many
from geo.store.engine import reading, writing
from geo.store.revisions import record_communities_change
from geo.store.schema import community as community_table
from geo.store.schema import membership
from ingest.readers.common.source import open_file
from ingest.readers.common.text_decoding import decode
from ingest.readers.tables.csv import sniff_delimiter

ADDRESS_COLUMNS = ("email", "e mail", "mail", "courriel", "adresse e mail")
MEMBER_COLUMNS = (*ADDRESS_COLUMNS, "member", "membre", "identifiant", "id")
"""Titles, as `fold` makes them, of the column that tells who; the first of these that the list has."""
CONSENT_COLUMNS = ("consent", "consentement", "accord")
"""Titles of the column that tells whether the member agreed to be counted."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_YES = frozenset({"oui", "yes", "true", "vrai", "1", "x", "o", "y"})
LONGEST = 254
"""Characters of an e-mail address (RFC 5321)."""
_DELETED_AT_ONCE = 500
_SAMPLE_CHARACTERS = 100_000
_PSEUDONYM_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line of the list that counts for nobody, and why; what it holds is not repeated."""

    row: int
    fr: str
    en: str

    def text(self, language: Language) -> str:
        return self.fr if language == "fr" else self.en


@dataclass(slots=True)
class MembersReport:
    """What a list changed. `rows` are `added`, `already_there` (twice in the list, too) or `rejected`; for a list of
    those who leave, `removed`, `not_there` or `rejected`. Replacing removes besides those whom the list does not name.
    """

    members: int = 0
    """Of the community, afterwards."""
    rows: int = 0
    added: int = 0
    already_there: int = 0
    removed: int = 0
    not_there: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        return len(self.rejections)


def add_members(engine: Engine, community: str, path: Path, secret: bytes, *, replace: bool = False) -> MembersReport:
    """Takes in a CSV of members; with `replace` those it does not name leave.

    Raises NotFound for an unknown community, InvalidInput for a list without a column of members, UnreadableFile.
    """
    report, listed = _read(path, secret, agreed_only=True)
    with writing(engine) as connection:
        before, given = _members(connection, community), set(listed)
        fresh, gone = given - before, before - given if replace else set()
        _change(connection, community, fresh, gone)
    report.added, report.already_there, report.removed = len(fresh), len(listed) - len(fresh), len(gone)
    report.members = len(before) + len(fresh) - len(gone)
    return report


def remove_members(engine: Engine, community: str, path: Path | None, secret: bytes) -> MembersReport:
    """Forgets those whom a CSV names, or all members. Raises what `add_members` does."""
    report, listed = (MembersReport(), None) if path is None else _read(path, secret, agreed_only=False)
    with writing(engine) as connection:
        before = _members(connection, community)
        gone = before if listed is None else before & set(listed)
        _change(connection, community, set(), gone)
    report.removed, report.members = len(gone), len(before) - len(gone)
    report.not_there = 0 if listed is None else len(listed) - len(gone)
    return report


def count_members(engine: Engine, community: str) -> int:
    """How many members are known of a community. Raises NotFound."""
    with reading(engine) as connection:
        _check_known(connection, community)
        counted = select(func.count()).select_from(membership).where(membership.c.community == community)
        return int(connection.execute(counted).scalar_one())


def pseudonym(told: str, secret: bytes) -> str:
    """32 hexadecimal digits; capitals, blanks around and the form of accents do not matter."""
    plain = unicodedata.normalize("NFKC", told).strip().casefold()
    return hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()[:_PSEUDONYM_CHARACTERS]


def _read(path: Path, secret: bytes, *, agreed_only: bool) -> tuple[MembersReport, list[str]]:
    """A report of the rows of a CSV and of those rejected, and the pseudonyms of the others, one per row.

    Whoever leaves need not have agreed to be counted."""
    with open_file(path, path.name) as file:
        text = decode(file.read(), path.name)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=sniff_delimiter(text[:_SAMPLE_CHARACTERS]))
    titles = {fold(title): title for title in reader.fieldnames or () if title}
    named = next((name for name in MEMBER_COLUMNS if name in titles), None)
    if named is None:
        raise InvalidInput(
            field="file",
            value=path.name,
            fr=f"« {path.name} » n'a pas de colonne de membres : intitulez-la « email » ou « membre ».",
            en=f"“{path.name}” has no column of members: give it the title “email” or “member”.",
        )
    consent = next((titles[name] for name in CONSENT_COLUMNS if name in titles), None) if agreed_only else None
    report, members = MembersReport(), []
    for row in reader:
        if not any(row.values()):
            continue
        report.rows += 1
        told = (row[titles[named]] or "").strip()
        fault = _fault(told, is_address=named in ADDRESS_COLUMNS)
        if fault is None and consent is not None and fold(row[consent] or "") not in _YES:
            fault = ("sans accord : demandez-le au membre", "no consent: ask the member for it")
        if fault is not None:
            report.rejections.append(Rejection(reader.line_num, *fault))
        else:
            members.append(pseudonym(told, secret))
    return report, members


def _fault(told: str, *, is_address: bool) -> tuple[str, str] | None:
    """Why a cell names nobody, with the remedy, in French and in English."""
    if not told:
        return "aucun membre : remplissez la colonne", "no member: fill in the column"
    if len(told) > LONGEST:
        return f"plus de {LONGEST} caractères : raccourcissez", f"more than {LONGEST} characters: shorten it"
    if is_address and not _ADDRESS.fullmatch(told):
        return "pas une adresse électronique : corrigez-la", "not an e-mail address: correct it"
    return None


def _members(connection: Connection, community: str) -> set[str]:
    _check_known(connection, community)
    return set(connection.execute(select(membership.c.member).where(membership.c.community == community)).scalars())


def _check_known(connection: Connection, community: str) -> None:
    if connection.execute(select(community_table.c.slug).where(community_table.c.slug == community)).scalar() is None:
        raise NotFound(
            fr=f"La communauté « {community} » n'existe pas : ajoutez-la avec « placelibre community add ».",
            en=f"The community “{community}” does not exist: add it with “placelibre community add”.",
        )


def _change(connection: Connection, community: str, fresh: set[str], gone: set[str]) -> None:
    """Adds and removes members; when there are any, notes that there is something to learn."""
    if fresh:
        insert_many(connection, membership, ["community", "member"], [(community, one) for one in sorted(fresh)])
    listed = sorted(gone)
    for at in range(0, len(listed), _DELETED_AT_ONCE):
        some = listed[at : at + _DELETED_AT_ONCE]
        connection.execute(delete(membership).where(membership.c.community == community, membership.c.member.in_(some)))
    if fresh or gone:
        record_communities_change(connection)
