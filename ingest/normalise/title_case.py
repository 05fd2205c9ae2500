"""Title case for text in capitals: French small words, elisions, acronyms, legal forms, Roman numerals, Mc."""

import re
from functools import lru_cache

ACRONYMS = frozenset(
    (
        "CCAS", "CIAS", "MJC", "SNCF", "RATP", "EPN", "MSAP", "CFA", "CAF", "CPAM", "CIDFF", "ADIL", "PIJ", "BIJ",
        "CRIJ", "EPCI", "SIVOM", "UFCV", "ADMR", "APF", "UDAF", "INSEE", "EHPAD", "ESAT", "IUT", "INSA", "INRAE",
        "CNRS", "CCI", "CMA", "DDFIP", "DGFIP", "URSSAF", "MSA", "MDPH", "PMI", "CIO", "BU", "MDA", "BDP", "AFPA",
        "APEC", "EREF", "FJT", "GRETA", "USA", "ZA", "ZI", "ZAC", "RDC", "UGAP", "IFAC", "ONG", "CAUE",
        "ANCT", "EFS", "INA",
    )
)  # fmt: skip
LEGAL_FORMS = frozenset(
    ("SARL", "SAS", "SASU", "EURL", "EIRL", "SCOP", "SCIC", "SCI", "SCP", "SELARL", "SNC", "GIE", "SEM", "SPL")
)
_LITTLE = frozenset(
    (
        "de", "du", "des", "d", "la", "le", "les", "l", "et", "à", "au", "aux", "en", "sur", "sous", "chez",
        "par", "pour", "un", "une", "the", "of", "and", "dans", "lès",
    )
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_ROMAN = re.compile(r"(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3})")
_VOWELS = frozenset("AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ")
_SCOTS = re.compile(r"MC(?=[A-Z]{4})|MAC(?=DONALD|ARTHUR|GREGOR|KENZIE|LEAN\b|INTOSH\b)")
# Words with an apostrophe inside, where the rest takes no capital.
_ONE_WORD = ("AUJOURD'", "PRUD'", "PRESQU'", "ENTR'")


def to_title_case(text: str) -> str:
    """ "HÔTEL DE LA GARE" -> "Hôtel de la Gare"; text with lower-case letters and short acronyms stay."""
    if not text.isupper() or (len(text) <= 5 and " " not in text):
        return text

    def recased(match: re.Match[str]) -> str:
        word, start = match.group(), match.start()
        if not start:
            return _recase_word(word)
        lowered = word.lower()
        if lowered in _LITTLE:
            return word.capitalize() if text[:start].rstrip() in LEGAL_FORMS else lowered
        if word == "LEZ" and text[start - 1] == "-":
            return lowered  # "Lys-lez-Lannoy"; alone, it is a river
        if text[start - 1] in "'’":
            before = text[:start].replace("’", "'")
            if word == "S" or before.endswith(_ONE_WORD):
                return lowered
        return _recase_word(word)

    return _WORD.sub(recased, text)


@lru_cache(maxsize=32_768)
def _recase_word(word: str) -> str:
    """A word in capitals that is no small word, by itself."""
    if (
        word in ACRONYMS
        or word in LEGAL_FORMS
        or (len(word) <= 4 and _VOWELS.isdisjoint(word))
        or _ROMAN.fullmatch(word)
    ):
        return word
    scots = _SCOTS.match(word)
    if scots:
        return scots.group().capitalize() + word[scots.end() :].capitalize()
    return word.capitalize()
