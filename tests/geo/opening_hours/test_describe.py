"""Opening hours as people read them."""

from datetime import date

import pytest

from geo.errors import InvalidInput, Language
from geo.opening_hours.patterns import describe_day, describe_week

MONDAY, SATURDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 28), date(2026, 11, 29)
CHRISTMAS = date(2026, 12, 25)


def _breakable(text: str) -> str:
    """The text with plain spaces, to keep the tables below readable."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("pattern", "day", "french", "english"),
    [
        (
            "Mo-Fr 08:30-12:00,13:30-17:00",
            MONDAY,
            "ouvert 8 h 30 – 12 h, 13 h 30 – 17 h",
            "open 08:30–12:00, 13:30–17:00",
        ),
        ("Mo-Fr 08:30-12:00", SUNDAY, "fermé", "closed"),
        ("Mo-Fr 08:30-12:00", CHRISTMAS, "fermé (jour férié)", "closed (public holiday)"),
        ("Mo-Fr 08:30-12:00; PH 10:00-12:00", CHRISTMAS, "ouvert 10 h – 12 h", "open 10:00–12:00"),
        ("Mo 09:00-12:00; PH off", CHRISTMAS, "fermé", "closed"),
        ("24/7", CHRISTMAS, "ouvert 24 h/24", "open 24 hours"),
        ("Sa 18:00-02:00", SATURDAY, "ouvert 18 h – 2 h", "open 18:00–02:00"),
        ("Sa 18:00-24:00", SATURDAY, "ouvert 18 h – minuit", "open 18:00–24:00"),
        ("Sa 00:00-06:05", SATURDAY, "ouvert 0 h – 6 h 05", "open 00:00–06:05"),
        ("Sa 20:00+", SATURDAY, "à partir de 20 h", "from 20:00"),
        ('Sa 09:00-19:00 "sur rendez-vous"', SATURDAY, "9 h – 19 h (sur rendez-vous)", "09:00–19:00 (sur rendez-vous)"),
        ('Sa 09:00-12:00,14:00-19:00 "rv"', SATURDAY, "9 h – 12 h, 14 h – 19 h (rv)", "09:00–12:00, 14:00–19:00 (rv)"),
        ('Sa 09:00-12:00 open "sonnez"', SATURDAY, "ouvert 9 h – 12 h (sonnez)", "open 09:00–12:00 (sonnez)"),
        ("Sa 09:00-12:00 unknown", SATURDAY, "9 h – 12 h (à confirmer)", "09:00–12:00 (to be confirmed)"),
        ('"sur rendez-vous"', SATURDAY, "sur rendez-vous", "sur rendez-vous"),
        ("Sa 09:00-12:00; Nov 20-30 off", SATURDAY, "fermé", "closed"),
    ],
)
def test_a_day(pattern: str, day: date, french: str, english: str) -> None:
    assert _breakable(describe_day(pattern, day)) == french
    assert describe_day(pattern, day, language="en").replace("\u00a0", " ") == english


def test_holidays_of_the_region_show() -> None:
    boxing_day = date(2026, 12, 26)
    assert _breakable(describe_day("Sa 09:00-12:00", boxing_day)) == "ouvert 9 h – 12 h"
    assert describe_day("Sa 09:00-12:00", boxing_day, holiday_region="alsace-moselle") == "fermé (jour férié)"


def test_french_hours_never_break_over_two_lines() -> None:
    text = describe_day("Mo 08:30-12:00,13:30-17:00", MONDAY)
    assert text.split(" ") == [
        "ouvert",
        "8\u00a0h\u00a030\u00a0–\u00a012\u00a0h,",
        "13\u00a0h\u00a030\u00a0–\u00a017\u00a0h",
    ]


def _rows(pattern: str, language: Language = "fr", week_of: date | None = None) -> list[tuple[str, str]]:
    return [(day, _breakable(hours)) for day, hours in describe_week(pattern, language, week_of=week_of)]


def test_a_usual_week() -> None:
    assert _rows("Mo-Th 09:00-12:00,14:00-17:00; Fr 09:00-12:00") == [
        ("lundi", "9 h – 12 h, 14 h – 17 h"),
        ("mardi", "9 h – 12 h, 14 h – 17 h"),
        ("mercredi", "9 h – 12 h, 14 h – 17 h"),
        ("jeudi", "9 h – 12 h, 14 h – 17 h"),
        ("vendredi", "9 h – 12 h"),
        ("samedi", "fermé"),
        ("dimanche", "fermé"),
    ]
    assert _rows("Mo 09:00-12:00", "en")[:2] == [("Monday", "09:00–12:00"), ("Tuesday", "closed")]


@pytest.mark.parametrize(
    ("pattern", "rows"),
    [
        ("Mo 09:00-12:00; PH off", [("jours fériés", "fermé")]),
        ("Mo 09:00-12:00; PH 10:00-12:00", [("jours fériés", "10 h – 12 h")]),
        ("PH Mo-Fr 10:00-12:00", [("jours fériés", "horaires différents")]),
        ("Mo 09:00-12:00; SH Mo 09:00-11:00", [("vacances scolaires", "horaires différents")]),
        ("Mo 09:00-12:00; SH off", [("vacances scolaires", "fermé")]),
        ("Mo 09:00-12:00; Aug off", [("certaines dates", "horaires différents")]),
        ("Mo 09:00-12:00", []),
    ],
)
def test_what_the_usual_week_does_not_say_has_its_own_row(pattern: str, rows: list[tuple[str, str]]) -> None:
    assert _rows(pattern)[7:] == rows


def test_a_given_week_is_shown_as_it_is() -> None:
    pattern = "Mo-Fr 09:00-12:00; Dec 21-22 off"
    assert [hours for _, hours in _rows(pattern, week_of=CHRISTMAS)] == [
        "fermé",
        "fermé",
        "9 h – 12 h",
        "9 h – 12 h",
        "fermé (jour férié)",
        "fermé",
        "fermé",
    ]


def test_nonsense_is_refused() -> None:
    with pytest.raises(InvalidInput):
        describe_day("de 9h à 12h", MONDAY)
    with pytest.raises(InvalidInput):
        describe_week("de 9h à 12h")
