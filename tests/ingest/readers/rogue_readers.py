"""Readers that end badly, as a library of compiled code may; a child process runs them."""

import os
import signal
import time
from collections.abc import Iterator
from typing import NoReturn

from ingest.readers.common.raw_list import Chunk, FaultLog, LineFault, Reading
from ingest.readers.common.source import Source

ROWS = [{"nom": f"Lieu {i}"} for i in range(6)]


def exhaust_memory(source: Source, log: FaultLog) -> NoReturn:
    """Takes memory until there is none."""
    held: list[bytes] = []
    while True:
        held.append(bytes(50_000_000))


def hang(source: Source, log: FaultLog) -> NoReturn:
    """Never replies, and does not even compute."""
    while True:
        time.sleep(60)


def crash(source: Source, log: FaultLog) -> Reading:
    """Dies by a signal, as after a write to memory that is not its own."""
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def crash_halfway(source: Source, log: FaultLog) -> Reading:
    """Gives two chunks and dies before the third."""

    def chunks() -> Iterator[Chunk]:
        yield [1, 2], ROWS[:2]
        yield [3, 4], ROWS[2:4]
        crash(source, log)

    return Reading(("nom",), chunks)


def fill_the_disk(source: Source, log: FaultLog) -> NoReturn:
    """Meets a full disk."""
    raise OSError(28, os.strerror(28))


def err(source: Source, log: FaultLog) -> NoReturn:
    """Has a fault of ours."""
    raise KeyError("no such thing")


def print_and_note(source: Source, log: FaultLog) -> Reading:
    """Prints, and notes a fault before and after each chunk of two rows."""

    def chunks() -> Iterator[Chunk]:
        for i in range(0, 6, 2):
            print("a library may print", flush=True)
            os.write(1, b"without Python knowing\n")
            log.add(LineFault(i + 1, "encoding", "à vérifier.", "check it.", left_out=False))
            yield range(i + 1, i + 3), ROWS[i : i + 2]
        log.add(LineFault(7, "truncated", "le fichier s'arrête.", "the file stops."), lines=4)

    return Reading(("nom",), chunks)


def leave_files(source: Source, log: FaultLog) -> Reading:
    """Unpacks the file to the disk, and tells where."""
    path = source.on_disk(10, ".bin")
    return Reading(("path",), lambda: iter([([1], [{"path": str(path)}]), ([2], [{"path": "the end"}])]))
