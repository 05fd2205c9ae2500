"""Small changes of a search, as people read them and as they are asked."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from geo.errors import Language
from geo.types import Amenity, Point
from matching.query.query import Mode, Query, Window
from matching.relaxation.changes import (
    AnyKind,
    AnySpaceKind,
    Change,
    DropNeeds,
    FewerSeats,
    HigherPrice,
    IncludeCandidates,
    LargerRadius,
    LargerRoom,
    OtherMode,
    OtherTime,
    TimeChange,
)
from matching.relaxation.relaxer import Relaxation
from service.localisation.catalogue import Translator
from service.localisation.formats import Formats
from service.search.relaxation import RelaxationWords, parameters_of, request_of
from service.search.request import SearchRequest

PARIS = ZoneInfo("Europe/Paris")
NINE = 997_168
"""9:00 on 17 November 2026 in Paris."""
MORNING = Window(NINE, NINE + 6)
ASKED = Query(Point(3.5, 44.5), (MORNING,), seats=8, radius_m=10_000.0)
SCREEN, WIFI = Amenity.SCREEN, Amenity.WIFI


def relaxation(*changes: Change, query: Query = ASKED, more: int = 4, total: int = 6, unsure: int = 0) -> Relaxation:
    for change in changes:
        query = change.apply(query)
    return Relaxation(changes, query, 1.0, total, more, unsure, ())


def line(one: Relaxation, language: Language, query: Query = ASKED) -> str:
    words = RelaxationWords(Translator(language), Formats(language), PARIS, query)
    return words.line(one).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("changes", "french", "english"),
    [
        ([LargerRadius(12_500.0)], "2,5 km plus loin", "2.5 km further"),
        ([LargerRadius(10_300.0)], "300 m plus loin", "300 m further"),
        ([OtherMode(Mode.BIKE)], "à vélo", "by bike"),
        ([OtherTime(TimeChange.LATER, 1, (Window(NINE + 1, NINE + 7),))], "30 min plus tard", "30 min later"),
        ([OtherTime(TimeChange.EARLIER, 3, (Window(NINE - 3, NINE + 3),))], "1 h 30 plus tôt", "1 h 30 earlier"),
        (
            [OtherTime(TimeChange.OTHER_DAY, 1, (Window(NINE + 48, NINE + 54),))],
            "mêmes heures, mer. 18 nov.",
            "same hours, Wed 18 Nov",
        ),
        (
            [OtherTime(TimeChange.SHORTER, 2, (Window(NINE, NINE + 4),))],
            "de 9 h à 11 h seulement",
            "from 09:00 to 11:00 only",
        ),
        ([OtherTime(TimeChange.SHORTER, 2, (Window(NINE, NINE + 9, 4),))], "pendant 2 h seulement", "for 2 h only"),
        ([OtherTime(TimeChange.ANY, 1, ())], "à n’importe quelle heure", "at any time"),
        ([DropNeeds(frozenset({SCREEN}))], "sans exiger l’écran", "without requiring a screen"),
        (
            [DropNeeds(frozenset({SCREEN, WIFI}))],
            "sans exiger le wifi ni l’écran",
            "without requiring wifi or a screen",
        ),
        ([FewerSeats(6)], "pour 6 personnes au lieu de 8", "for 6 people instead of 8"),
        ([FewerSeats(1)], "pour une seule personne", "for one person only"),
        ([LargerRoom(12)], "dans une salle de 12 places au plus", "in a room with up to 12 seats"),
        ([HigherPrice(1200)], "jusqu’à 12 € la demi-journée", "up to €12 per half-day"),
        ([HigherPrice(None)], "à tout prix", "at any price"),
        ([AnyKind()], "tous les genres de lieux", "all kinds of places"),
        ([AnySpaceKind()], "tous les genres d’espaces", "all kinds of spaces"),
        ([IncludeCandidates()], "avec les lieux candidats", "with candidate places"),
        (
            [HigherPrice(None), AnyKind(), LargerRadius(11_000.0)],
            "à tout prix, tous les genres de lieux et 1 km plus loin",
            "at any price, all kinds of places and 1 km further",
        ),
    ],
)
def test_every_change_in_words(changes: list[Change], french: str, english: str) -> None:
    assert line(relaxation(*changes), "fr") == f"{french} : 4 de plus"
    assert line(relaxation(*changes), "en") == f"{english}: 4 more"


def test_a_radius_of_minutes_is_said_as_a_distance() -> None:
    on_foot = replace(ASKED, radius_m=1230.769, mode=Mode.WALK)
    assert line(relaxation(LargerRadius(1500.0), query=on_foot), "fr", on_foot) == "jusqu’à 1,5 km : 4 de plus"


def test_beside_nothing_there_is_no_more_and_what_is_unknown_is_counted_apart() -> None:
    without = relaxation(DropNeeds(frozenset({SCREEN})), more=1, total=1, unsure=3)
    assert line(without, "fr") == "sans exiger l’écran : 1 lieu, 3 à confirmer"
    assert line(without, "en") == "without requiring a screen: 1 place, 3 to confirm"


@pytest.mark.parametrize(
    ("changes", "asked", "parameters"),
    [
        ([LargerRadius(12_500.0)], {"within": "10km"}, {"within": "12.5km"}),
        ([OtherMode(Mode.CAR)], {"within": "20min", "mode": "walk"}, {"within": "20min", "mode": "car"}),
        (
            [OtherTime(TimeChange.LATER, 1, (Window(NINE + 1, NINE + 7),))],
            {"at": "2026-11-17T09:00/12:00"},
            {"at": "2026-11-17T09:30+01:00/2026-11-17T12:30+01:00"},
        ),
        (
            [OtherTime(TimeChange.SHORTER, 1, (Window(NINE, NINE + 9, 3),))],
            {"any": "2h", "between": "2026-11-17T09:00/13:30"},
            {"any": "PT90M", "between": "2026-11-17T09:00+01:00/2026-11-17T13:30+01:00"},
        ),
        ([OtherTime(TimeChange.ANY, 1, ())], {"at": "2026-11-17T09:00/12:00"}, {}),
        ([DropNeeds(frozenset({SCREEN}))], {"need": ("screen",), "wish": ("quiet",)}, {"wish": "quiet,screen"}),
        ([FewerSeats(6), HigherPrice(1250)], {"seats": 8, "max_price": 5.0}, {"seats": "6", "max_price": "12.5"}),
        ([LargerRoom(30)], {"max_seats": 12}, {"max_seats": "30"}),
        ([HigherPrice(None), AnyKind()], {"max_price": 5.0, "kind": ("hotel",)}, {}),
        ([AnySpaceKind(), IncludeCandidates()], {"space_kind": ("desk",)}, {"candidates": "true"}),
    ],
)
def test_every_change_as_it_is_asked(
    changes: list[Change], asked: dict[str, object], parameters: dict[str, str]
) -> None:
    request = SearchRequest(where="Mende", **asked)  # type: ignore[arg-type]
    query = replace(ASKED, needs=frozenset({SCREEN}), max_price_cents=500)
    changed = request_of(relaxation(*changes, query=query), request, PARIS)
    assert parameters_of(changed) == {"where": "Mende", **parameters}
