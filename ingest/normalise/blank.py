"""Cells without content, and the many ways to write one."""

_BLANK = frozenset(
    {"", "-", "--", "–", "/", ".", "?", "na", "n/a", "n.a.", "nc", "n.c.", "n/c", "nr", "null", "none", "nan"}
    | {"#n/a", "#ref!", "#value!", "#valeur!", "non renseigné", "non renseigne", "non communiqué", "non précisé"}
    | {"néant", "neant", "inconnu", "unknown", "à compléter", "a completer", "à préciser", "tbd", "undefined"}
)


def cell_text(text: str) -> str:
    """The stripped text of a cell, "" for "n/a", "-", "non renseigné"..."""
    stripped = text.strip()
    return "" if len(stripped) < 16 and stripped.lower() in _BLANK else stripped
