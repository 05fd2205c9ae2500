"""Values of filters as people type them: words of a vocabulary, distances, minutes, numbers, prices."""

import re
from enum import StrEnum
from functools import lru_cache

from geo.errors import InvalidInput
from geo.travel.straight_line import reach_m
from matching.query.query import Mode

_WITHIN = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(km|m|min)$", re.IGNORECASE)


DEFAULT_MODE_FOR_MINUTES = Mode.WALK


@lru_cache(maxsize=1024)
def parse_within(text: str, mode: Mode | None = None) -> float:
    """`10km`, `800m` or `20min` as a radius in metres; minutes go by `mode`, on foot when none is given."""
    found = _WITHIN.match(text.strip())
    if not found:
        raise InvalidInput(
            field="within",
            value=text,
            fr=f"« {text} » n'est pas une distance : écrivez par exemple 10km, 800m ou 20min.",
            en=f"“{text}” is not a distance: write for example 10km, 800m or 20min.",
        )
    amount, unit = float(found[1].replace(",", ".")), found[2].lower()
    if unit == "min":
        return reach_m(amount, mode or DEFAULT_MODE_FOR_MINUTES)
    return amount * (1000.0 if unit == "km" else 1.0)


@lru_cache(maxsize=1024)
def minutes_in(text: str) -> float | None:
    """The minutes of `20min`; None for what is no number of minutes."""
    found = _WITHIN.match(text.strip())
    return float(found[1].replace(",", ".")) if found and found[2].lower() == "min" else None


@lru_cache(maxsize=1024)
def words[Word: StrEnum](vocabulary: type[Word], given: tuple[str, ...], field: str) -> tuple[Word, ...]:
    """Words of a vocabulary, given one by one or separated by commas. Raises InvalidInput listing them all."""
    parts = [part.strip() for text in given for part in text.split(",")]
    return tuple(word(vocabulary, part, field) for part in parts if part)


@lru_cache(maxsize=1024)
def word[Word: StrEnum](vocabulary: type[Word], given: str, field: str) -> Word:
    """One word of a vocabulary. Raises InvalidInput listing them all."""
    try:
        return vocabulary(given.strip().lower())
    except ValueError as error:
        listed = ", ".join(vocabulary)
        raise InvalidInput(
            field=field,
            value=given,
            fr=f"« {given} » n'existe pas ici : choisissez parmi {listed}.",
            en=f"“{given}” does not exist here: choose among {listed}.",
        ) from error


def number_of_seats(text: str, field: str) -> int:
    """A number of seats. Raises InvalidInput."""
    if text.isdecimal() and len(text) < 7:
        return int(text)
    raise InvalidInput(
        field=field,
        value=text,
        fr=f"« {text} » n’est pas un nombre de places : écrivez par exemple 2.",
        en=f"“{text}” is not a number of seats: write for example 2.",
    )


def number_of_weeks(text: str, _field: str) -> int:
    """0, which no search accepts, where it is no number: the search says what is possible."""
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def price_in_euros(text: str, field: str) -> float:
    """`15`, `12,50 €`. Raises InvalidInput."""
    number = text.replace("€", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
    if number.replace(".", "", 1).isdecimal() and len(number) < 10:
        return float(number)
    raise InvalidInput(
        field=field,
        value=text,
        fr=f"« {text} » n’est pas un prix : écrivez par exemple 15.",
        en=f"“{text}” is not a price: write for example 15.",
    )
