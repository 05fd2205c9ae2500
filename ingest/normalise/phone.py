"""Telephone numbers of places. A mobile belongs to a person: it is not kept."""

import re

_MOBILE = re.compile(r"^(?:0[67]|0?(?:690|691|692|693|694|696|697|639))")
_OVERSEAS = ("262", "590", "594", "596", "508")


def normalise(text: str) -> str | None:
    """ "02 40 12 34 56", or "+687 445728" abroad; the first fixed number of the cell, None without one."""
    for part in re.split(r"[/;,|]|\bou\b|\bet\b", text):
        number = _one(part)
        if number:
            return number
    return None


def _one(text: str) -> str | None:
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
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
    return " ".join(digits[i : i + 2] for i in range(0, 10, 2))
