"""Numbers with the word they count: one and less is singular in French, one alone in English."""

from geo.errors import Language


def counted_fr(number: int, singular: str, plural: str | None = None) -> str:
    """« 0 ligne », « 1 ligne », « 2 lignes »; `other` where an s will not do."""
    return f"{number} {singular if number < 2 else plural or singular + 's'}"


def counted_en(number: int, singular: str, plural: str | None = None) -> str:
    """“0 rows”, “1 row”, “2 rows”; `other` where an s will not do, as for adjectives."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def rows_text(number: int, language: Language) -> str:
    """So many rows of a list."""
    return counted_fr(number, "ligne") if language == "fr" else counted_en(number, "row")
