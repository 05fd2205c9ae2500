"""Bytes to lines of text: BOM, then UTF-8, then the guess of chardet, then cp1252, line by line where they are mixed.

French lists saved by spreadsheets are cp1252 more often than not, and detectors guess exotic
code pages for them: only an answer that is plausible for a French list is followed.
"""

import codecs
import io
from collections.abc import Iterator

import chardet

from ingest.readers.common import unreadable
from ingest.readers.common.limits import BLOCK_BYTES, MAX_LINE_BYTES, TEXT_BLOCK_BYTES
from ingest.readers.common.raw_list import FaultLog, LineFault
from ingest.readers.common.source import Readable, Source

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PLAUSIBLE = frozenset({"windows-1252", "cp1252", "iso-8859-15", "macroman", "mac-roman", "cp850", "cp858"})
_SAMPLE_BYTES = 200_000
_BINARY_NULS = 0.01
_ASCII = bytes(range(128))
_MAGIC = (
    (b"PK\x03\x04", "un classeur ou une archive zip", "a workbook or a zip archive"),
    (b"%PDF", "un PDF", "a PDF"),
    (b"\x89PNG", "une image", "an image"),
    (b"\xff\xd8\xff", "une image", "an image"),
    (b"GIF8", "une image", "an image"),
    (b"\xd0\xcf\x11\xe0", "un ancien classeur .xls", "an old .xls workbook"),
    (b"SQLite format 3", "une base SQLite", "an SQLite database"),
    (b"PAR1", "un fichier Parquet", "a Parquet file"),
    (b"\x7fELF", "un programme", "a program"),
    (b"MZ\x90", "un programme", "a program"),
    (b"Rar!", "une archive RAR", "a RAR archive"),
    (b"7z\xbc\xaf", "une archive 7z", "a 7z archive"),
)


def decode(content: bytes, name: str) -> str:
    """Text of a small document. Raises UnreadableFile when it is binary."""
    encoding = encoding_of(content, name)
    if encoding == "utf-8":
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        if encoding.startswith("utf-"):
            raise unreadable.truncated(name) from error
        return content.decode(encoding, errors="replace")


def encoding_of(start: bytes, name: str) -> str:
    """How text that starts so is encoded; for mixed encodings, how the lines that are not UTF-8 are.

    Raises UnreadableFile when it is binary.
    """
    for magic, french, english in _MAGIC:
        if start.startswith(magic):
            raise unreadable.really_is(name, french, english)
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return encoding
    nuls = start.count(b"\0")
    if nuls:
        for encoding, high in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
            if high.count(b"\0") > 0.6 * len(high):
                return encoding
        if nuls > max(4, _BINARY_NULS * len(start)):
            raise unreadable.nul_bytes(name)
    foreign = b"".join(line for line in start[:_SAMPLE_BYTES].splitlines(keepends=True) if not _is_utf8(line))
    # The sample may end within a character: one odd line at its very end proves nothing.
    if not foreign or (len(start) >= BLOCK_BYTES and start[:_SAMPLE_BYTES].endswith(foreign)):
        return "utf-8"
    return _legacy(foreign if _has_utf8_besides(start, foreign) else start[:_SAMPLE_BYTES])


def lines(source: Source, encoding: str, log: FaultLog) -> Iterator[str]:
    """The lines of `blocks_of_lines`, one by one."""
    for block in blocks_of_lines(source, encoding, log):
        yield from block


def blocks_of_lines(source: Source, encoding: str, log: FaultLog) -> Iterator[list[str]]:
    """Lines with their ends, as `csv` wants them; lines that cannot be text are noted and come out blank."""
    with source.open() as stream:
        first_line = 1
        reader = _Blocks(source.name, encoding, log)
        for block in _blocks(_as_bytes(stream, encoding), log):
            block_lines = io.StringIO(reader.text(block, first_line), newline="").readlines()
            first_line += len(block_lines)
            yield block_lines


