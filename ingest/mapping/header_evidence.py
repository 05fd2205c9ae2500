"""Evidence from headers: their words compared with the phrases that people use for each field."""

import re
from functools import lru_cache

from geo.reference.toponyms import fold
from ingest.mapping.vocabulary import AGAINST, NEUTRAL, OTHER, PHRASES, STOP, WEAK

SURE, WEAKLY, PART = 0.95, 0.68, 0.86
_AGAINST = {field: frozenset(listed.split()) for field, listed in AGAINST.items()}
_OTHER, _NEUTRAL, _STOP = (frozenset(listed.split()) for listed in (OTHER, NEUTRAL, STOP))
_GLUED = 9
_JOINS = frozenset({"de", "du", "la", "le", "l", "d", "en", "et", "cp", "ma"})
_WORDS = frozenset(
    [
        *(word for listed in PHRASES.values() for phrase in listed.split("|") for word in fold(phrase).split()),
        *_NEUTRAL, *_JOINS, "les", "des", "mon", "mes", "votre", "vos",
    ]
)  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_PARENTHESES = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_POSITION = re.compile(r"(?:column|colonne|col|unnamed|champ|field|f|_c|var|v)[ _:]*\d+", re.IGNORECASE)
_PLURALS = {
    "noms": "nom", "adresses": "adresse", "communes": "commune", "villes": "ville", "types": "type",
    "numeros": "numero",
    "num": "numero", "no": "numero", "nbre": "nombre", "nb": "nombre", "telephones": "telephone", "phones": "phone",
    "etablissements": "etablissement", "structures": "structure", "liens": "lien", "capacites": "capacite",
    "lieux": "lieu",
    "tiers": "tiers", "latitudes": "latitude", "longitudes": "longitude", "sites": "site", "coordonnees": "coordonnee",
}  # fmt: skip


def is_positional(column: str) -> bool:
    """Whether a column has no name of its own: "column_3", "Unnamed: 3", "Colonne1"."""
    return bool(_POSITION.fullmatch(column.strip()))


@lru_cache(maxsize=4_096)
def words(column: str) -> tuple[str, ...]:
    """The significant words of a header: no accents, no stop words, camelCase and numbers split."""
    # ALL CAPS and lower-case headers have no camel case to split.
    bare = _PARENTHESES.sub(" ", column.removeprefix("@"))
    text = fold(_CAMEL.sub(" ", bare if bare.strip() else column))
    parts = [_PLURALS.get(part, part) for word in text.split() for part in _split_word(word)]
    significant = [word for word in parts if word not in _STOP]
    return tuple(significant or parts)


@lru_cache(maxsize=1)
def _phrases() -> dict[str, dict[tuple[str, ...], float]]:
    return {
        field: {
            words(phrase): (WEAKLY if phrase in WEAK.get(field, "").split("|") else SURE)
            for phrase in listed.split("|")
            if words(phrase)
        }
        for field, listed in PHRASES.items()
    }


@lru_cache(maxsize=4_096)
def scores(column: str) -> dict[str, float]:
    """How well a header names each field, 0 to 1; fields it does not name are left out."""
    if is_positional(column):
        return {}
    header = words(column)
    by_field = {
        field: score for field, phrases in _phrases().items() if (score := _score(field, header, phrases)) > 0.3
    }
    glued = ("".join(header),)
    if len(header) > 1 or not by_field:
        for field, phrases in _phrases().items():
            joined = next(
                (score for phrase, score in phrases.items() if "".join(phrase) == glued[0] and len(glued[0]) > 4), 0.0
            )
            if joined > by_field.get(field, 0.0):
                by_field[field] = joined
    return by_field


def says_other(column: str) -> bool:
    """Whether a header clearly means something that no field holds."""
    return bool(_OTHER.intersection(words(column)))


def _split_word(word: str) -> list[str]:
    """The words of a compound such as "nomdelastructure"; the word itself when it has other parts."""
    if len(word) < _GLUED or word in _WORDS:
        return [word]
    # best[i]: the fewest words that spell the first i letters; long words are surer than several short ones.
    best: list[list[str] | None] = [[], *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 16), end):
            before, piece = best[start], word[start:end]
            if before is not None and piece in _WORDS and (end - start > 2 or piece in _JOINS):
                now = best[end]
                if now is None or len(before) + 1 < len(now):
                    best[end] = [*before, piece]
    return best[-1] or [word]


def _score(field: str, header: tuple[str, ...], phrases: dict[tuple[str, ...], float]) -> float:
    if header in phrases:
        return phrases[header]
    best = 0.0
    for phrase, worth in phrases.items():
        start = _position(phrase, header)
        if start < 0:
            continue
        rest = header[:start] + header[start + len(phrase) :]
        if _AGAINST.get(field, frozenset()).intersection(rest):
            continue
        # "Nom de la structure" is about a name; words that only name the owner cost little.
        cost = sum(0.03 if word in _NEUTRAL or word.isdigit() else 0.12 for word in rest)
        cost += 0.12 if _OTHER.intersection(rest) else 0.0
        # "result_city" is a geocoder's reading of another column of the list.
        cost += 0.15 if "result" in rest else 0.0
        best = max(best, min(worth, PART) - min(cost, 0.4) + 0.02 * (len(phrase) - 1))
    return best


def _position(phrase: tuple[str, ...], header: tuple[str, ...]) -> int:
    size = len(phrase)
    return next((i for i in range(len(header) - size + 1) if header[i : i + size] == phrase), -1)
