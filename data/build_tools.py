"""What the parts of `build.py` share: deterministic compressed files, and taking personal data out."""

import csv
import gzip
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

EMAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
MOBILE = re.compile(
    r"(?<![\d.,])(?:"
    r"(?:\+|00)\s?33[\s.\-]?(?:\(0\)[\s.\-]?)?[67](?:[\s.\-/]?\d{2}){4}"
    r"|0\s?[67](?:[\s.\-/]{0,2}\d{2}){4}"
    r"|(?:\+|00)\s?(?:262|590|594|596|508|689|687)[\s.\-]?(?:\(0\)[\s.\-]?)?[67]\d(?:[\s.\-/]?\d{2,3}){2,3}"
    r")(?!\d)"
)


def without_personal(text: str) -> str:
    """`text` without e-mail addresses and mobile numbers (06, 07, +33 6, overseas 069x)."""
    if "@" not in text and not MOBILE.search(text):
        return text
    return MOBILE.sub("", EMAIL.sub("", text)).strip(" ;/,-")


def write_gzip(path: Path, content: bytes) -> None:
    """Compressed file whose bytes depend on `content` alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> None:
    """Compressed UTF-8 CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_gzip(path, text.getvalue().encode())
