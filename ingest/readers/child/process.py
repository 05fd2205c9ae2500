"""The parent's side: a `Reader` whose work is done in a child process, and what the end of that process means.

A child reads one file. It has a limit of memory for its life and of time for each reply. It ends with the pass that
reaches the end of the list; a later pass starts another.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
from ingest.readers.common import unreadable
from ingest.readers.common.limits import CHILD_BYTES_PER_S, CHILD_MEMORY_BYTES, CHILD_S
from ingest.readers.common.raw_list import Chunk, FaultLog, Reading
from ingest.readers.common.source import Scratch, Source

_ROOT = Path(__file__).parents[3]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from ingest.readers.child.worker import main; main()"
_MEMORY_SIGNS = (b"memory allocation of", b"bad_alloc")
"""What Rust and C++ write before they abort for lack of memory."""

_CPU_TIMES = 10
"""Processor time of a reply, in multiples of its time limit: several threads may work, and only orphans get there."""

_STDERR = "stderr"
_STDERR_BYTES = 4_000
_DYING_S = 5.0
"""How long a child that stopped replying may take to end."""

_DECODER: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChildReader:
    """A `Reader`: `function` of `module`, run in a child process.

    `beyond_memory` makes the error for a file that takes more memory than a child may have.
    """

    module: str
    function: str = "read"
    beyond_memory: Callable[[str], UnreadableFile] = unreadable.beyond_memory

    def __call__(self, source: Source, log: FaultLog) -> Reading:
        """Opens a file. Raises UnreadableFile, also when the child dies."""
        reading = _ChildReading(self, source, log)
        opened = reading.open()
        return Reading(opened.columns, reading.chunks, opened.open_ended)


class ChildDeath(Exception):
    """The cause of a refusal: the exit status of a child (negative: a signal) and the end of its standard error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"exit status {status}\n{text}")
        self.status = status


class _ChildReading:
    """The passes over one file."""

    def __init__(self, reader: ChildReader, source: Source, log: FaultLog) -> None:
        self._reader, self._source, self._log = reader, source, log
        self._child: _Child

    def open(self) -> Opened:
        self._child = _Child(self._reader, self._source)
        opened = self._child.open()
        self._note(opened.faults)
        return opened

    def chunks(self) -> Iterator[Chunk]:
        if self._child.has_ended:
            self.open()
            self._log.clear()
        child = self._child
        child.request(NextRows(from_start=True))
        while isinstance(reply := child.receive(), Rows):
            self._note(reply.faults)
            child.request(NextRows(from_start=False))  # read while these rows are handled
            yield reply.lines, reply.rows
        child.end()
        assert isinstance(reply, End)  # noqa: S101 - requests and replies take turns
        self._note(reply.faults)

    def _note(self, faults: Faults) -> None:
        self._log.extend(faults.new, faults.total, faults.lines_left_out)


class _Child:
    """One child process with one file."""

    def __init__(self, reader: ChildReader, source: Source) -> None:
        self._reader, self._source = reader, source
        self._seconds = CHILD_S + source.size_bytes // CHILD_BYTES_PER_S
        self._awaited = 0
        self._is_late = False
        self._scratch = Scratch()
        # -P: the folder one stands in must not come first among the places of modules.
        command = [sys.executable, "-P", "-c", _START, str(_ROOT)]
        with (self._scratch.path / _STDERR).open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - the file goes through the pipe only
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )
        self._finalizer = weakref.finalize(self, _end_process, self._process)

    def open(self) -> Opened:
        """Opens the file. Raises UnreadableFile."""
        source = self._source
        self.request(
            OpenFile(
                self._reader.module,
                self._reader.function,
                str(self._scratch.path),
                CHILD_MEMORY_BYTES,
                _CPU_TIMES * self._seconds,
                source.name,
                source.content,
                None if source.path is None else str(source.path.resolve()),
                source.sha256,
                source.size_bytes,
                source.limit_mb,
                source.packing,
                source.inner_name,
            )
        )
        opened = self.receive()
        assert isinstance(opened, Opened)  # noqa: S101 - requests and replies take turns
        return opened

    def request(self, request: Request) -> None:
        """Sends a request whose reply `receive` waits for. Raises UnreadableFile when the child has died."""
        try:
            with self._in_time():
                send(_pipe(self._process.stdin), request)
        except BrokenPipeError as error:
            raise self._death() from error
        self._awaited += 1

    def receive(self) -> Opened | Rows | End:
        """The reply to the last request; those to earlier ones belong to a pass that was given up.

        Raises UnreadableFile when the file is refused or the child dies, OSError when the system fails.
        """
        content: bytes | None = b""
        while self._awaited and content is not None:
            with self._in_time():
                content = receive(_pipe(self._process.stdout))
            self._awaited -= 1
        if content is None:
            raise self._death()
        try:
            reply = _DECODER.decode(content)
        except msgspec.MsgspecError as error:
            raise self._death() from error
        if isinstance(reply, Refusal):
            self.end()
            raise UnreadableFile(name=reply.name, fr=reply.fr, en=reply.en)
        if isinstance(reply, SystemFault):
            self.end()
            raise OSError(reply.errno, os.strerror(reply.errno))
        return reply

    @property
    def has_ended(self) -> bool:
        return not self._finalizer.alive

    def end(self) -> None:
        """Ends the child, if it still runs."""
        self._finalizer()

    def _death(self) -> UnreadableFile:
        """The error for a child that ended by itself or was killed."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING_S)
        self.end()
        status = self._process.returncode
        text = (self._scratch.path / _STDERR).read_bytes()[-_STDERR_BYTES:]
        error = self._error(status, text)
        error.__cause__ = ChildDeath(status, text.decode(errors="replace"))
        _log.warning("The reader of %s died: %s", self._source.name, error.__cause__)
        return error

    def _error(self, status: int, text: bytes) -> UnreadableFile:
        name = self._source.name
        if self._is_late or status == -signal.SIGXCPU:
            return unreadable.too_slow(name, self._seconds)
        # The system kills the largest process when memory runs out.
        no_memory = status in (OUT_OF_MEMORY, -signal.SIGKILL) or any(sign in text for sign in _MEMORY_SIGNS)
        return self._reader.beyond_memory(name) if no_memory else unreadable.ends_its_reader(name)

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Kills the child when what is inside takes too long."""
        timer = threading.Timer(self._seconds, self._kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _kill(self) -> None:
        self._is_late = True
        self._process.kill()


def _end_process(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):  # what was still to be sent
            _pipe(pipe).close()
    process.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - `Popen` opens both
    return pipe
