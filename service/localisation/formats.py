"""Numbers, distances, prices and hours the way readers of each language write them."""

from datetime import date, datetime, time, timedelta

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from geo.errors import Language

NBSP = "\u00a0"


class Formats:
    """Formatters of one language. Everything returned uses no-break spaces inside a quantity."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.locale = "fr_FR" if language == "fr" else "en_GB"

    def number(self, value: float, digits: int = 0) -> str:
        """`1 234` or `1,234`; at most `digits` decimals, trailing zeros dropped."""
        pattern = "#,##0." + "#" * digits if digits else "#,##0"
        return str(format_decimal(value, format=pattern, locale=self.locale)).replace("\u202f", NBSP)

    def score(self, value: float) -> str:
        """`0,83`: always two decimals, so that scores line up."""
        return str(format_decimal(value, format="0.00", locale=self.locale))

    def distance(self, distance_m: float) -> str:
        """`650 m`, `1,1 km`, `12 km`: as precise as a person cares."""
        if distance_m < 995:
            return f"{self.number(round(distance_m, -1))}{NBSP}m"
        km = distance_m / 1000
        return f"{self.number(km, 1 if km < 9.95 else 0)}{NBSP}km"

    def price(self, price_cents: int) -> str:
        """`6 €` or `€6.50`: cents only when there are some."""
        pattern = ("#,##0.00" if price_cents % 100 else "#,##0") + f"{NBSP}¤"
        if self.language == "en":
            pattern = "¤#,##0.00" if price_cents % 100 else "¤#,##0"
        amount = price_cents / 100
        text = format_currency(amount, "EUR", format=pattern, locale=self.locale, currency_digits=False)
        return str(text).replace("\u202f", NBSP)

    def clock(self, moment: time | datetime) -> str:
        """`9 h`, `9 h 30`, or `09:30`."""
        if self.language == "en":
            return f"{moment.hour:02d}:{moment.minute:02d}"
        minutes = f"{NBSP}{moment.minute:02d}" if moment.minute else ""
        return f"{moment.hour}{NBSP}h{minutes}"

    def span(self, start: time | datetime, stop: time | datetime) -> str:
        """`9 h – 12 h` or `09:00–12:00`."""
        gap = NBSP if self.language == "fr" else ""
        return f"{self.clock(start)}{gap}–{gap}{self.clock(stop)}"

    def day(self, day: date) -> str:
        """`mar. 24 nov.` or `Tue 24 Nov`."""
        return self._first(format_date(day, format="EEE d MMM", locale=self.locale)).replace(" ", NBSP)

    def long_day(self, day: date) -> str:
        """`mardi 24 novembre 2026` or `Tuesday 24 November 2026`."""
        return self._first(format_date(day, format="EEEE d MMMM y", locale=self.locale))

    def _first(self, text: str) -> str:
        """French counts days but for the first: `mardi 1er décembre`."""
        return str(text).replace(" 1 ", " 1er ") if self.language == "fr" else str(text)

    def month(self, day: date) -> str:
        """`novembre 2026`."""
        return str(format_date(day, format="LLLL y", locale=self.locale))

    def minutes(self, duration: timedelta) -> str:
        """`8 min`, `1 h 05`."""
        total = max(1, round(duration.total_seconds() / 60))
        if total < 60:
            return f"{total}{NBSP}min"
        rest = f"{NBSP}{total % 60:02d}" if total % 60 else ""
        return f"{total // 60}{NBSP}h{rest}"
