"""The form of a meeting as people fill it in: who comes from where, and a room as in a search.

Fields are kept as typed, so that a form with a mistake comes back as it was sent.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from msgspec import structs
from starlette.datastructures import QueryParams

from geo.errors import InvalidInput
from matching.meeting.query import DEFAULT_MINUTES, MAX_PEOPLE, MIN_PEOPLE, Goal
from matching.query.query import Mode
from service.pages.search.filter_controls import BLANK
from service.pages.search.search_form import DEFAULT_REACH, FIRST_PAGE, SearchForm
from service.search.meeting_request import MeetingRequest, Origin
from service.search.request import FILTERS

PATIENCES = ("15", "30", "45", "60", "90", "120", "180", "240")
"""Minutes offered in the form."""
DEFAULT_PATIENCE = f"{DEFAULT_MINUTES:.0f}"

WAYS_OUT: dict[str, dict[str, Any]] = {
    "most-dates": {"dates": "most"},
    "any-time": {"date": ""},
    "any-room": {
        declaration.name: BLANK[declaration.name]
        for declaration in FILTERS
        if declaration.room is not None and declaration.room.is_droppable
    },
    "candidates": {"candidates": True},
}
"""What may be asked instead when no room is found: changes to the room, by the name of a button."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One line of the form: where somebody sets out, how, and for how many minutes at most."""

    where: str = ""
    mode: str = Mode.CAR
    patience: str = DEFAULT_PATIENCE

    @classmethod
    def read(cls, text: str) -> "PersonLine":
        """A line from `Rezé:bike:60min`, as addresses have it; what is not understood stays as typed."""
        try:
            origin = Origin.read(text)
        except InvalidInput:
            return cls(text)
        patience = DEFAULT_MINUTES if origin.most_minutes is None else origin.most_minutes
        return cls(origin.where, origin.mode or Mode.CAR, f"{patience:g}")

    @property
    def text(self) -> str:
        """What `read` reads."""
        parts = [self.where]
        parts += [self.mode] if self.mode != Mode.CAR else []
        parts += [f"{self.patience}min"] if self.patience != DEFAULT_PATIENCE else []
        return ":".join(parts)

    def origin(self) -> Origin:
        """Who sets out; how and how long may also be typed behind the place. Raises InvalidInput."""
        typed = Origin.read(self.where)
        minutes = _minutes(self.patience) if typed.most_minutes is None else typed.most_minutes
        return Origin(typed.where, typed.mode or self.mode, minutes)


@dataclass(frozen=True, slots=True)
class MeetingForm:
    """One filled-in form. `seats` empty: as many as people. Of `room`, what a search asks about place, reach and order
    is not asked here."""

    people: tuple[PersonLine, ...]
    room: SearchForm
    by: str = Goal.WORST
    seats: str = ""

    @classmethod
    def read(cls, given: QueryParams, today: dt.date) -> "MeetingForm":
        """The form as sent, with mode and patience of each person, or as in an address; at least two lines."""
        texts = [text.strip()[:200] for text in given.getlist("person")[:MAX_PEOPLE]]
        modes, patiences = given.getlist("travel"), given.getlist("patience")
        if len(modes) == len(patiences) == len(given.getlist("person")):
            lines = zip(texts, modes, patiences, strict=False)
            people = [PersonLine(where, mode.strip()[:10], patience.strip()[:10]) for where, mode, patience in lines]
        else:
            people = [PersonLine.read(text) for text in texts]
        people += [PersonLine()] * (MIN_PEOPLE - len(people))
        return cls(
            people=tuple(people),
            room=SearchForm.read(given, today).changed(seats="1", reach=DEFAULT_REACH, show=FIRST_PAGE),
            by=given.get("by", "").strip()[:10] or Goal.WORST,
            seats=given.get("seats", "").strip()[:10],
        )

    @property
    def asked(self) -> bool:
        """Whether somebody said where they set out."""
        return any(one.where for one in self.people)

    @property
    def full(self) -> bool:
        """Whether nobody can be added."""
        return len(self.people) >= MAX_PEOPLE

    def parameters(self) -> list[tuple[str, str]]:
        """Name and value pairs of the page's address, without blank lines."""
        pairs = [("person", one.text) for one in self.people if one.where]
        pairs += [("by", self.by)] if self.by != Goal.WORST else []
        pairs += [("seats", self.seats)] if self.seats else []
        return pairs + self.room.parameters()

    def url(self) -> str:
        """Address of this question; only for people who set out from communes and stations."""
        return "/se-retrouver?" + urlencode(self.parameters())

    def to_request(self) -> MeetingRequest:
        """What the product is asked; blank lines are nobody. Raises InvalidInput."""
        people = tuple(one.origin() for one in self.people if one.where)
        room = self.room.changed(seats=self.seats or str(max(1, len(people)))).to_request()
        return MeetingRequest(people, structs.replace(room, limit=FIRST_PAGE), self.by)

    def after(self, action: str) -> "MeetingForm":
        """The form after one of its buttons: `add`, `remove-2`, `choose-1:35400 Saint-Malo`, or a way out of an empty
        answer: `patience:150`, `most-dates`, `any-time`, `any-room`, `candidates`. Anything else changes nothing."""
        name, _, value = action.partition(":")
        verb, _, number = name.partition("-")
        at = int(number) - 1 if number.isdecimal() and len(number) < 4 else -1
        if name == "add" and not self.full:
            return replace(self, people=(*self.people, PersonLine()))
        if verb == "remove" and 0 <= at < len(self.people):
            people = [*self.people[:at], *self.people[at + 1 :]]
            people += [PersonLine()] * (MIN_PEOPLE - len(people))
            return replace(self, people=tuple(people))
        if verb == "choose" and 0 <= at < len(self.people):
            chosen = replace(self.people[at], where=value[:200])
            return replace(self, people=(*self.people[:at], chosen, *self.people[at + 1 :]))
        if name == "patience":
            return replace(self, people=tuple(replace(one, patience=value[:10]) for one in self.people))
        return replace(self, room=self.room.changed(**WAYS_OUT.get(name, {})))


def _minutes(text: str) -> float:
    number = text.replace(",", ".")
    if number.replace(".", "", 1).isdecimal() and len(text) < 7:
        return float(number)
    raise InvalidInput(
        field="patience",
        value=text,
        fr=f"« {text} » n’est pas un temps de trajet : choisissez-en un dans la liste.",
        en=f"“{text}” is not a time on the way: choose one in the list.",
    )
