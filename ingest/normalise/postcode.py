"""French postcodes, with the leading zero that spreadsheets eat."""

import re

_DIGITS = re.compile(r"(?<!\d)(?:[Ff][-\s]?)?(\d{2}\s?\d{3}|\d{4,5})(?:\.0)?(?!\d)")


def normalise(text: str) -> str:
    """Five digits, or "" when the cell holds none: "1000" -> "01000", "F-44 000" -> "44000", "0" -> ""."""
    found = _DIGITS.search(text)
    if not found:
        return ""
    digits = found.group(1).replace(" ", "").zfill(5)
    return digits if "01000" <= digits <= "98999" else ""


def insee(text: str) -> str:
    """An INSEE commune code, "" when the cell holds none: "1053" -> "01053", "2a004" -> "2A004"."""
    code = text.strip().upper().removesuffix(".0")
    if code.isdigit() and 4 <= len(code) <= 5:
        code = code.zfill(5)
    return code if re.fullmatch(r"\d[\dAB]\d{3}", code) and code > "01" else ""
