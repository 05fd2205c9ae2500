"""Telephone numbers of places. A mobile belongs to a person: it is not kept."""

import re

_NOT_DIGITS = re.compile(r"\D")
_PUNCTUATION = str.maketrans("", "", " .-/\u00a0\u202f")
_MOBILE = re.compile(r"^(?:0[67]|0?(?:690|691|692|693|694|696|697|639))")
_OVERSEAS = ("262", "590", "594", "596", "508")
_SEPARATOR = re.compile(r"[/;,|\n]|\bou\b|\bet\b| [-–] ")
_WHOLE = re.compile(r"(?<!\d)0[1-9](?:[\s.\-]?\d{2}){4}")
_PREFIX_OF = {"0262": "+262", "0269": "+262", "0590": "+590", "0594": "+594", "0596": "+596", "0508": "+508"}


def normalise(text: str) -> str | None:
    """ "02 40 12 34 56", or "+687 445728" abroad; the first fixed number of the cell, None without one."""
    if not text:
        return None
    plain = text.translate(_PUNCTUATION)
    if len(plain) == 10 and plain.isdigit() and plain.isascii():
        return _one(plain)
    for part in _SEPARATOR.split(text):
        number = _one(part)
        if number:
            return number
    # Numbers with nothing between them but blanks, or with words before them.
    return next((number for whole in _WHOLE.findall(text) if (number := _one(whole))), None)


def e164(text: str) -> str | None:
    """The same number as the world dials it: "+33240123456", "+262262517993"; None for short ones such as 39 49.

    A short number is a national service's, not a place's: it must not make two places alike.
    """
    shown = normalise(text)
    if shown is None or len(shown) < 8:
        return None
    digits = shown.replace(" ", "")
    if digits.startswith("+"):
        return digits
    return _PREFIX_OF.get(digits[:4], "+33") + digits[1:]


def _one(text: str) -> str | None:
    digits = text if text.isdigit() and text.isascii() else _NOT_DIGITS.sub("", text.replace("(0)", ""))
    if text.strip().startswith("+") or digits.startswith("00"):
        international = digits.removeprefix("00")
        if international.startswith("33"):
            digits = "0" + international[2:].removeprefix("0")
        elif international.startswith(_OVERSEAS):
            digits = "0" + international[3:].removeprefix("0") if len(international) > 9 else ""
        else:
            return f"+{international[:3]} {international[3:]}" if 8 <= len(international) <= 15 else None
    if len(digits) == 9 and digits[0] != "0":
        digits = "0" + digits
    if len(digits) == 4 and digits.startswith("3"):
        return f"{digits[:2]} {digits[2:]}"
    if len(digits) != 10 or digits[0] != "0" or digits[1] == "0" or _MOBILE.match(digits):
        return None
    return f"{digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:8]} {digits[8:]}"
