"""Opening hours from several columns or from structured cells, as OSM syntax.

A column per day, per half-day, a pair per opening and closing, or the JSON of the town halls. Text that cannot be
parsed ("réservé aux scolaires") becomes the comment of its day, which makes the day unknown: it is shown as written,
and counts neither as open nor as closed.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from ingest.normalise.blank import cell_text
from ingest.normalise.hours.grammar import read_day
from ingest.normalise.hours.lexer import DAY_MIN, Minutes
from ingest.normalise.hours.weekly import BY_APPOINTMENT, CLOSED, DayHours, canonical, plain_week, week_text

MORNING, AFTERNOON, EVENING = "morning", "afternoon", "evening"
HALVES = (MORNING, AFTERNOON, EVENING)
USUAL_MINUTES = {MORNING: (9 * 60, 12 * 60), AFTERNOON: (14 * 60, 18 * 60)}
"""Times shown for a ticked half-day. The column gives no times, so the day stays uncertain."""
_MORNING_ENDS_MIN, _NOON_MIN = 14 * 60, 12 * 60

_FRENCH_DAYS = {
    day: index for index, day in enumerate(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"))
}
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::\d{2})?")
_ENTRIES = msgspec.json.Decoder(list[tuple[str, str, list[tuple[str, str]]]])
_LONGEST_COMMENT = 120


def from_mairie_json(text: str) -> str | None:
    """Hours of a town hall as the DILA's directory has them.

    `[["lundi","jeudi",[["08:00:00","12:00:00"],["13:30:00","17:30:00"]]],["samedi","",[...]]]`: ranges of days
    (the second may be blank), several entries for a day adding up. Spans of no length are dropped.
    """
    try:
        entries = _ENTRIES.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    week: dict[int, tuple[Minutes, ...]] = {}
    for first, last, ranges in entries:
        days, spans = _day_range(first, last or first), _clock_spans(tuple(ranges))
        if days is None or spans is None:
            return None
        if spans:
            for day in days:
                week[day] = week[day] + spans if day in week else spans
    if not week:
        return None
    return plain_week(week) or week_text({day: DayHours(spans) for day, spans in week.items()})


@lru_cache(maxsize=1_024)
def _day_range(first: str, last: str) -> tuple[int, ...] | None:
    start, end = _FRENCH_DAYS.get(first.strip().lower()), _FRENCH_DAYS.get(last.strip().lower())
    if start is None or end is None:
        return None
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


@lru_cache(maxsize=16_384)
def _clock_spans(ranges: tuple[tuple[str, str], ...]) -> tuple[Minutes, ...] | None:
    spans: list[Minutes] = []
    for start, end in ranges:
        opens, closes = _clock(start), _clock(end)
        if opens is None or closes is None:
            return None
        if opens < closes:
            spans.append((opens, closes))
    return tuple(spans)


def _clock(text: str) -> int | None:
    match = _CLOCK.fullmatch(text)
    return int(match[1]) * 60 + int(match[2]) if match else None


def from_day_columns(values: Mapping[int, str]) -> str | None:
    """Hours from one column per weekday (0 is Monday): {0: "09:00 - 12:00 / 13:30 - 17:00", 6: ""}.

    A blank day is closed, and so is the "00:00 - 00:00" of forms; None when no day opens. A day that
    cannot be parsed is kept as a comment.
    """
    week: dict[int, DayHours] = {}
    opens = False
    for day in sorted(values):
        text = " ".join(cell_text(values[day]).split())
        if not text or day not in range(7):
            continue
        hours = read_day(text)
        if hours is None:
            week[day] = _as_comment(text)
            continue
        if hours != CLOSED:
            opens = True
            week[day] = hours
    return week_text(week) if opens else None


def _as_comment(text: str) -> DayHours:
    return DayHours((), text.replace('"', "'")[:_LONGEST_COMMENT])


def from_half_day_columns(values: Mapping[tuple[int, str], str]) -> str | None:
    """Hours from a column per half-day: {(0, "morning"): "9h-12h", (0, "afternoon"): "14h-17h", (5, "morning"): "x"}.

    Halves are `HALVES`. A blank half is closed. "x" or "oui" means open at unknown times: the day is
    shown with the usual times and stays uncertain. None when nothing opens. Times of the other half ("14h-17h" as a
    morning) make the day a comment, as does text that cannot be parsed.
    """
    week: dict[int, DayHours] = {}
    opens = False
    for day in range(7):
        filled = [(half, text) for half in HALVES if (text := " ".join(cell_text(values.get((day, half), "")).split()))]
        if not filled:
            continue
        read = [_half_day(half, text) for half, text in filled]
        day_hours = _join_halves([hours for hours in read if hours is not None])
        if None in read or day_hours is None:
            week[day] = _as_comment(" / ".join(text for _, text in filled))
        elif day_hours != CLOSED:
            opens = True
            week[day] = day_hours
    return week_text(week) if opens else None


_TICKED = frozenset({"x", "✔", "✓", "☑", "oui", "o", "1", "ouvert", "ouverte", "vrai", "true", "yes"})
_UNTICKED = frozenset({"0", "non", "n", "faux", "false", "no", "☐"})
_TICKED_COMMENT = "horaires à confirmer"


def _half_day(half: str, text: str) -> DayHours | None:
    lowered = text.lower()
    if lowered in _UNTICKED:
        return CLOSED
    if lowered in _TICKED:
        usual = USUAL_MINUTES.get(half)
        return DayHours((usual,) if usual else (), _TICKED_COMMENT)
    hours = read_day(text)
    if hours is None or not hours.spans:
        return hours
    if half == MORNING and hours.spans[-1][1] > _MORNING_ENDS_MIN:
        return None
    return None if half != MORNING and hours.spans[0][0] < _NOON_MIN else hours


def _join_halves(halves: Iterable[DayHours]) -> DayHours | None:
    """The halves of a day as one, None when they overlap. "12h" at both ends makes one span."""
    spans: list[Minutes] = []
    comments: list[str] = []
    for half in halves:
        for start, end in half.spans:
            if spans and start < spans[-1][1]:
                return None
            if spans and start == spans[-1][1]:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        if half.comment and half.comment not in comments:
            comments.append(half.comment)
    return DayHours(tuple(spans), ", ".join(comments))


def from_pairs(values: Mapping[int, Iterable[tuple[str, str]]]) -> str | None:
    """Hours from pairs of columns, opening and closing, one or more per weekday: {0: [("9h", "12h"), ("14", "18:30")]}.

    Bare numbers are hours here, and so is the fraction of a day that spreadsheets store ("0.375"). A pair with one end
    missing makes the day a comment. None when no day opens.
    """
    cells: dict[int, DayHours] = {}
    opens = False
    for day in range(7):
        pairs = [(cell_text(start), cell_text(end)) for start, end in values.get(day, ())]
        filled = [pair for pair in pairs if any(pair)]
        if not filled:
            continue
        spans = [_pair_span(start, end) for start, end in filled]
        real = [span for span in spans if span is not None and span[0] != span[1]]
        if None in spans:
            cells[day] = _as_comment(join_columns(filled))
        elif real:
            opens = True
            cells[day] = DayHours(tuple(sorted(real)))
    return week_text(cells) if opens else None


_HOUR = re.compile(r"([01]?\d|2[0-4])\s*(?:[h:.]\s*([0-5]\d)?)?(?::00)?", re.IGNORECASE)
_FRACTION = re.compile(r"0[.,]\d{2,}")
_NIGHT_ENDS_MIN = 6 * 60


def _pair_span(start: str, end: str) -> Minutes | None:
    closed = {start.lower(), end.lower()} <= {"fermé", "ferme", "fermée", "fermee", ""}
    if closed:
        return 0, 0
    opens, closes = _moment(start), _moment(end)
    if opens is None or closes is None:
        return None
    if closes < opens:
        if closes > _NIGHT_ENDS_MIN:
            return None
        closes += DAY_MIN
    return opens, closes


def _moment(text: str) -> int | None:
    """Minutes from midnight of "9h", "9:30", "18.30", "14", or of a fraction of a day."""
    if _FRACTION.fullmatch(text):
        return round(float(text.replace(",", ".")) * DAY_MIN)
    match = _HOUR.fullmatch(text)
    return int(match[1]) * 60 + int(match[2] or 0) if match else None


def join_columns(opens_and_closes: Iterable[tuple[str, str]]) -> str:
    """One day's cell for `from_day_columns` out of pairs of columns: (("08:00", "12:00"), ("", ""))."""
    return " / ".join(f"{opens} - {closes}" for opens, closes in opens_and_closes if opens or closes)


__all__ = [
    "AFTERNOON",
    "BY_APPOINTMENT",
    "EVENING",
    "HALVES",
    "MORNING",
    "canonical",
    "from_day_columns",
    "from_half_day_columns",
    "from_mairie_json",
    "from_pairs",
    "join_columns",
]
