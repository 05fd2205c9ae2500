"""French postcodes and INSEE codes, with the leading zero that spreadsheets eat."""

import re

_DIGITS = re.compile(r"(?<!\d)(?:[Ff][Rr]?[-\s]?)?(\d{2}\s?\d{3}|\d{4,5})(?:[.,]0+)?(?!\d)")
_SPACES = re.compile(r"\s")
_CODE = re.compile(r"\d[\dAB]\d{3}")


def normalise(text: str) -> str:
    """Five digits, or "" when the cell holds none: "1000" -> "01000", "F-44 000" -> "44000", "0" -> "".

    CEDEX codes are kept: the gazetteer knows which commune they serve.
    """
    if len(text) == 5 and text.isdigit() and text.isascii():
        return text if "01000" <= text <= "98999" else ""
    if not text:
        return ""
    match = _DIGITS.search(text)
    if not match:
        return ""
    digits = _SPACES.sub("", match.group(1)).zfill(5)
    return digits if "01000" <= digits <= "98999" else ""


def insee(text: str) -> str:
    """An INSEE commune code, "" when the cell holds none: "1053" -> "01053", "2a004" and "2A 004" -> "2A004"."""
    if not text:
        return ""
    if len(text) == 5 and text.isdigit() and text.isascii():
        return text if text > "01" else ""
    code = _SPACES.sub("", text).upper().removesuffix(".0").removesuffix(",0")
    if code.isdigit() and 4 <= len(code) <= 5:
        code = code.zfill(5)
    return code if _CODE.fullmatch(code) and code > "01" else ""
