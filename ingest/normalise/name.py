"""Names of places: as shown, and as compared."""

import html
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
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);|&(?:lt|gt|amp|quot)\b", re.IGNORECASE)
_MANGLED = re.compile("[\u00c2\u00c3][\u0080-\u00bf]")
"""UTF-8 once read as Latin-1: "\u00c3\u00a9" for "é"."""
_ORDINAL = re.compile(r"\b(\d{1,2}) ?[eè]me\b", re.IGNORECASE)
_ROMAN = re.compile(r"(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3})")
_VOWELS = frozenset("AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ")
_TOWN_HALL = re.compile(r"^(?:mairie|hotel de ville)\b(?!.*\b(?:annexe|quartier|ancienne|proximite|deleguee)\b)")
_OF_TOWN_HALL = re.compile(r"^(?:mairie|hotel de ville)(?: (?:de|du|des|d)\b)?\s*")
_TOWN_HALLS = frozenset({"mairie", "public_body", "other"})


def clean(text: str) -> str:
    """A name on one line, without stray quotes, shouting turned into title case; "" when nothing is left.

    HTML entities and mangled accents are read as what was meant, "12 ème" is written "12e".
    """
    meant = _ENTITY.sub(_entity, text)
    meant = _MANGLED.sub(lambda found: found.group().encode("latin-1").decode(), meant)
    printable = "".join(c if c.isprintable() else " " for c in meant)
    one_line = " ".join(printable.split()).strip(" \"'«»“”|;,-–")
    if not any(character.isalnum() for character in one_line):
        return ""
    return _ORDINAL.sub(r"\1e", quieter(one_line[:MAX_LENGTH]))


def _entity(found: re.Match[str]) -> str:
    """What an entity stands for; an escaped bracket is the rest of some mark-up, no part of a name."""
    character = html.unescape(found.group())
    return " " if character in "<>" else character


def quieter(text: str) -> str:
    """ "HÔTEL DE LA GARE" -> "Hôtel de la Gare"; text with lower-case letters and short acronyms stay."""
    if not text.isupper() or (len(text) <= 5 and " " not in text):
        return text

    def recased(found: re.Match[str]) -> str:
        word = found.group()
        before = text[: found.start()]
        if (before and word.lower() in _LITTLE) or (word == "S" and before.endswith(("'", "’"))):
            return word.lower()
        if (len(word) <= 4 and _VOWELS.isdisjoint(word)) or _ROMAN.fullmatch(word):
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


def town_of_hall(name: str) -> str:
    """The town that the name of a town hall says: "gionges" of "Mairie de Gionges", "" of "Mairie"."""
    return _OF_TOWN_HALL.sub("", fold(name))


def match_name(name: str, kind: str) -> str:
    """The name as compared: folded; a town hall is a town hall under any of its names.

    Its commune is in the key already, so "Mairie de Pessac" and "Hôtel de ville" are the same name. Only for kinds
    that may be one: a hotel is called "Hôtel de ville", a library in a town hall "Mairie de Bègues".
    """
    folded = fold(name)
    if not _TOWN_HALL.match(folded):
        return folded
    return "mairie" if kind in _TOWN_HALLS else f"{kind} {folded}"
