"""Names of places: as shown, and as compared."""

import html
import re

from geo.reference.toponyms import fold
from ingest.normalise.title_case import to_title_case

MAX_LENGTH = 200
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);|&(?:lt|gt|amp|quot)\b", re.IGNORECASE)
_MANGLED = re.compile("[\u00c2\u00c3][\u0080-\u00bf]")
"""UTF-8 once read as Latin-1: "\u00c3\u00a9" for "é"."""
_DIGIT = re.compile(r"\d")
_ORDINAL = re.compile(r"\b(\d{1,2}) ?[eè]me\b", re.IGNORECASE)
_AROUND = " \"'«»“”|;,-–"
_TOWN_HALL = re.compile(r"^(?:mairie|hotel de ville)\b(?!.*\b(?:annexe|quartier|ancienne|proximite|deleguee)\b)")
_TOWN_HALL_STARTS = ("mairie", "hotel de ville")
_TOWN_HALLS = frozenset({"mairie", "public_body", "other"})
_FORM_WORDS = frozenset({"sarl", "sas", "sasu", "eurl", "eirl", "scop", "scic", "selarl", "1901"})
_LEGAL_FORM = re.compile(
    r"^(?:sarl|sasu?|eurl|eirl|scop|scic|selarl) (?=\w)| (?:sarl|sasu?|eurl|eirl|scop|scic|selarl)$"
    r"|(?:^| )(?:asso(?:ciation)? )?(?:regie par la |a but non lucratif )?loi (?:de |du 1er juillet )?1901(?= |$)"
)


def clean(text: str) -> str:
    """A name on one line, without stray quotes, capitals turned into title case; "" when nothing is left.

    HTML entities and mangled accents are decoded, "12 ème" is written "12e".
    """
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    if "\u00c3" in text or "\u00c2" in text:
        text = _MANGLED.sub(lambda match: match.group().encode("latin-1").decode(), text)
    if not text.isprintable():
        text = "".join([c if c.isprintable() else " " for c in text])
    one_line = " ".join(text.split()).strip(_AROUND)
    if not one_line[:1].isalnum() and not any(character.isalnum() for character in one_line):
        return ""
    cased = to_title_case(one_line[:MAX_LENGTH])
    return _ORDINAL.sub(r"\1e", cased) if _DIGIT.search(cased) else cased


def _entity(match: re.Match[str]) -> str:
    """The character of an entity; a blank for an escaped bracket, which is a remnant of mark-up."""
    character = html.unescape(match.group())
    return " " if character in "<>" else character


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


def without_legal_form(folded: str) -> str:
    """A folded name without what it is in law: "sarl la cale" and "la cale association loi 1901" -> "la cale".

    A name that is nothing else stays.
    """
    if _FORM_WORDS.isdisjoint(folded.split()):
        return folded
    return " ".join(_LEGAL_FORM.sub(" ", folded).split()) or folded


def match_name(name: str, kind: str) -> str:
    """The name as compared: folded, without its legal form; a town hall is a town hall under any of its names.

    Its commune is in the key already, so "Mairie de Pessac" and "Hôtel de ville" are the same name. Only for kinds
    that may be one: a hotel is called "Hôtel de ville", a library in a town hall "Mairie de Bègues".
    """
    folded = without_legal_form(fold(name))
    if not folded.startswith(_TOWN_HALL_STARTS) or not _TOWN_HALL.match(folded):
        return folded
    return "mairie" if kind in _TOWN_HALLS else f"{kind} {folded}"
