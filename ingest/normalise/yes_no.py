"""Answers of forms: yes, no or unknown. Unknown is left out, never turned into no."""

from functools import lru_cache

from geo.reference.toponyms import fold

_YES = frozenset(
    (
        "oui", "o", "yes", "y", "true", "vrai", "x", "ok", "present", "presente", "disponible", "disponibles", "wlan",
        "wifi", "designated", "free", "gratuit", "gratuite", "customers", "on", "actif", "active", "coche", "equipe",
        "equipee", "inclus", "incluse", "acces", "accessible", "accessibilite", "possible", "certains", "toujours",
    )
)  # fmt: skip
_NO = frozenset(
    (
        "non", "n", "no", "false", "faux", "aucun", "aucune", "absent", "absente", "sans", "indisponible", "none",
        "off", "inactif", "jamais", "impossible", "pas",
    )
)  # fmt: skip
_UNKNOWN = frozenset(
    (
        "nsp", "nspp", "en cours", "partiellement", "partiel", "partielle", "limited", "a venir", "bientot", "prevu",
        "prevue", "en projet", "a l etude", "peut etre", "a voir", "ne sait pas", "ne se prononce pas", "sans reponse",
        "sans objet", "pas encore", "pas de reponse", "non renseigne", "non communique", "non precise", "non concerne",
        "non determine", "non evalue",
    )
)  # fmt: skip
_MARKS = {**dict.fromkeys("✔✓☑✅🗹●☒", "yes"), **dict.fromkeys("✗✘❌☐✖×○", "no")}
"""☒ is how a form shows a box that is ticked."""


@lru_cache(maxsize=16_384)
def answer(text: str) -> str | None:
    """ "yes", "no" or None (unknown) from the cell of a column that asks about one thing.

    "partiellement", "en cours", "non renseigné" are unknown: who needs the amenity cannot count on it.
    """
    marked = _MARKS.get(text.strip()[:1])
    if marked:
        return marked
    folded = fold(text)
    words = folded.split()
    if not words or folded in _UNKNOWN or words[0] in _UNKNOWN or " ".join(words[:2]) in _UNKNOWN:
        return None
    if words[0].isdigit():
        return "yes" if int(words[0][:20]) else "no"
    if words[0] in _NO:
        return None if words[0] == "pas" and words[1:2] != ["de"] and len(words) > 1 else "no"
    return "yes" if words[0] in _YES else None
