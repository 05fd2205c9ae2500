"""Messages between a process and the child that reads a file for it: MessagePack, each preceded by its length."""

import struct
from typing import IO

import msgspec

from ingest.readers.common.raw_list import Cells, LineFault

_LENGTH = struct.Struct("<Q")
_ENCODER = msgspec.msgpack.Encoder()

OUT_OF_MEMORY = 12
"""Exit status of a child that reached its limit of memory and could still report it."""


class OpenFile(msgspec.Struct, tag=True):
    """The first request: opens a source (see `Source`) with the reader `module.function`.

    `scratch` is a folder for temporary files, `cpu_s` the processor time that each reply may take.
    """

    module: str
    function: str
    scratch: str
    memory_bytes: int
    cpu_s: int
    name: str
    content: bytes | None
    path: str | None
    sha256: str
    size_bytes: int
    limit_mb: int
    packing: tuple[tuple[str, str], ...]
    inner_name: str


class NextRows(msgspec.Struct, tag=True):
    """Any later request: the next rows; the first ones with `from_start`."""

    from_start: bool


class Faults(msgspec.Struct):
    """The faults noted since the last reply, and the counts of the pass so far."""

    new: list[LineFault]
    total: int
    lines_left_out: int


class Opened(msgspec.Struct, tag=True):
    """The file is open: its columns, as in `Reading`."""

    columns: tuple[str, ...]
    open_ended: bool
    faults: Faults


class Rows(msgspec.Struct, tag=True):
    """Some rows of the pass, with the line of each."""

    lines: list[int]
    rows: list[Cells]
    faults: Faults


class End(msgspec.Struct, tag=True):
    """The pass is over."""

    faults: Faults


class Refusal(msgspec.Struct, tag=True):
    """The values of an `UnreadableFile`."""

    name: str
    fr: str
    en: str


class SystemFault(msgspec.Struct, tag=True):
    """The operating system refused something for a reason outside the file, such as a full disk."""

    errno: int


Request = OpenFile | NextRows
Reply = Opened | Rows | End | Refusal | SystemFault


def send(stream: IO[bytes], message: Request | Reply) -> None:
    """Writes one message. Raises BrokenPipeError when the other process has ended."""
    content = _ENCODER.encode(message)
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Reads one message, still encoded; None when the other process has ended."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None