class _Blocks:
    """Decodes blocks of whole lines, and remembers which encoding the list began with."""

    def __init__(self, name: str, encoding: str, log: FaultLog) -> None:
        self._legacy = encoding if not encoding.startswith("utf-") else "cp1252"
        self._log = log
        self._main = ""

    def text(self, block: bytes, first_line: int) -> str:
        if b"\0" not in block:
            try:
                text = block.decode()
            except UnicodeDecodeError:
                pass  # line by line below
            else:
                if block.isascii():
                    return text
                self._main = self._main or "utf-8"
                if self._main == "utf-8":
                    return text
        parts = block.splitlines(keepends=True)
        return "".join(self._line(part, line) for line, part in enumerate(parts, start=first_line))

    def _line(self, raw: bytes, line: int) -> str:
        if b"\0" in raw:
            self._log.add(_nul(line))
            return "\n"
        if raw.isascii():
            return raw.decode("ascii")
        try:
            text, encoding = raw.decode(), "utf-8"
        except UnicodeDecodeError:
            text, encoding = raw.decode(self._legacy, errors="replace"), self._legacy
        self._main = self._main or encoding
        if encoding != self._main:
            self._log.add(_mixed(line, encoding))
        return text


def _as_bytes(stream: Readable, encoding: str) -> Iterator[bytes]:
    """Chunks of the stream, those of UTF-16 and UTF-32 rewritten as UTF-8."""
    if encoding.startswith(("utf-16", "utf-32")):
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        while chunk := stream.read(TEXT_BLOCK_BYTES):
            yield decoder.decode(chunk).lstrip("\ufeff").encode(errors="replace")
        return
    chunk = stream.read(TEXT_BLOCK_BYTES).removeprefix(codecs.BOM_UTF8)
    while chunk:
        yield chunk
        chunk = stream.read(TEXT_BLOCK_BYTES)


def _blocks(chunks: Iterator[bytes], log: FaultLog) -> Iterator[bytes]:
    """The same bytes cut at line ends. A line over MAX_LINE_BYTES is noted and comes out blank."""
    carry, line, skipping = b"", 1, False
    for chunk in chunks:
        block = carry + chunk
        cut = block.rfind(b"\n") + 1 or block.rfind(b"\r", 0, -1) + 1
        if skipping:
            end = block.find(b"\n") + 1
            if not end:
                carry = b""
                continue
            block, skipping, cut, carry = b"\n" + block[end:], False, cut - end + 1, b""
        if not cut:
            carry = block
            if len(carry) > MAX_LINE_BYTES:
                log.add(_long_line(line))
                carry, skipping = b"", True
            continue
        yield block[:cut]
        line += block.count(b"\n", 0, cut)
        carry = block[cut:]
    if carry:
        yield carry


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _has_utf8_besides(start: bytes, foreign: bytes) -> bool:
    """Whether accents stand outside the foreign lines: else the whole sample is one old encoding."""
    return len(start[:_SAMPLE_BYTES].translate(None, _ASCII)) > len(foreign.translate(None, _ASCII))


def _legacy(sample: bytes) -> str:
    encoding = str(chardet.detect(sample).get("encoding") or "").lower()
    if encoding in _PLAUSIBLE:
        try:
            sample.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            return "cp1252"  # a wrong guess: cp1252 reads any byte
        return encoding
    return "cp1252"


def _nul(line: int) -> LineFault:
    return LineFault(
        line,
        "nul",
        "cette ligne contient des octets nuls : elle est abîmée ; recopiez-la depuis la liste d'origine.",
        "this line contains NUL bytes: it is damaged; copy it again from the original list.",
    )


def _mixed(line: int, encoding: str) -> LineFault:
    return LineFault(
        line,
        "encoding",
        f"cette ligne est encodée autrement que les autres ({encoding}) ; vérifiez ses accents.",
        f"this line is encoded otherwise than the others ({encoding}); check its accents.",
        left_out=False,
    )


def _long_line(line: int) -> LineFault:
    return LineFault(
        line,
        "long_line",
        f"cette ligne dépasse {MAX_LINE_BYTES // 1_000_000} Mo ; découpez-la ou supprimez-la.",
        f"this line is over {MAX_LINE_BYTES // 1_000_000} MB; split it or delete it.",
    )
