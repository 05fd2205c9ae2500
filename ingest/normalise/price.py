"""Tariffs, as euro cents per half-day.

A half-day is 4 hours and half a day's price; monthly and annual subscriptions say nothing of a half-day.
"""

import re

from geo.toponyms import fold

HOURS_PER_HALF_DAY = 4
MAX_EUROS = 2_000
_AMOUNT = re.compile(r"(\d+)(?:\s*[.,€]\s*(\d{1,2}))?")
_FREE = re.compile(r"\b(?:gratuit|gratuite|gratuitement|offert|libre|free|sans frais|prix libre)\b")
_NO_HALF_DAY = re.compile(r"\b(?:mois|mensuel|month|semaine|week|an|annee|annuel|trimestre|devis|carnet|forfait|%)\b")


def half_day_cents(text: str, unit: str = "") -> int | None:
    """Cents per half-day from a cell such as "5 €/demi-journée"; `unit` is the column's: half_day, day, hour.

    A unit inside the cell wins over the column's. None when no half-day price can be told.
    """
    folded = fold(text)
    unit = _unit(folded) or unit or "half_day"
    found = _AMOUNT.search(text)
    if not found:
        return 0 if _FREE.search(folded) else None
    euros = int(found.group(1)) + int((found.group(2) or "0").ljust(2, "0")) / 100
    if _NO_HALF_DAY.search(folded) or euros > MAX_EUROS:
        return None
    factor = {"half_day": 1.0, "day": 0.5, "hour": float(HOURS_PER_HALF_DAY)}[unit]
    return round(euros * 100 * factor)


def _unit(folded: str) -> str:
    if re.search(r"\bdemi|\bhalf|1 2 jour|\bmatinee|\b1 2 j", folded):
        return "half_day"
    if re.search(r"\bheures?\b|\bh\b|\bhour", folded):
        return "hour"
    return "day" if re.search(r"\bjour|\bjournee|\bday\b", folded) else ""
