"""Numbers with the noun they count, in French and English, by the plural rules of CLDR."""

from collections.abc import Callable
from functools import cache

from geo.errors import Language


def count_fr(number: int, singular: str, plural: str | None = None) -> str:
    """« 0 ligne », « 1 ligne », « 2 lignes »; `plural` is `singular` and an s by default."""
    return _count(number, "fr", singular, plural)


def count_en(number: int, singular: str, plural: str | None = None) -> str:
    """“0 rows”, “1 row”, “2 rows”; `plural` is `singular` and an s by default."""
    return _count(number, "en", singular, plural)


def rows_text(number: int, language: Language) -> str:
    """The number of rows of a list: « 2 lignes », “2 rows”."""
    return count_fr(number, "ligne") if language == "fr" else count_en(number, "row")


def _count(number: int, language: Language, singular: str, plural: str | None) -> str:
    noun = singular if _plural_rule(language)(number) == "one" else plural or singular + "s"
    return f"{number} {noun}"


@cache
def _plural_rule(language: Language) -> Callable[[float], str]:
    """The CLDR plural category of a number: "one", "many" or "other"."""
    from babel import Locale  # not needed by a search

    rule: Callable[[float], str] = Locale.parse(language).plural_form
    return rule
