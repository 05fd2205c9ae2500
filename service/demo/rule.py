"""The demo rule: which real places offer what in the demonstration. It is pure: same facts, same offer.

`docs/demo-offers.md` describes it. Chance comes from a hash of the kind and of the normalised name, address and commune
of a place, so neither the order of imports nor the day changes what it offers.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from geo.types import Amenity, PlaceKind, SpaceKind

RURACONNECT, HUB_GENERALI = "ruraconnect", "hub-generali"
REBONDSCONNECT, BASE10 = "rebondsconnect", "base10"
COMMUNITIES = frozenset({RURACONNECT, HUB_GENERALI, REBONDSCONNECT, BASE10})

MIN_LIBRARY_SEATS = 20
"""Below that, readers need every seat."""
LARGE_LIBRARY_SEATS = 60

OFFER_SHARES: dict[PlaceKind, float] = {
    PlaceKind.LIBRARY: 1.0,
    PlaceKind.MAIRIE: 0.15,
    PlaceKind.COWORKING: 0.9,
    PlaceKind.FABLAB: 0.5,
    PlaceKind.HOTEL: 0.2,
    PlaceKind.FRANCE_SERVICES: 0.3,
    PlaceKind.CAFE: 0.2,
}
"""Share of the suitable places of a kind that offer spaces, before `share`; other kinds never do."""

SMALL_LIBRARY_HOURS = "Tu 16:00-18:30; We 10:00-12:30,14:00-18:30; Fr 14:00-18:30; Sa 10:00-17:00"
LARGE_LIBRARY_HOURS = "Tu-Fr 10:00-18:30; Sa 10:00-18:00"
ASSUMED_HOURS: dict[PlaceKind, str] = {
    PlaceKind.COWORKING: "Mo-Fr 08:30-19:00",
    PlaceKind.FABLAB: "Tu-Fr 10:00-18:00; Sa 14:00-18:00",
    PlaceKind.HOTEL: "Mo-Su 08:00-20:00; PH 08:00-20:00",
    PlaceKind.FRANCE_SERVICES: "Mo-Fr 09:00-12:00,14:00-17:00",
    PlaceKind.CAFE: "Mo-Sa 08:00-19:00",
}
"""Hours where the source has none. A mairie without hours makes no offer: hours are never invented for one."""

_Odds = Mapping[Amenity, tuple[float, float]]
AMENITY_ODDS: dict[PlaceKind, _Odds] = {
    PlaceKind.LIBRARY: {
        Amenity.WIFI: (0.6, 0.1),
        Amenity.QUIET: (0.75, 0.02),
        Amenity.POWER: (0.5, 0.1),
        Amenity.STEP_FREE: (0.55, 0.08),
        Amenity.PRINTER: (0.4, 0.1),
        Amenity.COFFEE: (0.1, 0.3),
    },
    PlaceKind.MAIRIE: {
        Amenity.WIFI: (0.6, 0.1),
        Amenity.POWER: (0.55, 0.02),
        Amenity.STEP_FREE: (0.5, 0.1),
        Amenity.PARKING: (0.5, 0.05),
        Amenity.QUIET: (0.35, 0.02),
        Amenity.WHITEBOARD: (0.25, 0.1),
        Amenity.SCREEN: (0.2, 0.2),
        Amenity.COFFEE: (0.2, 0.1),
    },
    PlaceKind.COWORKING: {
        Amenity.WIFI: (0.75, 0.0),
        Amenity.POWER: (0.75, 0.0),
        Amenity.COFFEE: (0.6, 0.03),
        Amenity.PRINTER: (0.55, 0.05),
        Amenity.KITCHEN: (0.4, 0.1),
        Amenity.PHONE_BOOTH: (0.35, 0.15),
        Amenity.SCREEN: (0.35, 0.1),
        Amenity.WHITEBOARD: (0.35, 0.05),
        Amenity.VIDEO: (0.3, 0.1),
        Amenity.BIKE_PARKING: (0.3, 0.1),
        Amenity.QUIET: (0.3, 0.1),
        Amenity.STEP_FREE: (0.3, 0.15),
        Amenity.AIR_CONDITIONING: (0.2, 0.1),
    },
    PlaceKind.FABLAB: {
        Amenity.WIFI: (0.7, 0.02),
        Amenity.POWER: (0.7, 0.0),
        Amenity.COFFEE: (0.4, 0.05),
        Amenity.PRINTER: (0.5, 0.05),
        Amenity.QUIET: (0.05, 0.4),
    },
    PlaceKind.HOTEL: {
        Amenity.WIFI: (0.7, 0.02),
        Amenity.COFFEE: (0.7, 0.0),
        Amenity.POWER: (0.6, 0.0),
        Amenity.PARKING: (0.45, 0.1),
        Amenity.STEP_FREE: (0.45, 0.1),
        Amenity.AIR_CONDITIONING: (0.4, 0.1),
        Amenity.SCREEN: (0.3, 0.1),
        Amenity.VIDEO: (0.25, 0.1),
        Amenity.QUIET: (0.3, 0.05),
    },
    PlaceKind.FRANCE_SERVICES: {
        Amenity.WIFI: (0.65, 0.05),
        Amenity.PRINTER: (0.8, 0.0),
        Amenity.POWER: (0.6, 0.0),
        Amenity.STEP_FREE: (0.7, 0.03),
        Amenity.SCREEN: (0.3, 0.1),
        Amenity.QUIET: (0.15, 0.2),
    },
    PlaceKind.CAFE: {
        Amenity.WIFI: (0.6, 0.1),
        Amenity.COFFEE: (1.0, 0.0),
        Amenity.POWER: (0.4, 0.15),
        Amenity.QUIET: (0.1, 0.3),
    },
}
"""Odds of the answers yes and no; the rest up to 1 is unknown."""


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What the sources say of a place. `identity` is what chance is drawn from; capacity is in people."""

    identity: str
    kind: PlaceKind
    opening_hours: str | None
    capacity: int | None
    amenities: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DemoSpace:
    """One space to offer, prices in euro cents per half-day."""

    key: str
    kind: SpaceKind
    name: str
    seats: int
    price_cents: int
    member_price_cents: int | None
    amenities: Mapping[str, str]
    communities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoOffer:
    """What a place offers; `assumed_hours` only where the source has none."""

    assumed_hours: str | None
    spaces: tuple[DemoSpace, ...]


