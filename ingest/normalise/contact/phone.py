"""Telephone numbers of places: in French notation as they are stored, in E.164 as they are exchanged.

A mobile belongs to a person: it is not kept.
"""

import re
from collections.abc import Iterator

from phonenumbers import (
    Leniency,
    PhoneNumber,
    PhoneNumberMatcher,
    PhoneNumberType,
    national_significant_number,
    number_type,
)

_PUNCTUATION = str.maketrans("", "", " .-/\u00a0\u202f")
_SEPARATOR = re.compile(r"[/;,|\n]|\bou\b|\bet\b| [-–] ")
_PAIRS = re.compile(r"(?<!\d)0[1-9](?:[\s.\-]?\d{2}){4}")
_NATIONAL = re.compile(r"0[1-9][0-9]{8}")
_SHORT = re.compile(r"3[0-9]{3}")
"""National services, such as 39 49."""

_MOBILE = ("06", "07")
"""Overseas too; prefixes, because the library does not know numbers that no operator has yet."""

_FRENCH_CODES = frozenset((33, 262, 508, 590, 594, 596))
"""Country codes whose numbers have ten digits with their 0."""

_COUNTRY_CODES = {
    **dict.fromkeys(("0262", "0263", "0269"), "+262"),
    **{f"0{code}": f"+{code}" for code in (590, 594, 596)},
    "0508": "+",  # the first digits of Saint-Pierre-et-Miquelon are its country code
}
"""Country codes overseas, by the first digits of a number."""

_EXCHANGED = re.compile(r"\+(?:33|590|594|262|596|269|687|689|508|681)\d{6,9}")
"""What the data schema of mediation places takes for a number."""


def normalise(text: str) -> str | None:
    """The first fixed number of a cell as "02 40 12 34 56", or "+687 445728" abroad; None without one."""
    plain = text.translate(_PUNCTUATION)
    if _NATIONAL.fullmatch(plain):
        return _stored(plain)  # nearly every cell, and the library takes twenty times as long
    return next((stored for number in _numbers(text) if (stored := _stored(number))), None)


def to_e164(stored: str) -> str | None:
    """ "02 40 12 34 56" as "+33240123456"; None for a number that the schema of exchange does not take."""
    plain = stored.translate(_PUNCTUATION)
    e164 = _COUNTRY_CODES.get(plain[:4], "+33") + plain[1:] if _NATIONAL.fullmatch(plain) else plain
    return e164 if _EXCHANGED.fullmatch(e164) else None


def _numbers(text: str) -> Iterator[str]:
    """The numbers of a text, without blanks: ten digits in France, with the country code abroad."""
    for part in _SEPARATOR.split(text):
        digits = re.sub(r"\D", "", part)
        if _SHORT.fullmatch(digits):
            yield digits
        for match in PhoneNumberMatcher(part, "FR", leniency=Leniency.POSSIBLE):
            if number_type(match.number) != PhoneNumberType.MOBILE:
                yield _dialled(match.number)
    # Numbers with nothing between them but blanks.
    yield from (pairs.translate(_PUNCTUATION) for pairs in _PAIRS.findall(text))


def _dialled(number: PhoneNumber) -> str:
    digits = national_significant_number(number)
    return f"0{digits}" if number.country_code in _FRENCH_CODES else f"+{number.country_code} {digits}"


def _stored(number: str) -> str | None:
    if number.startswith("+"):
        return number
    if _SHORT.fullmatch(number):
        return f"{number[:2]} {number[2:]}"
    if not _NATIONAL.fullmatch(number) or number.startswith(_MOBILE):
        return None
    return f"{number[:2]} {number[2:4]} {number[4:6]} {number[6:8]} {number[8:]}"
