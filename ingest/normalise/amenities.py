"""Amenities of a place from text: yes or no for each. Unknown amenities are left out, never turned into no."""

import re
from functools import lru_cache

from geo.reference.toponyms import fold
from geo.types import Amenity
from ingest.normalise.yes_no import answer

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
_SEPARATOR = re.compile(r"[;,|\n•]")
_LONGEST_PART = 1_000
_NEGATED = re.compile(r"\b(?:pas|sans|no|without|aucune?)(?: d| de)?(?: \w+)?$")


def parse(text: str) -> dict[str, str]:
    """Amenities named in free text: "yes", or "no" after "pas de", "sans"..."""
    answers: dict[str, str] = {}
    if not text:
        return answers
    for part in _SEPARATOR.split(text):
        for amenity, value in _parse_part(part.strip()[:_LONGEST_PART]):
            answers.setdefault(amenity, value)
    return answers


@lru_cache(maxsize=16_384)
def _parse_part(part: str) -> tuple[tuple[str, str], ...]:
    """The amenities of one part. Cached: lists repeat a few parts over and over."""
    folded = fold(part)
    answers: list[tuple[str, str]] = []
    for amenity, pattern in _PATTERNS.items():
        match = pattern.search(folded) if folded else None
        if match:
            negated = _NEGATED.search(folded[: match.start()].rstrip()) or folded.startswith("non ")
            answers.append((str(amenity), "no" if negated else "yes"))
    return tuple(answers)


def named_in(header: str) -> Amenity | None:
    """The amenity named in a header, None when it names none or several."""
    folded = fold(header)
    named = [amenity for amenity, pattern in _PATTERNS.items() if pattern.search(folded)]
    return named[0] if len(named) == 1 else None


__all__ = ["answer", "named_in", "parse"]
