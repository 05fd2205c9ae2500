"""Names of places: as shown, and as compared."""

import re

from geo.toponyms import fold

MAX_LENGTH = 200
_LITTLE = frozenset(
    (
        "de", "du", "des", "d", "la", "le", "les", "l", "et", "à", "au", "aux", "en", "sur", "sous", "chez",
        "par", "pour", "un", "une", "the", "of", "and",
    )
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_VOWELS = frozenset("AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ")
_TOWN_HALL = re.compile(r"^(?:mairie|hotel de ville)\b(?!.*\b(?:annexe|quartier|ancienne|proximite|deleguee)\b)")
_TOWN_HALLS = frozenset({"mairie", "public_body", "other"})


def clean(text: str) -> str:
    """A name on one line, without stray quotes, shouting turned into title case; "" when nothing is left."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    one_line = " ".join(printable.split()).strip(" \"'«»“”;,-–")
    if not any(character.isalnum() for character in one_line):
        return ""
    return quieter(one_line[:MAX_LENGTH])


def quieter(text: str) -> str:
    """ "HÔTEL DE LA GARE" -> "Hôtel de la Gare"; text with lower-case letters and short acronyms stay."""
    if not text.isupper() or (len(text) <= 5 and " " not in text):
        return text

    def recased(found: re.Match[str]) -> str:
        word = found.group()
        if found.start() and word.lower() in _LITTLE:
            return word.lower()
        if len(word) <= 4 and _VOWELS.isdisjoint(word):
            return word
        return word.capitalize()

    return _WORD.sub(recased, text)


def of(prefix: str, name: str) -> str:
    """French "prefix de name" with its contractions: Mairie du Mans, des Abymes, d'Ambléon, de La Rochelle."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return f"{prefix} {contracted}{name[len(article) :]}"
    folded = fold(name)
    elided = folded[:1] in tuple("aeiou") or (folded.startswith("h") and not folded.startswith(_ASPIRATED))
    if folded.startswith("y") and folded[1:2] not in tuple("aeiou"):
        elided = True
    return f"{prefix} d'{name}" if elided else f"{prefix} de {name}"


_ASPIRATED = ("haye", "havre", "haut", "hague", "halle", "ham", "hamel", "hangest", "harcourt", "hardricourt", "han",
              "haie", "hallencourt", "halluin", "hellemmes", "hem", "henin", "houdan", "houilles", "houplines", "huppy",
              "hyeres", "hendaye", "herserange", "hombourg", "huningue")  # fmt: skip


def match_name(name: str, kind: str) -> str:
    """The name as compared: folded; a town hall is a town hall under any of its names.

    Its commune is in the key already, so "Mairie de Pessac" and "Hôtel de ville" are the same name. Only for kinds
    that may be one: a hotel is called "Hôtel de ville", a library in a town hall "Mairie de Bègues".
    """
    folded = fold(name)
    if not _TOWN_HALL.match(folded):
        return folded
    return "mairie" if kind in _TOWN_HALLS else f"{kind} {folded}"
