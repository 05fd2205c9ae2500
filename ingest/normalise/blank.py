"""Cells that say nothing."""

_NOTHING = frozenset(
    {"", "-", "--", "–", "/", ".", "?", "na", "n/a", "n.a.", "nc", "n.c.", "n/c", "nr", "null", "none", "nan"}
    | {"#n/a", "#ref!", "#value!", "#valeur!", "non renseigné", "non renseigne", "non communiqué", "non précisé"}
    | {"néant", "neant", "inconnu", "unknown", "à compléter", "a completer", "à préciser", "tbd", "undefined"}
)


def cell_text(text: str) -> str:
    """The cell's text, "" when it is one of the many ways to say nothing."""
    stripped = text.strip()
    return "" if len(stripped) < 16 and stripped.lower() in _NOTHING else stripped
