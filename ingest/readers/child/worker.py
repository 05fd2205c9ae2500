"""The child's side: opens one file and replies with its rows as they are requested, until the requests end."""

import os
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import IO

import msgspec

from geo.errors import UnreadableFile
from ingest.readers.child.messages import (
    OUT_OF_MEMORY,
    End,
    Faults,
    NextRows,
    Opened,
    OpenFile,
    Refusal,
    Reply,
    Request,
    Rows,
    SystemFault,
    receive,
    send,
)
from ingest.readers.common.raw_list import Chunk, FaultLog, Reading
from ingest.readers.common.source import Source

_UNUSED_MODULES = ("pandas", "geopandas")
"""pyogrio loads them when it can, for half a second; no reader uses them."""

_DECODER: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)


def main() -> None:
    """Serves requests until the parent closes them or ends."""
    requests, replies = _streams()
    sys.modules.update(dict.fromkeys(_UNUSED_MODULES))  # type: ignore[arg-type]  # None forbids an import
    worker = _Worker()
    while (content := receive(requests)) is not None:
        reply = worker.reply_to(_DECODER.decode(content))
        try:
            send(replies, reply)
        except BrokenPipeError:
            break  # the parent has ended


class _Worker:
    """One file, its faults, and the pass under way."""

    def __init__(self) -> None:
        self._log = FaultLog()
        self._faults_sent = 0
        self._cpu_s = 0
        self._source: Source  # keeps what it unpacks on the disk
        self._reading: Reading
        self._chunks: Iterator[Chunk] = iter(())

    def reply_to(self, request: Request) -> Reply:
        """The reply to one request. Ends the process when memory runs out."""
        try:
            return self._open(request) if isinstance(request, OpenFile) else self._next_rows(request)
        except UnreadableFile as refusal:
            return Refusal(refusal.values["name"], refusal.values["fr"], refusal.values["en"])
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except OSError as error:
            if error.errno is None:
                raise
            return SystemFault(error.errno)

    def _open(self, request: OpenFile) -> Opened:
        self._cpu_s = request.cpu_s
        limit_memory(request.memory_bytes)
        limit_cpu(self._cpu_s)
        tempfile.tempdir = request.scratch
        reader = getattr(import_module(request.module), request.function)
        self._source = Source(
            request.name,
            request.content,
            None if request.path is None else Path(request.path),
            request.sha256,
            request.size_bytes,
            request.limit_mb,
            request.packing,
            request.inner_name,
        )
        self._reading = reader(self._source, self._log)
        return Opened(self._reading.columns, self._reading.open_ended, self._new_faults())

    def _next_rows(self, request: NextRows) -> Rows | End:
        limit_cpu(self._cpu_s)
        if request.from_start:
            self._log.clear()
            self._faults_sent = 0
            self._chunks = self._reading.chunks()
        chunk = next(self._chunks, None)
        if chunk is None:
            return End(self._new_faults())
        lines, rows = chunk
        return Rows(list(lines), rows, self._new_faults())

    def _new_faults(self) -> Faults:
        new = self._log.faults[self._faults_sent :]
        self._faults_sent += len(new)
        return Faults(new, self._log.total, self._log.lines_left_out)


def _streams() -> tuple[IO[bytes], IO[bytes]]:
    """Requests and replies. What a library prints goes to the standard error, not among the replies."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return requests, replies


def limit_memory(size_bytes: int) -> None:
    """Bounds the address space, where the system can (not on Windows), and writes no core file."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (size_bytes, size_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu(seconds: int) -> None:
    """Grants some seconds of processor time from now on, where the system can: a child whose parent was killed ends."""
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds, most))
