"""How the values of filters become fields of a `Query`, and back."""

from enum import StrEnum
from typing import Any

from geo.errors import InvalidInput
from service.search.filters import QueryField
from service.search.vocabulary import word, words


class Dates(StrEnum):
    """In which of several windows a space must be free."""

    ALL = "all"
    MOST = "most"


def same(name: str) -> QueryField:
    """The value as it is."""
    return QueryField(name, lambda value, _: value, _same)


def text(name: str) -> QueryField:
    """A text; None for an empty one."""
    return QueryField(name, lambda value, _: value or None, _same)


def one_of(name: str, vocabulary: type[StrEnum]) -> QueryField:
    """A word of a vocabulary."""
    return QueryField(name, lambda value, field: word(vocabulary, value, field), str, vocabulary)


def several_of(name: str, vocabulary: type[StrEnum]) -> QueryField:
    """A set of words of a vocabulary; written in the order of the vocabulary."""

    def read(value: tuple[str, ...], field: str) -> frozenset[StrEnum]:
        return frozenset(words(vocabulary, value, field))

    def write(value: frozenset[StrEnum]) -> tuple[str, ...]:
        return tuple(str(word) for word in vocabulary if word in value)

    return QueryField(name, read, write, vocabulary)


def cents(name: str) -> QueryField:
    """An amount in euros as cents; None stays None."""

    def write(value: int | None) -> float | None:
        return None if value is None else value / 100

    return QueryField(name, _cents, write)


def most_dates(name: str) -> QueryField:
    """Whether it is enough to be free on some of the dates."""

    def write(value: bool) -> str:
        return Dates.MOST if value else Dates.ALL

    return QueryField(name, lambda value, field: word(Dates, value, field) is Dates.MOST, write)


def _same(value: Any) -> Any:
    return value


def _cents(euros: float | None, field: str) -> int | None:
    if euros is None:
        return None
    if not 0 <= euros <= 100_000:
        raise InvalidInput(
            field=field,
            value=euros,
            fr="Le prix maximal doit être compris entre 0 et 100 000 €.",
            en="The highest price must be between 0 and 100,000 EUR.",
        )
    return round(euros * 100)
