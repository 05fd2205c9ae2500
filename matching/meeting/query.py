"""The query of a meeting: who sets out from where, and what room they need."""

from dataclasses import dataclass
from enum import StrEnum

from geo.errors import InvalidInput
from geo.types import Point
from matching.query.query import Mode, Query

MIN_PEOPLE, MAX_PEOPLE = 2, 20
DEFAULT_MINUTES, MAX_MINUTES = 120.0, 24 * 60.0


class Goal(StrEnum):
    """What the ranking minimises: the minutes of the person who travels longest, or the sum of all minutes."""

    WORST = "worst"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Person:
    """One participant: where they set out, how they travel, and for how many minutes at most. Raises InvalidInput."""

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
    if not MIN_PEOPLE <= count <= MAX_PEOPLE:
        raise InvalidInput(
            field="from",
            value=count,
            fr=f"On se retrouve à plusieurs : donnez de {MIN_PEOPLE} à {MAX_PEOPLE} points de départ.",
            en=f"Meeting takes several people: give {MIN_PEOPLE} to {MAX_PEOPLE} places to set out from.",
        )


@dataclass(frozen=True, slots=True)
class MeetingQuery:
    """The participants and the room they need. Raises InvalidInput for one person alone, or too many.

    `room` filters as in a search (windows, seats, needs, kinds, price, audience, candidates) and limits the results;
    its point, radius, wishes and weights are ignored.
    """

    people: tuple[Person, ...]
    room: Query
    goal: Goal = Goal.WORST

    def __post_init__(self) -> None:
        check_group(len(self.people))
