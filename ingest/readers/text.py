"""Bytes to text: BOM, then UTF-8, then what chardet says, then cp1252.

French lists saved by spreadsheets are cp1252 more often than not, and detectors guess exotic
code pages for them: only an answer that is plausible for a French list is followed.
"""

import codecs

import chardet

from ingest.readers import failures

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PLAUSIBLE = frozenset({"windows-1252", "cp1252", "iso-8859-15", "macroman", "mac-roman", "cp850", "cp858"})
_SAMPLE_BYTES = 200_000
_MAGIC = (
    (b"PK\x03\x04", "un classeur ou une archive zip", "a workbook or a zip archive"),
    (b"%PDF", "un PDF", "a PDF"),
    (b"\x89PNG", "une image", "an image"),
    (b"\xff\xd8\xff", "une image", "an image"),
    (b"\xd0\xcf\x11\xe0", "un ancien classeur .xls", "an old .xls workbook"),
    (b"SQLite format 3", "une base SQLite", "an SQLite database"),
)


def decode(content: bytes, name: str) -> str:
    """Text of a file. Raises UnreadableFile when it is binary."""
    for magic, french, english in _MAGIC:
        if content.startswith(magic):
            raise failures.really_is(name, french, english)
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            try:
                return content.decode(encoding).lstrip("\ufeff")
            except UnicodeDecodeError as error:
                raise failures.truncated(name) from error
    if b"\0" in content:
        raise failures.nul_bytes(name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(content)


def _decode_legacy(content: bytes) -> str:
    guess = chardet.detect(content[:_SAMPLE_BYTES])
    encoding = str(guess.get("encoding") or "").lower()
    if encoding in _PLAUSIBLE:
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            pass  # a wrong guess: cp1252 below reads any byte
    return content.decode("cp1252", errors="replace")
