"""Opening hours spread over columns: one per day, per half-day, or pairs of opening and closing."""

from collections.abc import Sequence

from geo.reference.toponyms import fold
from ingest.mapping.column_profile import Profile
from ingest.mapping.model import HoursRule, Reason, Slot

_DAYS = (
    ("lundi", "lun", "monday", "mon", "lu"), ("mardi", "mar", "tuesday", "tue", "ma"),
    ("mercredi", "mer", "wednesday", "wed", "me"), ("jeudi", "jeu", "thursday", "thu", "je"),
    ("vendredi", "ven", "friday", "fri", "ve"), ("samedi", "sam", "saturday", "sat", "sa"),
    ("dimanche", "dim", "sunday", "sun", "di"),
)  # fmt: skip
_DAY_OF = {word: day for day, names in enumerate(_DAYS) for word in names}
_HALF_OF = {
    "matin": "morning", "matinee": "morning", "am": "morning", "morning": "morning", "midi": "afternoon",
    "apres": "afternoon", "aprem": "afternoon", "pm": "afternoon", "afternoon": "afternoon", "soir": "evening",
    "soiree": "evening", "evening": "evening", "1": "morning", "2": "afternoon",
}  # fmt: skip
_EDGE_OF = {
    "ouverture": "opens", "debut": "opens", "open": "opens", "opening": "opens", "opens": "opens", "from": "opens",
    "ouvre": "opens",
    "start": "opens", "fermeture": "closes", "fin": "closes", "close": "closes", "closing": "closes",
    "closes": "closes",
    "ferme": "closes", "end": "closes", "to": "closes",
}  # fmt: skip
_SHORT = frozenset({"h", "horaire", "horaires", "hours", "opening", "ouverture"})
_ENOUGH_DAYS = 3
REASONS: dict[str, Reason] = {
    "days": ("horaires d'un jour : une colonne par jour", "hours of one day: a column per day"),
    "halves": ("horaires d'une demi-journée", "hours of one half-day"),
    "pairs": ("heure d'ouverture ou de fermeture d'un jour", "opening or closing time of one day"),
}


def find(profiles: Sequence[Profile]) -> HoursRule | None:
    """The rule for columns of days, None when fewer than three days have one with times in it.

    "Lundi" next to "Ouverture matin lundi" is left out when its cells hold no times.
    """
    slots = {profile.column: slot for profile in profiles if (slot := slot_of(profile.column)) is not None}
    timed = [
        profile for profile in profiles if profile.column in slots and (_holds_times(profile) or _is_sparse(profile))
    ]
    with_times = {slots[profile.column].day for profile in timed if _holds_times(profile)}
    if len(with_times) < _ENOUGH_DAYS:
        return None
    chosen = {profile.column: slots[profile.column] for profile in timed}
    if sum(slot.edge == "closes" for slot in chosen.values()) >= _ENOUGH_DAYS:
        return _rule("pairs", {column: slot for column, slot in chosen.items() if slot.edge})
    # "Ouverture lundi" alone opens no pair.
    chosen = {column: Slot(slot.day, slot.half) for column, slot in chosen.items()}
    halves = {column: slot for column, slot in chosen.items() if slot.half}
    if len({slot.day for slot in halves.values()}) >= _ENOUGH_DAYS:
        return _rule("halves", halves)
    by_day: dict[int, str] = {}
    for column, slot in chosen.items():
        if not slot.half:
            by_day.setdefault(slot.day, column)
    if len(by_day) < _ENOUGH_DAYS:
        return None
    last = max(by_day)
    return HoursRule("days", tuple(by_day.get(day, "") for day in range(max(last, 4) + 1)))


def slot_of(column: str) -> Slot | None:
    """The day, half and edge that a header names; None when it names no single day, or much else."""
    words = fold(column).split()
    days = {_DAY_OF[word] for word in words if word in _DAY_OF}
    if len(days) != 1 or len(words) > 14:
        return None
    if (
        all(len(word) > 3 or word not in _DAY_OF for word in words)
        or len(words) == 1
        or _SHORT.intersection(words)
        or len(words) < 4
    ):
        half = next((_HALF_OF[word] for word in words if word in _HALF_OF), "")
        edge = next((_EDGE_OF[word] for word in words if word in _EDGE_OF), "")
        return Slot(days.pop(), half, edge)
    return None


def _rule(style: str, chosen: dict[str, Slot]) -> HoursRule:
    columns = sorted(chosen, key=lambda column: chosen[column].order)
    return HoursRule(style, tuple(columns), tuple(chosen[column] for column in columns))


def _holds_times(profile: Profile) -> bool:
    """Times, or marks of half-days: "9h-12h", "08:30", "x"."""
    if not profile.cells:
        return False
    return sum(
        any(map(str.isdigit, text)) or fold(text) in {"x", "oui", "ferme"} for text in profile.cells
    ) >= 0.5 * len(profile.cells)


def _is_sparse(profile: Profile) -> bool:
    return not profile.cells
