"""The import desk: a community drops a list, sees what was understood, publishes it, takes it back.

A list that was previewed waits in its own folder, `<when, in hexadecimal>-<random>`, for a day at most. Only the
community whose key dropped it can publish it: the token names a folder, the key opens it.
"""

import errno
import hashlib
import json
import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Engine, select

from geo.errors import Language, NotAllowed, NotFound, StorageFull, UnreadableFile, UserError
from geo.geocoder.geocoder import Geocoder
from geo.store.engine import reading
from ingest.history import UndoReport, list_imports, undo
from ingest.journal.tables import import_run
from ingest.pipeline import ImportContext, import_file
from ingest.publication.report import ImportReport
from ingest.readers.open import READERS
from service.accounts.api_keys import authenticate
from service.fetching.file_names import safe_name

FORMATS = (*sorted(READERS), ".zip", ".gz")
"""What may be dropped: every format there is a reader for, packed or not."""
LIMIT_BYTES = 20_000_000
KEPT = timedelta(days=1)
MAX_SOURCE = 64

_TOKEN = re.compile(r"[0-9a-f]{8,12}-[A-Za-z0-9_-]{22}")
_FACTS = "upload.json"
_FOLDER = "list"
_STAGED = "staged"
_CLAIMED = ".publishing"


class ListTooLarge(UserError):
    code = "list_too_large"
    http_status = 413
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Ce fichier dépasse {limit_mb} Mo : découpez-le, ou demandez un import à la personne qui administre.",
        "en": "This file is larger than {limit_mb} MB: split it, or ask the person who runs this PlaceLibre.",
    }


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would do, and the token that publishes it."""

    token: str
    report: ImportReport


class ImportDesk:
    """Lists of communities, each guarded by its key. `now` is the clock; files wait under `uploads_dir`.

    `on_change` is called after every change of the store.
    """

    def __init__(
        self,
        engine: Engine,
        geocoder: Geocoder,
        uploads_dir: Path,
        now: Callable[[], datetime],
        *,
        mappings: Path | None = None,
        limit_bytes: int = LIMIT_BYTES,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._geocoder = geocoder
        self._mappings = mappings
        self._uploads = uploads_dir
        self._now = now
        self._on_change = on_change
        self.limit_bytes = limit_bytes
        """Size of the largest list that is accepted."""

    def preview(
        self,
        api_key: str | None,
        file_name: str,
        content: bytes,
        *,
        offered: bool = False,
        column_map: Mapping[str, str] | None = None,
        kind: str | None = None,
    ) -> Preview:
        """What publishing this list would do; nothing is published, the list waits for a day.

        Raises KeyMissing, ListTooLarge, UnreadableFile when it is not a list, StorageFull.
        """
        community = authenticate(self._engine, api_key)
        name = safe_name(file_name)
        self._check_content(name, content)
        self.purge()
        facts = {
            "community": community,
            "file": name,
            "source": source_of(community, name),
            "offered": offered,
            "column_map": dict(column_map or {}),
            "kind": kind,
        }
        token = f"{int(self._now().timestamp()):08x}-{secrets.token_urlsafe(16)}"
        folder = self._uploads / token
        try:
            with _disk(self._uploads):
                (folder / _FOLDER).mkdir(parents=True)
                (folder / _FOLDER / name).write_bytes(content)
                (folder / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
            return Preview(token, self._import(folder, facts, dry_run=True))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def publish(self, api_key: str | None, token: str) -> ImportReport:
        """Publishes a list that was previewed. Raises KeyMissing, or NotFound when no such list of theirs waits."""
        community = authenticate(self._engine, api_key)
        folder = self._uploads / token
        if not _TOKEN.fullmatch(token) or self._expired(token):
            raise _no_such_list()
        try:
            facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise _no_such_list() from error
        if facts["community"] != community:
            raise _no_such_list()
        # Renaming a folder happens once: of two clicks on "publish", one gets it.
        claimed = folder.with_name(token + _CLAIMED)
        try:
            folder.rename(claimed)
        except OSError as error:
            raise _no_such_list() from error
        try:
            report = self._import(claimed, facts, dry_run=False)
        except BaseException:
            claimed.rename(folder)
            raise
        shutil.rmtree(claimed, ignore_errors=True)
        self._on_change()
        return report

    def undo(self, api_key: str | None, import_id: int) -> UndoReport:
        """Takes back one of the community's own imports. Raises KeyMissing, NotFound, NotAllowed, Conflict."""
        community = authenticate(self._engine, api_key)
        with reading(self._engine) as connection:
            owner = connection.execute(select(import_run.c.community).where(import_run.c.id == import_id)).one_or_none()
        if owner is None:
            raise NotFound(
                fr=f"Il n'y a pas d'import n° {import_id} : voyez la liste de vos imports.",
                en=f"There is no import number {import_id}: see the list of your imports.",
            )
        if owner.community != community:
            raise NotAllowed
        report = undo(self._engine, import_id, self._now())
        self._on_change()
        return report

    def imports(self, api_key: str | None) -> list[dict[str, Any]]:
        """The community's own imports, newest first."""
        community = authenticate(self._engine, api_key)
        return [one for one in list_imports(self._engine) if one["community"] == community]

    def purge(self) -> int:
        """Deletes lists that waited for more than a day; returns how many. Done at every preview too."""
        if not self._uploads.is_dir():
            return 0
        old = [
            folder
            for folder in self._uploads.iterdir()
            if _TOKEN.fullmatch(folder.name.removesuffix(_CLAIMED)) and self._expired(folder.name)
        ]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)

    def _expired(self, token: str) -> bool:
        dropped_at_s = int(token.split("-", 1)[0], 16)
        return self._now().timestamp() - dropped_at_s > KEPT.total_seconds()

    def _check_content(self, name: str, content: bytes) -> None:
        if len(content) > self.limit_bytes:
            raise ListTooLarge(limit_mb=self.limit_bytes // 1_000_000)
        if Path(name).suffix.lower() not in FORMATS:
            listed = ", ".join(FORMATS)
            raise UnreadableFile(
                name=name,
                fr=f"ce format n'est pas lu ici ; enregistrez votre liste en {listed}.",
                en=f"this format is not read here; save your list as {listed}.",
            )

    def _import(self, folder: Path, facts: Mapping[str, Any], *, dry_run: bool) -> ImportReport:
        return import_file(
            self._engine,
            self._geocoder,
            folder / _FOLDER / facts["file"],
            source=facts["source"],
            community=facts["community"],
            kind=facts["kind"],
            column_map=facts["column_map"],
            offered=facts["offered"],
            dry_run=dry_run,
            now=self._now(),
            context=ImportContext(folder / _STAGED, self._mappings),
        )


def source_of(community: str, file_name: str) -> str:
    """Name of a community's list in the store: the same file dropped again is the same list.

    `community:words-of-the-file-name`, at most 64 characters; a colon is in no slug, so lists of two communities
    never meet.
    """
    plain = unicodedata.normalize("NFKD", Path(file_name).stem).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or _digest(file_name)
    source = f"{community}:{words}"
    if len(source) <= MAX_SOURCE:
        return source
    digest = _digest(source)
    return f"{source[: MAX_SOURCE - len(digest) - 1]}~{digest}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """Turns a full disk into the error that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(path=path) from error
        raise


def _no_such_list() -> NotFound:
    return NotFound(
        fr="Aucune liste en attente sous ce numéro, ou elle a expiré : déposez votre fichier à nouveau.",
        en="No list is waiting under this number, or it has expired: drop your file again.",
    )
