"""Text of distances and prices, with the non-breaking spaces of French typography."""

from geo.errors import Language

NBSP = "\u00a0"


def distance_text(distance_m: float, language: Language) -> str:
    """650 m, 1,1 km, 12 km (1.1 km in English)."""
    if distance_m < 995:
        return f"{max(10, round(distance_m / 10) * 10)}{NBSP}m"
    km = distance_m / 1000
    text = f"{km:.1f}" if km < 9.95 else f"{km:.0f}"
    return f"{text.replace('.', ',') if language == 'fr' else text}{NBSP}km"


def distance_step(decimetres: int) -> int:
    """Cache key of a distance: equal keys imply an equal `distance_text`.

    Each rounding step is split in half at its boundary. A distance exactly on a boundary has a key of its own, because
    it may be rounded either way.
    """
    if decimetres < 9_950:
        step, first = 50, 0
    elif decimetres < 99_500:
        step, first = 500, 1_000
    else:
        step, first = 5_000, 2_000
    return first + decimetres // step * 2 + (decimetres % step == 0)


def euros_text(cents: int, language: Language) -> str:
    """6 €, 7,50 € (€6, €7.50 in English)."""
    text = f"{cents // 100}" if cents % 100 == 0 else f"{cents / 100:.2f}"
    return f"{text.replace('.', ',')}{NBSP}€" if language == "fr" else f"€{text}"
