"""Opening hours in columns: half-days, pairs of opening and closing; and the quick way of writing a plain week."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalise.hours import hours_text
from ingest.normalise.hours.columns import AFTERNOON, EVENING, MORNING
from ingest.normalise.hours.weekly import DayHours, canonical, plain_week, week_pattern

HalfDays = dict[tuple[int, str], str]


@pytest.mark.parametrize(
    ("cells", "pattern"),
    [
        ({(0, MORNING): "9h-12h", (0, AFTERNOON): "14h-17h"}, "Mo 09:00-12:00,14:00-17:00"),
        ({(0, MORNING): "9h00 à 12h30", (1, AFTERNOON): "13h30 à 17h"}, "Mo 09:00-12:30; Tu 13:30-17:00"),
        ({(5, MORNING): "8h - 12h", (5, AFTERNOON): "12h - 16h"}, "Sa 08:00-16:00"),
        ({(4, AFTERNOON): "14h-18h", (4, EVENING): "18h30-21h"}, "Fr 14:00-18:00,18:30-21:00"),
        ({(0, MORNING): "fermé", (0, AFTERNOON): "14h-17h"}, "Mo 14:00-17:00"),
        ({(0, MORNING): "9h-12h", (0, AFTERNOON): "non"}, "Mo 09:00-12:00"),
        ({(0, MORNING): "fermé", (1, MORNING): ""}, None),
        ({(0, MORNING): "non renseigné"}, None),
    ],
)
def test_half_day_columns(cells: HalfDays, pattern: str | None) -> None:
    assert hours_text.from_half_day_columns(cells) == pattern


def test_a_ticked_half_day_is_open_at_unknown_times() -> None:
    ticked: HalfDays = {(0, MORNING): "x", (0, AFTERNOON): "oui", (1, MORNING): "✔"}
    assert hours_text.from_half_day_columns(ticked) == (
        'Mo 09:00-12:00,14:00-18:00 "horaires à confirmer"; Tu 09:00-12:00 "horaires à confirmer"'
    )


@pytest.mark.parametrize(
    "cells",
    [
        {(0, MORNING): "14h-17h", (1, MORNING): "9h-12h"},
        {(0, MORNING): "selon saison", (1, MORNING): "9h-12h"},
        {(0, MORNING): "9h-13h", (0, AFTERNOON): "12h30-17h", (1, MORNING): "9h-12h"},
    ],
)
def test_a_half_day_that_makes_no_sense_is_kept_as_written(cells: HalfDays) -> None:
    pattern = " / ".join(text for (day, _), text in cells.items() if day == 0)
    assert hours_text.from_half_day_columns(cells) == f'Mo "{pattern}"; Tu 09:00-12:00'


@pytest.mark.parametrize(
    ("pairs", "pattern"),
    [
        ({0: [("08:00", "12:00"), ("13:30", "17:00")]}, "Mo 08:00-12:00,13:30-17:00"),
        ({0: [("9h", "12h")], 1: [("14", "18.30")]}, "Mo 09:00-12:00; Tu 14:00-18:30"),
        ({0: [("0.375", "0.75")]}, "Mo 09:00-18:00"),
        ({4: [("18:00:00", "02:00:00")]}, "Fr 18:00-02:00"),
        ({0: [("13:30", "17:00"), ("08:00", "12:00")]}, "Mo 08:00-12:00,13:30-17:00"),
        ({0: [("9h", "12h"), ("", "")], 5: [("fermé", "")]}, "Mo 09:00-12:00"),
        ({0: [("00:00", "00:00")]}, None),
        ({0: [("9h", "")], 1: [("9h", "12h")]}, 'Mo "9h -"; Tu 09:00-12:00'),
        ({0: [("17h", "9h")], 1: [("9h", "12h")]}, 'Mo "17h - 9h"; Tu 09:00-12:00'),
        ({}, None),
    ],
)
def test_pairs_of_opening_and_closing(pairs: dict[int, list[tuple[str, str]]], pattern: str | None) -> None:
    assert hours_text.from_pairs(pairs) == pattern


@pytest.mark.parametrize(
    "text",
    [
        "Lun-Ven 9h-18h",
        "L-V : 9h-18h",
        "L à V 9h à 18h",
        "Lu-Ve 9h-18h",
        "du lun. au ven. de 9h à 18h",
        "LU MA ME JE VE 9h00 - 18h00",
        "9h - 18h du lundi au vendredi",
    ],
)
def test_days_may_be_shortened(text: str) -> None:
    assert hours_text.from_text(text) == "Mo-Fr 09:00-18:00"


@pytest.mark.parametrize(
    "text",
    [
        "9h à 12h, 14h à 17h hors vacances scolaires",
        "Lundi au vendredi : 9h à 18h (lundi et jeudi matin fermé)",
        "Lundi, mardi : 10h30 à 12h30 et 14h à 19h (sauf mardi, 18h30)",
        "samedi après-midi tous les 15 jours de 14h à 16h",
        "l'accueil v 9h-18h",
    ],
)
def test_what_has_exceptions_is_given_up_rather_than_half_read(text: str) -> None:
    assert hours_text.from_text(text) is None


_SPAN = st.tuples(st.integers(0, 1500), st.integers(0, 1500))
_WEEK = st.dictionaries(st.integers(0, 6), st.lists(_SPAN, max_size=3).map(tuple), max_size=7)


@given(_WEEK)
def test_the_quick_way_writes_what_the_careful_one_would(week: dict[int, tuple[tuple[int, int], ...]]) -> None:
    quick = plain_week(week)
    assert quick is None or quick == canonical(week_pattern({day: DayHours(spans) for day, spans in week.items()}))


@given(st.dictionaries(st.integers(0, 6), st.sampled_from([((540, 720),), ((540, 720), (840, 1080))]), min_size=1))
def test_plain_weeks_go_the_quick_way(week: dict[int, tuple[tuple[int, int], ...]]) -> None:
    assert plain_week(week)
