"""Parses OSM's `opening_hours` syntax into rules.

A parser of our own, because these distinctions must not be guessed: "SH Mo-Fr 09:00-12:00" concerns school
holidays only, "PH Mo-Fr" public holidays only, a comment without a state ("by appointment") leaves the
place unknown, "20:00+" has no known end. Only the seasonal part (months, dates, weeks, years, "Th[2]") is
left to the `opening_hours` package; see `geo.opening_hours.day_selectors`.

Syntax: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
Not supported, with a clear error: hours that follow the sun (a guess without a place), points in time and
repetitions ("10:00-16:00/01:30"), days counted from a holiday ("PH -1 day").
"""

import re
from typing import NoReturn

from geo.opening_hours.canonical import times_text
from geo.opening_hours.day_selectors import check_dates
from geo.opening_hours.rules import DAY_MIN, WEEKDAYS, Days, Join, Rule, Span, State, merged, not_understood

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<comment>"[^"]*")
    | (?P<always>24/7(?!\d))
    | (?P<time>\d{1,2}:\d{2}(?!\d))
    | (?P<number>\d+)
    | (?P<word>[A-Za-z]+)
    | (?P<nth>\[[-\d,\s]+\](?:\s*[+-]\s*\d+\s*days?\b)?)
    | (?P<mark>\|\||[;,:+/()-])
    | (?P<other>\S)
    )""",
    re.VERBOSE,
)
_DAY_BY_NAME = {name.lower(): index for index, name in enumerate(WEEKDAYS)}
_MONTHS = frozenset(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
_DATE_WORDS = _MONTHS | {"week", "easter", "day", "days"}
_STATES = {"open": State.OPEN, "off": State.CLOSED, "closed": State.CLOSED, "unknown": State.UNKNOWN}
_SUN = frozenset(("sunrise", "sunset", "dawn", "dusk"))
_LATEST_MIN = 2 * DAY_MIN
_ALL_DAY: tuple[Span, ...] = (Span(0, DAY_MIN),)


def parse(pattern: str) -> tuple[Rule, ...]:
    """The rules of `pattern`, at least one. Raises InvalidInput with one sentence when it is not valid."""
    return _Parser(pattern).rules()


class _Parser:
    """A cursor over the tokens; every method reads what its name says and moves past it."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.kinds: list[str] = []
        self.texts: list[str] = []
        for match in _TOKEN.finditer(pattern):
            kind = match.lastgroup or "other"
            text = match.group(kind)
            self.kinds.append(kind)
            self.texts.append(text.lower() if kind == "word" else text)
        self.kinds += ["end", "end"]
        self.texts += ["", ""]
        self.at = 0

    def rules(self) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        join = Join.NORMAL
        while True:
            while self.text == ";":  # empty rules ("a;; b", a final ";") are common and harmless
                self.at += 1
                join = Join.NORMAL
            if self.kind == "end":
                break
            rules.append(self.rule(join))
            if self.kind != "end":
                join = self.separator()
        if not rules:
            self.fail(fr="il n'y a rien à lire", en="there is nothing to read")
        return tuple(rules)

    @property
    def kind(self) -> str:
        return self.kinds[self.at]

    @property
    def text(self) -> str:
        return self.texts[self.at]

    def separator(self) -> Join:
        text = self.text
        joins = {";": Join.NORMAL, ",": Join.ADDITIONAL, "||": Join.FALLBACK}
        if text not in joins:
            self.fail_here()
        self.at += 1
        if text != ";" and self.kind == "end":
            self.fail(fr="la fin manque", en="the end is missing")
        return joins[text]

    def rule(self, join: Join) -> Rule:
        start = self.at
        days = Days()
        if self.kind == "always":
            self.at += 1
            spans, times = _ALL_DAY, ""
        else:
            days = self.days()
            spans, times = self.times()
        named_state = _STATES.get(self.text) if self.kind == "word" else None
        if named_state is not None:
            self.at += 1
        comment = ""
        if self.kind == "comment":
            comment = " ".join(self.text.strip('"').split())
            self.at += 1
        if self.at == start:
            self.fail_here()
        state = named_state or (State.UNKNOWN if comment else State.OPEN)
        if state is not State.OPEN or comment:
            spans = tuple(
                Span(s.start_min, s.end_min, s.state if s.open_ended else state, comment, s.open_ended) for s in spans
            )
        return Rule(days, spans, times, state, comment, join)

    # --- days ------------------------------------------------------------------------------------

    def days(self) -> Days:
        dates = self.dates()
        weekdays: set[int] = set()
        weekday_texts: list[str] = []
        nth = public = school = False
        holidays_only = False
        while self.kind == "word":
            word = self.text
            if word in ("ph", "sh"):
                if weekday_texts and self.texts[self.at - 1] != ",":
                    # "Mo-Fr PH" reads both ways; the syntax only has "PH Mo-Fr" and "PH,Mo-Fr".
                    self.fail_here()
                public, school = public or word == "ph", school or word == "sh"
                self.at += 1
                if self.text in ("+", "-"):
                    self.fail(
                        fr="les jours comptés à partir d'un jour férié ne sont pas pris en charge",
                        en="days counted from a public holiday are not supported",
                    )
            elif word in _DAY_BY_NAME:
                if (public or school) and not weekday_texts and self.texts[self.at - 1] != ",":
                    holidays_only = True
                text, numbered = self.weekday_range(weekdays)
                weekday_texts.append(text)
                nth = nth or numbered
            else:
                break
            if self.text == "," and self.texts[self.at + 1] in (*_DAY_BY_NAME, "ph", "sh"):
                self.at += 1
        return Days(
            dates=dates,
            weekdays=frozenset(weekdays) if weekday_texts else None,
            weekday_text=",".join(weekday_texts) if nth else "",
            public_holidays=public,
            school_holidays=school,
            holidays_only=holidays_only,
        )

    def weekday_range(self, into: set[int]) -> tuple[str, bool]:
        first = last = _DAY_BY_NAME[self.text]
        self.at += 1
        if self.kind == "nth":
            number = re.sub(r"\s+", "", self.text).replace("]", "] ").replace("day", " day").strip()
            check_dates(self.pattern, f"{WEEKDAYS[first]}{number}")
            self.at += 1
            into.add(first)
            return f"{WEEKDAYS[first]}{number}", True
        if self.text == "-":
            self.at += 1
            if self.text not in _DAY_BY_NAME:
                self.fail_here()
            last = _DAY_BY_NAME[self.text]
            self.at += 1
        into.update((first + step) % 7 for step in range((last - first) % 7 + 1))
        return WEEKDAYS[first] if first == last else f"{WEEKDAYS[first]}-{WEEKDAYS[last]}", False

    def dates(self) -> str:
        """The seasonal part, spelled one way, e.g. "Jul 09 - aug31:" -> "Jul 9-Aug 31"."""
        dates = ""
        while self._is_date_token():
            text = self.text
            if self.kind == "number":
                text = str(int(text))
            elif text in _MONTHS:
                text = text.title()
            signed = dates == "easter" and text in ("-", "+")
            glued = not dates or dates[-1] in "-,/+" or (text in ("-", ",", "/") and not signed)
            dates += text if glued else f" {text}"
            self.at += 1
        if dates:
            if self.text == ":":
                self.at += 1
            check_dates(self.pattern, dates)
        return dates

    def _is_date_token(self) -> bool:
        kind, text = self.kind, self.text
        if kind == "number" or (kind == "word" and text in _DATE_WORDS):
            return True
        if text in ("-", ",", "/", "+"):
            # At the start of a rule these lead nowhere; elsewhere they must lead to another date.
            following = self.at + 1
            return self.at > 0 and (self.kinds[following] == "number" or self.texts[following] in _DATE_WORDS)
        return False

    # --- times -----------------------------------------------------------------------------------

    def times(self) -> tuple[tuple[Span, ...], str]:
        spans: list[Span] = []
        while self.kind == "time":
            spans += self.time_range()
            if self.text == "," and self.kinds[self.at + 1] == "time":
                self.at += 1
        if (self.kind == "word" and self.text in _SUN) or self.text == "(":
            self.fail(
                fr="les heures qui suivent le soleil ne sont pas prises en charge, donnez des heures d'horloge",
                en="hours that follow the sun are not supported, give clock times",
            )
        if not spans:
            return _ALL_DAY, ""
        joined = merged(spans)
        return joined, times_text(joined)

    def time_range(self) -> list[Span]:
        start_min = self.clock()
        if self.text == "+":
            self.at += 1
            return [Span(start_min, max(DAY_MIN, start_min + 1), State.UNKNOWN, open_ended=True)]
        if self.text != "-" or self.kinds[self.at + 1] != "time":
            if self.text == "-":
                self.at += 1
                self.times()  # says what is wrong with "09:00-sunset"
            self.fail(fr="une heure de fin manque", en="a closing time is missing")
        self.at += 1
        end_min = self.clock()
        if start_min >= DAY_MIN or end_min > _LATEST_MIN:
            self.fail(fr="une heure est hors de la journée", en="a time is out of the day")
        if end_min == start_min and start_min:
            self.fail(fr="une plage commence et finit à la même heure", en="a span starts and ends at once")
        if end_min <= start_min:
            end_min += DAY_MIN
        spans = [Span(start_min, end_min)]
        if self.text == "+":
            self.at += 1
            spans.append(Span(end_min, max(DAY_MIN, end_min + 1), State.UNKNOWN, open_ended=True))
        if self.text == "/":
            self.fail(fr="les répétitions ne sont pas prises en charge", en="repetitions are not supported")
        return spans

    def clock(self) -> int:
        hours, _, minutes = self.text.partition(":")
        if int(minutes) > 59:
            self.fail(fr=f"« {self.text} » n'est pas une heure", en=f"“{self.text}” is not a time")
        self.at += 1
        return int(hours) * 60 + int(minutes)

    # --- errors ----------------------------------------------------------------------------------

    def fail_here(self) -> NoReturn:
        text = self.text
        if not text:
            self.fail(fr="la fin manque", en="the end is missing")
        self.fail(fr=f"« {text} » n'est pas attendu ici", en=f"“{text}” is not expected here")

    def fail(self, *, fr: str, en: str) -> NoReturn:
        raise not_understood(self.pattern, fr=fr, en=en)
