"""The bytes of a list: in memory or in a file, plain or packed (.gz, .bz2, .zip)."""

import bz2
import gzip
import hashlib
import io
import shutil
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol, cast

from ingest.readers.common import unreadable
from ingest.readers.common.limits import BLOCK_BYTES, MAX_ARCHIVE_ENTRIES, MAX_MB, MAX_STREAMED_MB

DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, OSError, ValueError)
"""What unpacking raises for bytes that are not what they should be."""

PACKED = (".gz", ".bz2", ".zip")
_MAGIC = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".zip": b"PK"}


class Readable(Protocol):
    """The part of a binary stream that readers use."""

    def read(self, size: int = -1, /) -> bytes: ...


class BoundedStream:
    """A decompressing stream limited to `limit_mb`. Raises UnreadableFile beyond."""

    def __init__(self, stream: Readable, name: str, limit_mb: int) -> None:
        self._stream, self._name, self._limit_mb = stream, name, limit_mb
        self._left = limit_mb * 1_000_000

    def read(self, size: int = -1, /) -> bytes:
        limit = self._left + 1 if size < 0 else min(size, self._left + 1)
        try:
            content = self._stream.read(limit)
        except DAMAGED as error:
            raise unreadable.truncated(self._name) from error
        self._left -= len(content)
        if self._left < 0:
            raise unreadable.too_large(self._name, self._limit_mb)
        return content


class Scratch:
    """`path` is an empty folder for what libraries only read from a path; gone with the last reference to it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="placelibre-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, str(self.path), ignore_errors=True)


@dataclass(slots=True)
class Source:
    """One file, openable as often as wanted.

    `packing` are the layers around the list, outermost first; `inner_name` is the name of the list itself.
    """

    name: str
    content: bytes | None
    path: Path | None
    sha256: str
    size_bytes: int
    limit_mb: int = MAX_STREAMED_MB
    packing: tuple[tuple[str, str], ...] = ()
    inner_name: str = ""
    _spooled: dict[str, Scratch] = field(default_factory=dict)

    @contextmanager
    def open(self) -> Iterator[Readable]:
        """The bytes of the list, unpacked. Raises UnreadableFile while reading, when they are damaged or too many."""
        layers: list[IO[bytes]] = [self._raw()]
        stream: Readable = layers[0]
        try:
            for kind, member in self.packing:
                layers.append(_layer(kind, member, layers[-1], self.name))
                stream = layers[-1]
            yield BoundedStream(stream, self.name, self.limit_mb)
        finally:
            for layer in reversed(layers):
                layer.close()

    def whole(self, limit_mb: int | None = None) -> bytes:
        """All the bytes. Raises UnreadableFile beyond `limit_mb` (by default MAX_MB)."""
        limit = min(self.limit_mb, MAX_MB if limit_mb is None else limit_mb)
        if self.content is not None and not self.packing:
            if len(self.content) > limit * 1_000_000:
                raise unreadable.too_large(self.name, limit)
            return self.content
        with self.open() as stream:
            return BoundedStream(stream, self.name, limit).read()

    def start(self, size: int = BLOCK_BYTES) -> bytes:
        """The first bytes of the list."""
        with self.open() as stream:
            return read_up_to(stream, size)

    def on_disk(self, limit_mb: int, suffix: str) -> Path:
        """A file that holds the list unpacked, for libraries that want a path; gone with this source."""
        if self.path is not None and not self.packing:
            return self.path
        if suffix in self._spooled:
            return self._spooled[suffix].path / f"list{suffix}"
        folder = Scratch()
        path = folder.path / f"list{suffix}"
        with self.open() as stream, path.open("wb") as copy:
            bounded = BoundedStream(stream, self.name, min(self.limit_mb, limit_mb))
            while block := bounded.read(BLOCK_BYTES):
                copy.write(block)
        self._spooled[suffix] = folder
        return path

    def _raw(self) -> IO[bytes]:
        if self.content is not None:
            return io.BytesIO(self.content)
        assert self.path is not None  # noqa: S101 - a source has one of the two
        return open_file(self.path, self.name)


def read_up_to(stream: Readable, size: int) -> bytes:
    """`size` bytes or all there are: one read of a stream may give fewer."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def open_file(path: Path, name: str) -> IO[bytes]:
    """Raises UnreadableFile with the reason when it cannot."""
    try:
        return path.open("rb")
    except PermissionError as error:
        raise unreadable.not_permitted(name) from error
    except FileNotFoundError as error:
        raise unreadable.missing(name) from error
    except OSError as error:
        raise unreadable.not_readable(name) from error


def digest_of(path: Path, name: str) -> str:
    """SHA-256 of a file. Raises UnreadableFile."""
    digest = hashlib.sha256()
    with open_file(path, name) as stream:
        try:
            while block := stream.read(BLOCK_BYTES):
                digest.update(block)
        except OSError as error:
            raise unreadable.not_readable(name) from error
    return digest.hexdigest()


def archive_members(source: Source) -> list[zipfile.ZipInfo]:
    """The files of an archive, without those that operating systems add. Raises UnreadableFile."""
    try:
        with zipfile.ZipFile(_seekable(source)) as archive:
            entries = archive.infolist()
    except DAMAGED as error:
        raise unreadable.truncated(source.name) from error
    except NotImplementedError as error:
        raise unreadable.unusual_packing(source.name) from error
    if len(entries) > MAX_ARCHIVE_ENTRIES:
        raise unreadable.too_many_entries(source.name, MAX_ARCHIVE_ENTRIES)
    files = [item for item in entries if not item.is_dir() and not _is_litter(item.filename)]
    if any(item.flag_bits & 1 for item in files):
        raise unreadable.encrypted(source.name)
    return files


def member_bytes(source: Source, member: str, limit_mb: int) -> bytes:
    """One file of an archive. Raises UnreadableFile."""
    with source.open() as outer:
        content = io.BytesIO(BoundedStream(outer, source.name, limit_mb).read())
    with _layer(".zip", member, content, source.name) as stream:
        return BoundedStream(stream, source.name, limit_mb).read()


def is_packed_as(kind: str, start: bytes) -> bool:
    """Whether bytes begin like a .gz, .bz2 or .zip."""
    return start.startswith(_MAGIC[kind])


def _seekable(source: Source) -> IO[bytes]:
    if not source.packing:
        return source._raw()
    return io.BytesIO(source.whole())


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith((".", "~$"))


def _layer(kind: str, member: str, stream: IO[bytes], name: str) -> IO[bytes]:
    try:
        if kind == ".gz":
            return cast(IO[bytes], gzip.open(stream))
        if kind == ".bz2":
            return bz2.open(stream)
        if not stream.seekable():
            raise unreadable.unusual_packing(name)
        return zipfile.ZipFile(stream).open(member)
    except NotImplementedError as error:
        raise unreadable.unusual_packing(name) from error
    except (KeyError, RuntimeError, *DAMAGED) as error:
        raise unreadable.truncated(name) from error
