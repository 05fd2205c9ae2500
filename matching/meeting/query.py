"""Where several people meet, as a question: who sets out from where, and for which room."""

from dataclasses import dataclass
from enum import StrEnum

from geo.errors import InvalidInput
from geo.types import Point
from matching.query.query import Mode, Query

FEWEST_PEOPLE, MOST_PEOPLE = 2, 20


DEFAULT_MINUTES, MAX_MINUTES = 120.0, 24 * 60.0


class Goal(StrEnum):
    """What is made as small as can be: the minutes of who travels longest, or those of all together."""

    WORST = "worst"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Person:
    """Where somebody sets out, how, and how long they would travel at most."""

    point: Point
    mode: Mode = Mode.CAR
    most_minutes: float = DEFAULT_MINUTES

    def __post_init__(self) -> None:
        if not 1 <= self.most_minutes <= MAX_MINUTES:
            raise InvalidInput(
                field="most_minutes",
                value=self.most_minutes,
                fr="Le temps de trajet d'une personne doit être compris entre 1 minute et 24 heures.",
                en="How long somebody may travel must be between 1 minute and 24 hours.",
            )


def check_group(count: int) -> None:
    """Raises InvalidInput for one person alone, or too many."""
    if not FEWEST_PEOPLE <= count <= MOST_PEOPLE:
        raise InvalidInput(
            field="from",
            value=count,
            fr=f"On se retrouve à plusieurs : donnez de {FEWEST_PEOPLE} à {MOST_PEOPLE} points de départ.",
            en=f"Meeting takes several people: give {FEWEST_PEOPLE} to {MOST_PEOPLE} places to set out from.",
        )


@dataclass(frozen=True, slots=True)
class MeetingQuery:
    """Who meets, and in what: `room` filters as in a search (window, seats, needs, kinds, price, audience, candidates)
    and says how many results; its point, reach, wishes and weights do not count here."""

    people: tuple[Person, ...]
    room: Query
    by: Goal = Goal.WORST

    def __post_init__(self) -> None:
        check_group(len(self.people))