@dataclass(frozen=True, slots=True)
class Chance:
    """Random draws that depend on `identity` and on the name of the question only."""

    identity: str

    def share(self, question: str) -> float:
        """A number in [0, 1)."""
        digest = hashlib.blake2b(f"{question}|{self.identity}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def between(self, question: str, low: int, high: int, step: int = 1) -> int:
        """One of low, low + step, ..., up to high."""
        return low + step * int(self.share(question) * ((high - low) // step + 1))


def demo_offer(facts: PlaceFacts, share: float = 1.0) -> DemoOffer | None:
    """What a place offers in the demonstration, None when it offers nothing.

    `share` scales `OFFER_SHARES`; a place that offers at some share offers the same at any greater one.
    """
    chance = Chance(facts.identity)
    plan = _PLANS.get(facts.kind)
    if plan is None or chance.share("offers") >= OFFER_SHARES[facts.kind] * share or not _could_host(facts):
        return None
    spaces = plan(facts, chance)
    return DemoOffer(None if facts.opening_hours else _assumed_hours(facts), spaces)


def _could_host(facts: PlaceFacts) -> bool:
    if facts.opening_hours and all(rule.strip().endswith("off") for rule in facts.opening_hours.split(";")):
        return False  # closed for works
    match facts.kind:
        case PlaceKind.LIBRARY:
            return (facts.capacity or 0) >= MIN_LIBRARY_SEATS
        case PlaceKind.MAIRIE:
            return facts.opening_hours is not None
        case PlaceKind.HOTEL:
            return (facts.capacity or 0) >= 20
        case _:
            return True


def _assumed_hours(facts: PlaceFacts) -> str:
    if facts.kind is PlaceKind.LIBRARY:
        return LARGE_LIBRARY_HOURS if (facts.capacity or 0) >= LARGE_LIBRARY_SEATS else SMALL_LIBRARY_HOURS
    return ASSUMED_HOURS[facts.kind]


def _library(facts: PlaceFacts, chance: Chance) -> tuple[DemoSpace, ...]:
    """A third of the seats as free work tables; large ones also lend a small room."""
    capacity = facts.capacity or 0
    tables = _space(facts, chance, SpaceKind.OPEN_SPACE, "Tables de travail", min(capacity // 3, 60), 0)
    if capacity < LARGE_LIBRARY_SEATS or chance.share("library room") >= 0.5:
        return (tables,)
    seats = chance.between("library room seats", 4, 8)
    return tables, _space(facts, chance, SpaceKind.MEETING_ROOM, "Salle de travail en groupe", seats, 0)


def _mairie(facts: PlaceFacts, chance: Chance) -> tuple[DemoSpace, ...]:
    """RuraConnect's idea: a room of the mairie at 3 to 15 euros per half-day, less for members."""
    price = chance.between("mairie price", 300, 1500, 100)
    shape = chance.share("mairie shape")
    spaces = []
    if shape < 0.7:
        seats = chance.between("mairie room seats", 4, 20, 2)
        spaces.append(_space(facts, chance, SpaceKind.MEETING_ROOM, "Salle de réunion", seats, price, (RURACONNECT,)))
    if shape >= 0.5:
        seats = chance.between("mairie desk seats", 2, 8)
        shared = max(300, price // 200 * 100)
        spaces.append(_space(facts, chance, SpaceKind.OPEN_SPACE, "Bureau partagé", seats, shared, (RURACONNECT,)))
    return tuple(spaces)


def _coworking(facts: PlaceFacts, chance: Chance) -> tuple[DemoSpace, ...]:
    """An open space; two in three also have a meeting room, one in four a closed office."""
    draw = chance.share("coworking community")
    communities = next(
        slugs
        for below, slugs in (
            (0.15, (BASE10,)),
            (0.35, (REBONDSCONNECT,)),
            (0.40, (BASE10, REBONDSCONNECT)),
            (1.0, ()),
        )
        if draw < below
    )
    capacity = facts.capacity or chance.between("coworking seats", 6, 40, 2)
    price = chance.between("coworking price", 700, 1800, 100)
    seats = max(2, min(capacity, 120))
    spaces = [_space(facts, chance, SpaceKind.OPEN_SPACE, "Espace partagé", seats, price, communities)]
    if chance.share("coworking room") < 0.65:
        room = chance.between("coworking room seats", 4, 14, 2)
        room_price = chance.between("coworking room price", 2000, 6000, 500)
        spaces.append(_space(facts, chance, SpaceKind.MEETING_ROOM, "Salle de réunion", room, room_price, communities))
    if chance.share("coworking office") < 0.25:
        office = chance.between("coworking office price", 2000, 3500, 500)
        spaces.append(_space(facts, chance, SpaceKind.PRIVATE_OFFICE, "Bureau fermé", 2, office, communities))
    return tuple(spaces)


def _fablab(facts: PlaceFacts, chance: Chance) -> tuple[DemoSpace, ...]:
    communities = (REBONDSCONNECT,) if chance.share("fablab community") < 0.25 else ()
    seats, price = chance.between("fablab seats", 4, 16, 2), chance.between("fablab price", 0, 800, 100)
    return (_space(facts, chance, SpaceKind.OPEN_SPACE, "Grande table de l'atelier", seats, price, communities),)


def _hotel(facts: PlaceFacts, chance: Chance) -> tuple[DemoSpace, ...]:
    """A lounge, and from 60 beds meeting rooms that grow with the house."""
    communities = (HUB_GENERALI,) if chance.share("hotel community") < 0.4 else ()
    beds = facts.capacity or 0
    lounge_price = chance.between("hotel lounge price", 600, 1500, 100)
    lounge = _space(
        facts, chance, SpaceKind.OPEN_SPACE, "Salon", max(4, min(beds // 10, 30)), lounge_price, communities
    )
    if beds < 60:
        return (lounge,)
    seats = max(6, min(beds // 8, 60))
    price = 1500 + 150 * seats
    return lounge, _space(facts, chance, SpaceKind.MEETING_ROOM, "Salle de réunion", seats, price, communities)


def _france_services(facts: PlaceFacts, chance: Chance) -> tuple[DemoSpace, ...]:
    communities = (RURACONNECT,) if chance.share("france services community") < 0.4 else ()
    seats = chance.between("france services seats", 1, 4)
    return (_space(facts, chance, SpaceKind.DESK, "Poste de travail", seats, 0, communities),)


def _cafe(facts: PlaceFacts, chance: Chance) -> tuple[DemoSpace, ...]:
    """Some tables outside the rush, for the price of a few coffees."""
    seats, price = chance.between("cafe seats", 2, 8), chance.between("cafe price", 300, 800, 100)
    return (_space(facts, chance, SpaceKind.DESK, "Tables au calme", seats, price),)


_PLANS: dict[PlaceKind, Callable[[PlaceFacts, Chance], tuple[DemoSpace, ...]]] = {
    PlaceKind.LIBRARY: _library,
    PlaceKind.MAIRIE: _mairie,
    PlaceKind.COWORKING: _coworking,
    PlaceKind.FABLAB: _fablab,
    PlaceKind.HOTEL: _hotel,
    PlaceKind.FRANCE_SERVICES: _france_services,
    PlaceKind.CAFE: _cafe,
}


def _space(
    facts: PlaceFacts,
    chance: Chance,
    kind: SpaceKind,
    name: str,
    seats: int,
    price_cents: int,
    communities: tuple[str, ...] = (),
) -> DemoSpace:
    """A space; members of the communities that offer it pay about two thirds, in steps of 50 cents."""
    member = price_cents * 2 // 3 // 50 * 50 if communities and price_cents else None
    return DemoSpace(
        f"demo:{kind}", kind, name, seats, price_cents, member, _amenities(facts, chance, kind), communities
    )


def _amenities(facts: PlaceFacts, chance: Chance, kind: SpaceKind) -> dict[str, str]:
    """Invented answers of the host, for the amenities that no source mentions."""
    answers: dict[str, str] = {}
    for amenity, (yes, no) in AMENITY_ODDS[facts.kind].items():
        draw = chance.share(f"{kind} {amenity}")
        if amenity not in facts.amenities and draw < yes + no:
            answers[str(amenity)] = "yes" if draw < yes else "no"
    return answers
