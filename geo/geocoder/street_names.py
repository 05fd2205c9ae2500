"""Comparison keys of street names for geocoding: `geo.reference.toponyms.spelt_out` with more abbreviations.

A key is a type ("rue", "avenue", or "" for a hamlet) and a name ("pierre brossolette"); numbers are digits, so that
"place du Onze Novembre" is "Pl. du 11 novembre".
"""

import re

from geo.reference.toponyms import is_street, spelt_out

_WORDS = {
    "aven": "avenue",
    "bvd": "boulevard",
    "bvld": "boulevard",
    "bldv": "boulevard",
    "psg": "passage",
    "pass": "passage",
    "res": "residence",
    "lot": "lotissement",
    "rpt": "rond point",
    "sgt": "sergent",
    "adj": "adjudant",
    "amal": "amiral",
    "prof": "professeur",
    "cap": "capitaine",
    "cpt": "capitaine",
    "ptt": "petit",
    "pte": "petite",
    "gd": "grand",
    "gde": "grande",
    "vx": "vieux",
    "nd": "notre dame",
    "dct": "docteur",
    "fbourg": "faubourg",
    "premier": "1",
    "1er": "1",
    "un": "1",
    "deux": "2",
    "trois": "3",
    "quatre": "4",
    "cinq": "5",
    "six": "6",
    "sept": "7",
    "huit": "8",
    "neuf": "9",
    "dix": "10",
    "onze": "11",
    "douze": "12",
    "treize": "13",
    "quatorze": "14",
    "quinze": "15",
    "seize": "16",
    "trente": "30",
    "quarante": "40",
}
_PHRASES = (
    ("grand rue", "grande rue"),
    ("rond pt", "rond point"),
    ("lieu dit ", ""),
    ("lieudit ", ""),
    ("zone activite", "zone activites"),
)
_YEAR = re.compile(
    r"\b(janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre) (?:1[6789]\d\d|\d\d)$"
)
"""The year of a date: some write "rue du 8 mai", some "rue du 8 mai 1945"."""
_AREAS = frozenset(
    ["hameau", "lieu", "quartier", "zone", "domaine", "lotissement", "residence", "port", "cite", "clos", "parc"]
)
"""First words of places that are wider than a street: their middle is a locality, not a street."""

Key = tuple[str, str]


def key_text(folded: str) -> str:
    """The comparison key of a folded street name, type first; "" when no word is left."""
    text = " ".join([_WORDS.get(word, word) for word in spelt_out(folded).split()])
    for phrase, replacement in _PHRASES:
        if phrase in text:
            text = text.replace(phrase, replacement)
    return _YEAR.sub(r"\1", text) if text[-1:].isdigit() else text


def split_key(text: str) -> Key:
    """(type, name) of a key's text: ("rue", "pierre brossolette"); the type is "" for "bourg" and for "rue" alone."""
    first, _, rest = text.partition(" ")
    return (first, rest) if rest and is_street(first) else ("", text)


def is_area(text: str) -> bool:
    """Whether a key names a hamlet, an estate or a zone instead of a street."""
    first = text.partition(" ")[0]
    return first in _AREAS or not is_street(first)
