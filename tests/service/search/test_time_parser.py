"""What people type for when, in the local time of the place."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InvalidInput
from matching.query.query import Window, slot_start
from service.search.time_parser import later, parse_any, parse_duration, parse_window

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=PARIS)  # a Monday


def local(window: Window, zone: ZoneInfo = PARIS) -> tuple[str, str]:
    start, stop = (slot_start(slot).astimezone(zone) for slot in (window.start, window.stop))
    return start.strftime("%m-%d %H:%M"), stop.strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-11-24T09:00/PT3H", ("11-24 09:00", "11-24 12:00")),
        ("2026-11-24T09:00/12:00", ("11-24 09:00", "11-24 12:00")),
        ("2026-11-24T09:00/2026-11-24T12:00", ("11-24 09:00", "11-24 12:00")),
        ("2026-11-24T08:00Z/PT3H", ("11-24 09:00", "11-24 12:00")),
        ("2026-11-24T22:00/PT4H", ("11-24 22:00", "11-25 02:00")),
        ("demain 9h-12h", ("11-24 09:00", "11-24 12:00")),
        ("tomorrow 9-12", ("11-24 09:00", "11-24 12:00")),
        ("Demain, de 9h30 à 12h", ("11-24 09:30", "11-24 12:00")),
        ("aujourd'hui 16h-18h", ("11-23 16:00", "11-23 18:00")),
        ("mardi 14h-17h30", ("11-24 14:00", "11-24 17:30")),
        ("lundi 16:00-17:00", ("11-23 16:00", "11-23 17:00")),
        ("24/11 9h-12h", ("11-24 09:00", "11-24 12:00")),
        ("03/01 9h-12h", ("01-03 09:00", "01-03 12:00")),
        ("2026-12-01 20h-24h", ("12-01 20:00", "12-02 00:00")),
    ],
)
def test_a_window_is_understood(typed: str, expected: tuple[str, str]) -> None:
    assert local(parse_window(typed, PARIS, NOW)) == expected


def test_odd_times_round_outwards() -> None:
    assert local(parse_window("demain 9h10-10h20", PARIS, NOW)) == ("11-24 09:00", "11-24 10:30")


def test_hours_are_those_of_the_place() -> None:
    window = parse_window("demain 9h-12h", REUNION, NOW)
    assert slot_start(window.start) == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def test_a_day_of_the_clock_change_keeps_local_hours() -> None:
    window = parse_window("2027-03-28T09:00/PT3H", PARIS, NOW)
    assert slot_start(window.start) == datetime(2027, 3, 28, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "un de ces jours",
        "demain",
        "demain 25h-26h",
        "31/02 9h-12h",
        "2026-13-01T09:00/PT3H",
        "2026-11-24T09:00/",
        "/",
    ],
)
def test_what_is_not_understood_shows_an_example(typed: str) -> None:
    with pytest.raises(InvalidInput, match="write for example"):
        parse_window(typed, PARIS, NOW)


@pytest.mark.parametrize("typed", ["2026-11-23T09:00/PT3H", "aujourd'hui 8h-9h", "2020-01-01T00:00/PT1H"])
def test_a_past_window_says_so(typed: str) -> None:
    with pytest.raises(InvalidInput, match="already past"):
        parse_window(typed, PARIS, NOW)


@pytest.mark.parametrize("typed", ["2026-11-24T12:00/09:00", "demain 12h-9h", "demain 9h-9h"])
def test_a_window_that_ends_before_it_starts_says_so(typed: str) -> None:
    with pytest.raises(InvalidInput, match="ends before it starts"):
        parse_window(typed, PARIS, NOW)


def test_any_hours_within_an_interval() -> None:
    window = parse_any("3h", "2026-11-24T08:00/2026-11-24T19:00", PARIS, NOW)
    assert local(window) == ("11-24 08:00", "11-24 19:00")
    assert window.any_slots == 6


def test_any_hours_leaves_out_what_is_over() -> None:
    window = parse_any("1h", "2026-11-23T08:00/2026-11-23T19:00", PARIS, NOW)
    assert local(window) == ("11-23 15:00", "11-23 19:00")


@given(st.integers(1, 23), st.integers(0, 59))
def test_durations_read_the_same_in_every_notation(hours: int, minutes: int) -> None:
    expected = hours * 3600 + minutes * 60
    for typed in (f"PT{hours}H{minutes}M", f"{hours}h{minutes:02d}", f"{hours * 60 + minutes}min"):
        assert parse_duration(typed).total_seconds() == expected


@given(st.text(max_size=40))
def test_nothing_typed_crashes(typed: str) -> None:
    try:
        assert parse_window(typed, PARIS, NOW).stop > 0
    except InvalidInput as error:
        assert error.message("fr")


def test_weeks_later_is_the_same_hour_by_the_clock_through_summer_time() -> None:
    now = datetime(2026, 10, 12, 8, 0, tzinfo=PARIS)
    first = parse_window("2026-10-20T09:00/PT3H", PARIS, now)
    assert [local(later(first, weeks, PARIS)) for weeks in range(3)] == [
        ("10-20 09:00", "10-20 12:00"),
        ("10-27 09:00", "10-27 12:00"),
        ("11-03 09:00", "11-03 12:00"),
    ]
    assert later(first, 1, PARIS).start - first.start == 7 * 48 + 2  # the clocks went back in between


def test_weeks_later_keeps_the_hours_asked_inside_an_interval() -> None:
    window = parse_any("2h", "2026-11-24T08:00/2026-11-24T19:00", REUNION, NOW)
    assert later(window, 2, REUNION).any_slots == window.any_slots == 4
