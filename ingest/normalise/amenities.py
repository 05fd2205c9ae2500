"""What a place has: yes, no or unknown. Unknown is left out, never turned into no."""

import re

from geo.toponyms import fold
from geo.types import Amenity

_YES = frozenset(
    (
        "oui", "o", "yes", "y", "true", "vrai", "x", "ok", "present", "disponible", "wlan", "wifi",
        "designated", "free", "gratuit", "customers",
    )
)  # fmt: skip
_NO = frozenset(
    (
        "non", "n", "no", "false", "faux", "aucun", "aucune", "absent", "sans", "indisponible", "none",
    )
)  # fmt: skip

_WORDS: dict[Amenity, str] = {
    Amenity.WIFI: r"wi ?fi|wlan|internet|connexion",
    Amenity.QUIET: r"calme|silencieu\w*|silence|quiet",
    Amenity.SCREEN: r"ecrans?|moniteurs?|screens?|monitors?",
    Amenity.POWER: r"prises?|electricite|power|sockets?",
    Amenity.COFFEE: r"cafe|cafetiere|boissons?|coffee|the",
    Amenity.STEP_FREE: r"pmr|accessib\w+|ascenseur|plain pied|handicap\w*|wheelchair|step free|fauteuils?",
    Amenity.PRINTER: r"imprim\w+|impression\w*|photocopi\w+|copieurs?|printers?|scanners?",
    Amenity.PHONE_BOOTH: r"phone ?box|cabines?|phone booths?|call ?box|bulles?",
    Amenity.PARKING: r"parking|stationnement|car park",
    Amenity.BIKE_PARKING: r"velos?|arceaux|bikes?|bicycles?",
    Amenity.KITCHEN: r"cuisines?|kitchenette|kitchen|refrigerateur|micro ?ondes?",
    Amenity.VIDEO: r"visio\w*|videoconference|video ?projecteurs?|projecteurs?|projectors?|video",
    Amenity.WHITEBOARD: r"tableaux? blancs?|paper ?boards?|whiteboards?|tableaux?",
    Amenity.AIR_CONDITIONING: r"clim\w*|air conditionne|air conditioning|air conditioned",
}
_PATTERNS = {amenity: re.compile(rf"\b(?:{words})\b") for amenity, words in _WORDS.items()}
_NEGATED = re.compile(r"\b(?:pas|sans|no|without|aucune?)(?: d| de)?(?: \w+)?$")


def answer(text: str) -> str | None:
    """ "yes", "no" or None (unknown) from the cell of a column that asks about one amenity."""
    words = fold(text).split()
    if not words:
        return None
    if words[0].isdigit():
        return "yes" if int(words[0]) else "no"
    if words[0] in _NO or words[:2] == ["pas", "de"]:
        return "no"
    if words[0] in _YES or words[0] in {"acces", "accessible", "accessibilite"}:
        return "yes"
    return None


def mentioned(text: str) -> dict[str, str]:
    """Amenities that free text names: yes, or no after "pas de", "sans"..."""
    found: dict[str, str] = {}
    for part in re.split(r"[;,|\n•]", text):
        folded = fold(part)
        if not folded:
            continue
        for amenity, pattern in _PATTERNS.items():
            match = pattern.search(folded)
            if match:
                negated = _NEGATED.search(folded[: match.start()].rstrip()) or folded.startswith("non ")
                found.setdefault(str(amenity), "no" if negated else "yes")
    return found


def asked_by(header: str) -> Amenity | None:
    """The amenity that a column's name asks about, None when it asks about none or several."""
    folded = fold(header)
    named = [amenity for amenity, pattern in _PATTERNS.items() if pattern.search(folded)]
    return named[0] if len(named) == 1 else None
