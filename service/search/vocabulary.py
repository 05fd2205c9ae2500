"""Words of a filter: one of a list, a distance, minutes; as people type them."""

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
