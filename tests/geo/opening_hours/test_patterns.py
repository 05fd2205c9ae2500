"""How an opening pattern is read, and what of it is open in UTC half-hours."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from geo.errors import InvalidInput
from geo.opening_hours.day_selectors import always_in_season, spans_on
from geo.opening_hours.parser import parse
from geo.opening_hours.patterns import HoursCalendar, describe_briefly, normalise, open_slots

MONDAY = date(2026, 11, 23)  # no public holiday near, winter time
PARIS = "Europe/Paris"


def _open_at(pattern: str, day: date, *, zone: str = PARIS, region: str = "metropole", days: int = 1) -> list[str]:
    """Open UTC slots from `day` on, joined: ["23 08:00-11:00", ...]."""
    slots = open_slots(pattern, first_day=day, days=days, time_zone=zone, holiday_region=region).ravel()
    edges = np.flatnonzero(np.diff(np.concatenate(([0], slots.astype(int), [0]))))
    start = datetime.combine(day, datetime.min.time())
    spans = []
    for begin, end in edges.reshape(-1, 2):
        opens, closes = (start + timedelta(minutes=30 * int(edge)) for edge in (begin, end))
        spans.append(f"{opens:%d %H:%M}-{closes:%H:%M}")
    return spans


# --- spelling ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "canonical"),
    [
        ("mo-fr 9:00-12:00", "Mo-Fr 09:00-12:00"),
        ("Mo-Fr 09:00-12:00;", "Mo-Fr 09:00-12:00"),
        ("Mo-Fr 08:00-12:00,14:00-18:00, Sa 10:00-12:00", "Mo-Fr 08:00-12:00,14:00-18:00; Sa 10:00-12:00"),
        ("Mo 10:00-12:00,11:00-13:00", "Mo 10:00-13:00"),
        ("Mo-Fr 10:00-18:00; Mo 12:00-13:00 off", "Mo 10:00-12:00,13:00-18:00; Tu-Fr 10:00-18:00"),
        ("Fr-Mo 10:00-12:00", "Mo,Fr-Su 10:00-12:00"),
        ("Sa 08:00-26:00", "Sa 08:00-02:00"),
        ("Mo 00:00-26:00", "Mo 00:00-26:00"),
        ("Mo-Fr 08:00-00:00", "Mo-Fr 08:00-24:00"),
        ("08:00-22:00", "Mo-Su 08:00-22:00"),
        ("Mo-Fr", "Mo-Fr 00:00-24:00"),
        ("Mo-Su 00:00-24:00", "24/7"),
        ("PH,Mo-Su 00:00-24:00", "24/7"),
        ("Mo-Fr 00:00-24:00; Sa-Su 00:00-24:00", "Mo-Su 00:00-24:00; PH off"),
        ("Mo-Su,PH 00:30-05:30", "Mo-Su 00:30-05:30; PH 00:30-05:30"),
        ("Mo-Fr 09:00-18:00; PH, Sa, Su off", "Mo-Fr 09:00-18:00; PH off"),
        ("PH Mo-Fr 09:00-12:00", "PH Mo-Fr 09:00-12:00"),
        ("Tu-Sa 9:00-19:00; PH,Su 10:00-18:00; Mo closed", "Tu-Sa 09:00-19:00; Su 10:00-18:00; PH Tu-Su 10:00-18:00"),
        ("SH Mo-Fr 09:00-12:00", "SH Mo-Fr 09:00-12:00"),
        ("Mo-Fr 08:00-19:00; PH,SH off", "Mo-Fr 08:00-19:00; PH,SH off"),
        ("Jul 09 - aug31: Tu 10:00-12:00", "Jul 9-Aug 31 Tu 10:00-12:00"),
        ("Dec 25, Jan 1 off", "Dec 25,Jan 1 off"),
        ("Th[2, 4] 15:00-18:00", "Th[2,4] 15:00-18:00"),
        ("easter +1 day off", "easter +1 day off"),
        ("Th 20:00+", "Th 20:00+"),
        ("Mo 9:00-12:00+", "Mo 09:00-12:00+"),
        ('"sur  rendez-vous"', '"sur rendez-vous"'),
        ('Mo-Fr 9:00-19:00 open "interphone"', 'Mo-Fr 09:00-19:00 open "interphone"'),
        ('Mo-Fr 09:00-12:00 || "rv"', 'Mo-Fr 09:00-12:00 || "rv"'),
        ("24/7; Dec 25 off", "24/7; Dec 25 off"),
        ("Fr 20:00-04:00; Fr 20:00-21:00 off", "Fr 21:00-04:00"),
        ("Fr 20:00-04:00; Fr 23:00-25:00 off", "Fr 20:00-04:00; Fr 23:00-01:00 off"),
        ("closed", "off"),
    ],
)
def test_one_spelling(pattern: str, canonical: str) -> None:
    assert normalise(pattern) == canonical
    assert normalise(canonical) == canonical


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        ";;",
        "a",
        "Mo-Fr 9h-12h",
        "Mo-Fr 09:00-12:00,",
        "Mo-Fr 09:00",
        "Mo-Fr 09:00-12:75",
        "Mo 09:00-09:00",
        "Mo 25:00-26:00",
        "Mo-Fr PH off",
        "Mo-",
        "Feb 30 off",
        "Dec 32 off",
        "Dec 2026 off",
        "sunrise-sunset",
        "09:00-sunset",
        "(sunrise+01:00)-12:00",
        "PH -1 day off",
        "Mo-Fr 10:00-16:00/01:30",
        "Mo 09:00-12:00 Tu 09:00-12:00",
        "Mo off 12:00-13:00",
        '"unfinished',
        "Dec 25 24/7",
    ],
)
def test_what_is_not_a_pattern_is_refused_in_one_sentence(pattern: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        normalise(pattern)
    for language in ("fr", "en"):
        message = refused.value.message(language)  # type: ignore[arg-type]
        assert f"{pattern}" in message
        assert message.count("\n") == 0
        assert "Mo-Fr 09:00-12:00,14:00-18:00" in message
    assert refused.value.values["field"] == "hours"


# --- local time ----------------------------------------------------------------------------------------


def test_opening_is_local_and_answered_in_utc() -> None:
    assert _open_at("Mo 09:00-12:00", MONDAY) == ["23 08:00-11:00"]
    assert _open_at("Mo 09:00-12:00", date(2026, 7, 6)) == ["06 07:00-10:00"]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Indian/Reunion", ["23 05:00-08:00"]),
        ("America/Guadeloupe", ["23 13:00-16:00"]),
        ("Pacific/Noumea", ["23 22:00-01:00"]),  # Tuesday's, which is still Monday in UTC
        ("Asia/Kolkata", ["23 03:30-06:30"]),
        ("Asia/Kathmandu", ["23 03:30-06:00"]),  # 03:15-06:15: rounded inwards
        ("Pacific/Marquesas", ["23 18:30-21:30"]),
    ],
)
def test_far_zones(zone: str, expected: list[str]) -> None:
    pattern = "Tu 09:00-12:00" if zone == "Pacific/Noumea" else "Mo 09:00-12:00"
    assert _open_at(pattern, MONDAY, zone=zone, days=2) == expected


def test_a_slot_is_open_only_when_all_of_it_is() -> None:
    assert _open_at("Mo 09:10-10:20", MONDAY) == ["23 08:30-09:00"]
    assert _open_at("Mo 09:10-09:40", MONDAY) == []
    assert _open_at("Mo 09:00-09:15, Mo 09:15-10:00", MONDAY) == ["23 08:00-09:00"]
    assert _open_at('Mo 09:00-09:15 open "cour", Mo 09:15-10:00', MONDAY) == ["23 08:00-09:00"]


def test_october_has_the_hour_twice_and_march_does_not_have_it() -> None:
    assert _open_at("Su 00:00-06:00", date(2026, 10, 24), days=2) == ["24 22:00-05:00"]
    assert _open_at("Su 02:00-03:00", date(2026, 10, 25)) == ["25 00:00-02:00"]
    assert _open_at("Su 00:00-06:00", date(2027, 3, 27), days=2) == ["27 23:00-04:00"]
    assert _open_at("Su 02:00-03:00", date(2027, 3, 28)) == []
    assert _open_at("Sa 22:00-04:00", date(2026, 10, 24), days=2) == ["24 20:00-03:00"]


def test_the_days_around_a_clock_change_keep_their_local_hours() -> None:
    for change in (date(2026, 10, 25), date(2027, 3, 28)):
        # Easter Monday follows the change of March 2027, so holidays are named.
        before = _open_at("Mo-Su,PH 09:00-12:00", change - timedelta(days=1))
        after = _open_at("Mo-Su,PH 09:00-12:00", change + timedelta(days=1))
        summer, winter = (after, before) if change.month == 3 else (before, after)
        assert summer[0].endswith("07:00-10:00")
        assert winter[0].endswith("08:00-11:00")


def test_a_night_belongs_to_the_day_it_starts_on() -> None:
    assert _open_at("Fr 18:00-02:00", date(2026, 11, 27), days=2) == ["27 17:00-01:00"]
    assert _open_at("Fr 18:00-02:00; Sa off", date(2026, 11, 27), days=2) == ["27 17:00-01:00"]
    assert _open_at("Fr 18:00-02:00; Sa 10:00-12:00", date(2026, 11, 28)) == ["28 00:00-01:00", "28 09:00-11:00"]
    # Christmas 2026 is a Friday: the Thursday evening before it runs on, its own evening does not start.
    assert _open_at("Mo-Su 18:00-02:00", date(2026, 12, 24), days=2) == ["24 00:00-01:00", "24 17:00-01:00"]


# --- holidays ------------------------------------------------------------------------------------------

CHRISTMAS = date(2026, 12, 25)  # a Friday


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("Mo-Fr 09:00-12:00", []),
        ("Mo-Su 09:00-12:00", []),
        ("Mo-Fr 09:00-12:00; PH off", []),
        ("24/7", ["25 00:00-00:00"]),
        ("24/7; PH off", ["25 23:00-00:00"]),  # the 26th has begun in Paris
        ("24/7; Dec 25 off", ["25 23:00-00:00"]),
        ("Mo-Fr 09:00-12:00; PH 10:00-11:00", ["25 09:00-10:00"]),
        ("PH,Mo-Fr 09:00-12:00", ["25 08:00-11:00"]),
        ("Mo-Fr,PH 09:00-12:00", ["25 08:00-11:00"]),
        ("PH Mo-Fr 09:00-12:00", ["25 08:00-11:00"]),
        ("PH Mo-Th 09:00-12:00", []),
        ("Dec 24-26 09:00-12:00", []),
        ("Dec 24-26 PH 09:00-12:00", ["25 08:00-11:00"]),
        ("Jul PH 09:00-12:00", []),
    ],
)
def test_on_a_public_holiday(pattern: str, expected: list[str]) -> None:
    assert _open_at(pattern, CHRISTMAS) == expected


def test_a_rule_for_public_holidays_says_nothing_of_other_days() -> None:
    assert _open_at("PH Mo-Fr 09:00-12:00", MONDAY, days=7) == []
    assert _open_at("PH 09:00-12:00", MONDAY, days=7) == []


def test_holidays_are_those_of_the_region() -> None:
    boxing_day, abolition = date(2026, 12, 26), date(2026, 12, 20)
    assert _open_at("Mo-Su 09:00-12:00", boxing_day) == ["26 08:00-11:00"]
    assert _open_at("Mo-Su 09:00-12:00", boxing_day, region="alsace-moselle") == []
    assert _open_at("Mo-Su 09:00-12:00", abolition, region="la-reunion", zone="Indian/Reunion") == []
    assert _open_at("Mo-Su 09:00-12:00", abolition, region="guadeloupe", zone="America/Guadeloupe") != []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("SH Mo-Fr 09:00-12:00", []),
        ("SH 09:00-12:00", []),
        ("SH,Mo 14:00-15:00", ["23 13:00-14:00"]),
        ("Mo-Fr 14:00-15:00; SH Mo-Fr 09:00-12:00", ["23 13:00-14:00"]),
        ("Mo-Fr 14:00-15:00; SH off", ["23 13:00-14:00"]),
        ("Mo-Fr 14:00-15:00; PH,SH off", ["23 13:00-14:00"]),
    ],
)
def test_rules_for_school_holidays_never_apply(pattern: str, expected: list[str]) -> None:
    assert _open_at(pattern, MONDAY) == expected


# --- how rules combine ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("off", []),
        ("Mo-Fr 09:00-12:00; Mo 14:00-15:00", ["23 13:00-14:00"]),
        ("Mo-Fr 09:00-12:00, Mo 14:00-15:00", ["23 08:00-11:00", "23 13:00-14:00"]),
        ("Mo-Fr 09:00-12:00; Mo off", []),
        ("Mo-Fr 09:00-12:00; Mo 10:00-11:00 off", ["23 08:00-09:00", "23 10:00-11:00"]),
        ("Mo 10:00-11:00 || Mo 09:00-12:00", ["23 08:00-11:00"]),
        ('Mo 09:00-12:00 "sur rendez-vous"', []),
        ('Mo 09:00-12:00 open "sonnez"', ["23 08:00-11:00"]),
        ("Mo 09:00-12:00 unknown", []),
        ("Mo 20:00+", []),
        ("Mo 09:00-12:00+", ["23 08:00-11:00"]),
        ('Mo 09:00-12:00 || "sur rendez-vous"', ["23 08:00-11:00"]),
        ("week 48 Mo 09:00-12:00", ["23 08:00-11:00"]),
        ("week 49 Mo 09:00-12:00", []),
        ("Nov-Feb Mo 09:00-12:00", ["23 08:00-11:00"]),
        ("2025 Mo 09:00-12:00", []),
        ("Mo[4] 09:00-12:00", ["23 08:00-11:00"]),
        ("Mo[-1] 09:00-12:00", []),
        ("Mo 09:00-12:00; Nov 20-24 off", []),
    ],
)
def test_rules_combine(pattern: str, expected: list[str]) -> None:
    assert _open_at(pattern, MONDAY) == expected


def test_a_library_that_changes_its_hours_in_summer() -> None:
    pattern = (
        "Mo off; Tu,Th 13:00-19:00; We,Fr 10:00-12:00,13:00-19:00; Su off; Jul 09-Aug 31: Th-Sa 9:00-13:00; "
        "Jul 09-Aug 31 Su-We off; PH off; Aug 13-17 off"
    )
    thursday = date(2027, 7, 15)
    assert _open_at(pattern, thursday - timedelta(days=7)) == ["08 11:00-17:00"]
    assert _open_at(pattern, thursday) == ["15 07:00-11:00"]
    assert _open_at(pattern, date(2027, 8, 13)) == []


# --- brute force ---------------------------------------------------------------------------------------

_SPANS = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda s: (s[0], min(s[0] + s[1], 2879))),
    min_size=1,
    max_size=3,
)
_WEEK = st.dictionaries(st.integers(0, 6), _SPANS, min_size=1)
_WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _times(spans: Iterable[tuple[int, int]]) -> str:
    return ",".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans)


@settings(max_examples=60, deadline=None)
@given(
    week=_WEEK,
    holiday=st.none() | st.just([]) | _SPANS,
    first_day=st.sampled_from(
        [date(2026, 10, 24), date(2027, 3, 27), date(2026, 12, 24), date(2026, 11, 10), date(2026, 4, 3)]
    ),
    zone=st.sampled_from(
        [PARIS, "Indian/Reunion", "America/Guadeloupe", "Pacific/Noumea", "Asia/Kathmandu", "Australia/Lord_Howe"]
    ),
)
def test_equals_looking_at_the_clock_every_minute(
    week: dict[int, list[tuple[int, int]]],
    holiday: list[tuple[int, int]] | None,
    first_day: date,
    zone: str,
) -> None:
    """The reference reads the wall clock at each UTC minute; it knows neither the parser nor the tables."""
    holidays = {
        *(date(2026, 4, 3), date(2026, 4, 6), date(2026, 11, 11), date(2026, 12, 25), date(2026, 12, 26)),
        *(date(2027, 3, 26), date(2027, 3, 29)),
    }
    rules = [f"{_WEEKDAYS[day]} {_times(spans)}" for day, spans in week.items()]
    if holiday is not None:
        rules.append(f"PH {_times(holiday)}" if holiday else "PH off")

    def minute_is_open(day: date, minute: int) -> bool:
        for back in (0, 1):
            start_day = day - timedelta(days=back)
            spans = (holiday or []) if start_day in holidays else week.get(start_day.weekday(), [])
            if any(start <= minute + 1440 * back < end for start, end in spans):
                return True
        return False

    days = 3
    expected = np.ones((days, 48), dtype=bool)
    midnight = datetime.combine(first_day, datetime.min.time(), tzinfo=UTC)
    place = ZoneInfo(zone)
    for utc_minute in range(days * 1440):
        local = (midnight + timedelta(minutes=utc_minute)).astimezone(place)
        if not minute_is_open(local.date(), local.hour * 60 + local.minute):
            expected[utc_minute // 1440, utc_minute % 1440 // 30] = False
    slots = open_slots(
        "; ".join(rules), first_day=first_day, days=days, time_zone=zone, holiday_region="alsace-moselle"
    )
    np.testing.assert_array_equal(slots, expected)


_DAY_LIST = st.sets(st.integers(0, 6), min_size=1).map(lambda days: ",".join(_WEEKDAYS[d] for d in sorted(days)))
_DAYTIME = st.tuples(st.integers(0, 1435), st.integers(5, 600)).map(lambda s: (s[0], min(s[0] + s[1], 1440)))
_RULE = st.builds(
    lambda days, spans, state: f"{days} {_times(spans)}{state}",
    _DAY_LIST,
    st.lists(_DAYTIME, min_size=1, max_size=3),
    st.sampled_from(["", "", "", " off", " open"]),
)
_PLAIN = st.builds(
    lambda rules, joins: "".join(part for pair in zip(rules, [*joins, ""], strict=False) for part in pair),
    st.lists(_RULE, min_size=1, max_size=4),
    st.lists(st.sampled_from(["; ", "; ", ", "]), min_size=3, max_size=3),
).map(lambda text: text.rstrip("; ,"))


@settings(max_examples=150, deadline=None)
@given(pattern=_PLAIN)
def test_agrees_with_the_opening_hours_package_on_plain_weeks(pattern: str) -> None:
    """Where the package is right (no holidays, no nights, no comments), both read the same week."""
    midnight = datetime.combine(MONDAY, datetime.min.time())
    theirs = np.zeros(7 * 1440, dtype=bool)
    for begins, ends, state, *_ in OpeningHours(pattern).intervals(midnight, midnight + timedelta(days=7)):
        first, last = ((moment - midnight) // timedelta(minutes=1) for moment in (begins, ends))
        theirs[first:last] = str(state) == "open"
    ours = np.zeros(7 * 1440, dtype=bool)
    rules = parse(pattern)
    for weekday in range(7):
        for span in spans_on(rules, weekday, False, always_in_season):
            ours[weekday * 1440 + span.start_min : weekday * 1440 + span.end_min] = True
    np.testing.assert_array_equal(ours, theirs)


@settings(max_examples=150, deadline=None)
@given(
    pattern=_PLAIN,
    more=st.sampled_from(
        ["", "; PH off", "; PH 10:00-12:00", "; SH Mo 09:00-10:00", "; Jul-Aug off", '; Su "rv"', ", Fr 22:00-03:00"]
    ),
)
def test_spelling_again_changes_neither_text_nor_hours(pattern: str, more: str) -> None:
    once = normalise(pattern + more)
    assert normalise(once) == once
    calendar = HoursCalendar(date(2026, 12, 21), 7)
    np.testing.assert_array_equal(
        calendar.slots(pattern + more, PARIS, "metropole"), calendar.slots(once, PARIS, "metropole")
    )


# --- many at once --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("zone", "region"), [(PARIS, "metropole"), ("Indian/Reunion", "la-reunion")])
def test_many_patterns_are_open_as_each_by_itself(zone: str, region: str) -> None:
    patterns = ["Mo-Fr 09:00-12:00", "Mo-Su 18:00-02:00", "Mo-Fr 09:00-12:00", "Dec Mo 09:00-12:00"]
    many = HoursCalendar(date(2026, 12, 14), 14).slots_many(patterns, zone, region)
    for pattern, slots in zip(patterns, many, strict=True):
        single = open_slots(pattern, first_day=date(2026, 12, 14), days=14, time_zone=zone, holiday_region=region)
        np.testing.assert_array_equal(slots, single)
        assert single.any()


def test_many_patterns_cross_the_chunks() -> None:
    patterns = [f"Mo {hour:02d}:{minute:02d}-20:00" for hour in range(19) for minute in range(60)] * 2
    slots = HoursCalendar(MONDAY, 1).slots_many(patterns, PARIS, "metropole")
    np.testing.assert_array_equal(slots[: len(patterns) // 2], slots[len(patterns) // 2 :])
    assert slots[0].sum() == 38  # 00:00-20:00 in Paris, of which one hour is Sunday's in UTC


def test_no_pattern_gives_no_slots() -> None:
    assert HoursCalendar(MONDAY, 2).slots_many([], PARIS, "metropole").shape == (0, 2, 48)


@pytest.mark.parametrize("zone", ["Europe/Nantes", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        open_slots("24/7", first_day=MONDAY, days=1, time_zone=zone, holiday_region="metropole")
    assert refused.value.values["field"] == "time_zone"


def test_a_window_has_at_least_a_day() -> None:
    with pytest.raises(InvalidInput):
        HoursCalendar(MONDAY, 0)


@pytest.mark.parametrize(
    ("pattern", "french", "english"),
    [
        ("Mo-Fr 09:00-12:00,14:00-17:00", "lun.-ven. 9 h – 12 h, 14 h – 17 h", "Mon-Fri 09:00–12:00, 14:00–17:00"),
        ("Mo-Fr 09:00-12:00; Sa 09:00-11:00", "lun.-ven. 9 h – 12 h ; sam. 9 h – 11 h", None),
        ("Mo,We 08:00-12:00", "lun. 8 h – 12 h ; mer. 8 h – 12 h", None),
        ("off", "fermé", "closed"),
    ],
)
def test_a_usual_week_fits_on_one_line(pattern: str, french: str, english: str | None) -> None:
    assert describe_briefly(pattern).replace("\u00a0", " ").replace("\u202f", " ") == french
    if english is not None:
        assert describe_briefly(pattern, "en") == english
