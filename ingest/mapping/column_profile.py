"""Profile of a column: the share of its cells (0 to 1) that each kind of value fits.

The evidence is the column, never one cell: a postcode is five digits, and so are many other numbers.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from geo.reference.toponyms import fold
from ingest.mapping.model import Reason
from ingest.normalise import amenities
from ingest.normalise.blank import cell_text
from ingest.normalise.kind import place_kind
from ingest.normalise.location import coordinates
from ingest.readers.common.raw_list import RawTable

SAMPLE_CELLS = 120
IsCommune = Callable[[str], bool]

NOUNS: dict[str, Reason] = {
    "postcode": ("des codes postaux", "postcodes"),
    "insee": ("des codes INSEE", "INSEE codes"),
    "siret": ("des SIRET", "SIRET numbers"),
    "phone": ("des numéros de téléphone", "telephone numbers"),
    "url": ("des adresses web", "web addresses"),
    "email": ("des adresses e-mail", "e-mail addresses"),
    "hours": ("des horaires", "opening hours"),
    "number": ("des nombres", "numbers"),
    "count": ("des petits nombres entiers", "small whole numbers"),
    "latitude": ("des latitudes possibles", "possible latitudes"),
    "longitude": ("des longitudes possibles", "possible longitudes"),
    "northing": ("des ordonnées projetées", "projected northings"),
    "easting": ("des abscisses projetées", "projected eastings"),
    "pair": ("des couples de coordonnées", "pairs of coordinates"),
    "yes_no": ("des oui ou non", "yes or no"),
    "price": ("des prix", "prices"),
    "kind": ("des types de lieu", "kinds of place"),
    "date": ("des dates", "dates"),
    "commune": ("des noms de commune", "names of communes"),
    "street": ("des adresses", "addresses"),
    "departement": ("des départements", "départements"),
    "equipment": ("des équipements", "amenities"),
    "text": ("du texte", "text"),
}
"""Names of the kinds of value in reasons, French and English."""

_POSTCODE = re.compile(r"(?:F-?)?(?:\d{2} ?\d{3}|[1-9]\d{3})(?:\.0)?(?: cedex.*)?", re.IGNORECASE)
_INSEE = re.compile(r"(?:\d{5}|2[ab]\d{3}|[1-9]\d{3})(?:\.0)?", re.IGNORECASE)
_SIRET = re.compile(r"\d{3} ?\d{3} ?\d{3} ?\d{5}(?:\.0)?")
_PHONE = re.compile(r"(?:\+|00)?[\d\s.\-()/]{9,22}")
_URL = re.compile(r"(?:https?://|www\.)\S+|(?:[a-z0-9-]+\.)+(?:fr|com|org|net|eu|io|bzh|re|nc|info|coop|paris|co|gouv\.fr)"
                  r"(?:/\S*)?",
                  re.IGNORECASE)  # fmt: skip
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_CLOCK = re.compile(r"\b\d{1,2} ?(?:h|:|am\b|pm\b) ?\d{0,2}", re.IGNORECASE)
_DAY = re.compile(r"\b(?:lun|mar|mer|jeu|ven|sam|dim|mo|tu|we|th|fr|sa|su|mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*)\b"
                  r"|24/7",
                  re.IGNORECASE)  # fmt: skip
_DATE = re.compile(r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4})(?:[ T,].*)?")
_PRICE = re.compile(r".*\d\s*(?:€|euros?\b|eur\b).*|(?:€)\s*\d.*|gratuit.*|sur devis", re.IGNORECASE | re.DOTALL)
_COUNT = re.compile(r"\d{1,4}(?:\.0)?(?: (?:places?|pers\w*|postes?|personnes max))?", re.IGNORECASE)
_PAIR = re.compile(r"\(?-?\d{1,3}\.\d+°?\s*[,; ]\s*-?\d{1,3}\.\d+°?\)?|(?:SRID=\d+;)?POINT ?\(.*\)", re.IGNORECASE)
_DMS = re.compile(r"[^\d]?\s*\d{1,3}\s*°.*\d.*", re.DOTALL)
_STREET = re.compile(
    r"\b(?:rue|avenue|av|ave|bd|bld|boulevard|place|pl|chemin|che|route|rte|impasse|imp|allees?|all|quai|cours|square|"
    r"passage|esplanade|faubourg|lieu dit|za|zac|zi|zone|parc|lotissement|residence|hameau|villa|rond point|sente|"
    r"sentier|voie|traverse|street|road|parvis|le bourg)\b"
)
_COMMUNE_SHAPE = re.compile(r"^sainte? [a-z]+|[a-z]+ (?:sur|sous|les|lez|en) [a-z]+$|[a-z]+ \d{1,2}e? arrondissement")
_LARGE_TOWNS = (
    "agen|ajaccio|albi|alencon|ales|amiens|angers|angouleme|annecy|antibes|argenteuil|arles|"
    "arras|auch|auxerre|avignon|bastia|bayonne|beauvais|besancon|beziers|blois|bordeaux|"
    "bourges|brest|caen|cahors|calais|cannes|carcassonne|castres|cayenne|chambery|chartres|"
    "cherbourg|cholet|clermont ferrand|colmar|compiegne|creteil|dax|dieppe|digne|dijon|dinan|"
    "douai|dreux|dunkerque|epinal|evreux|fougeres|frejus|gap|grenoble|guingamp|hyeres|lannion|"
    "laon|laval|lens|lille|limoges|lorient|lyon|macon|mamoudzou|marseille|metz|millau|"
    "montpellier|montreuil|morlaix|mulhouse|nancy|nantes|narbonne|nevers|nice|nimes|niort|"
    "noumea|orleans|papeete|paris|pau|perigueux|perpignan|poitiers|pontivy|quimper|redon|"
    "reims|rennes|roanne|rochefort|rodez|roubaix|rouen|saintes|saumur|sete|soissons|"
    "strasbourg|tarbes|toulon|toulouse|tourcoing|tours|troyes|valence|vannes|vendome|verdun|"
    "versailles|vichy|vienne|villeurbanne|vitre"
)
_LARGE = frozenset(_LARGE_TOWNS.split("|"))


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of one column. `shares` are by kind (see `NOUNS`), `filled` is of rows, `unique` of filled cells."""

    column: str
    index: int
    cells: tuple[str, ...]
    filled: float
    unique: float
    shares: dict[str, float] = field(default_factory=dict)

    def share(self, kind: str) -> float:
        """How many of the cells are of that kind, 0 to 1."""
        return self.shares.get(kind, 0.0)

    @property
    def shape(self) -> str:
        """The most distinctive kind of value, "" when none stands out."""
        distinctive = [
            kind
            for kind in self.shares
            if kind not in {"text", "number", "commune", "equipment"} and self.shares[kind] >= 0.7
        ]
        return max(distinctive, key=lambda kind: self.shares[kind], default="text" if self.share("text") > 0.7 else "")


def profiles(table: RawTable, is_commune: IsCommune | None = None) -> list[Profile]:
    """The profile of every column, in the order of the columns."""
    step = max(1, len(table.rows) // (4 * SAMPLE_CELLS))
    rows = table.rows[::step]
    return [
        _profile(column, index, [row.get(column, "") for row in rows], is_commune)
        for index, column in enumerate(table.columns)
    ]


def _profile(column: str, index: int, texts: Sequence[str], is_commune: IsCommune | None) -> Profile:
    filled = [text for cell in texts if (text := cell_text(cell))]
    cells = tuple(text[:300] for text in filled[:: max(1, len(filled) // SAMPLE_CELLS)][:SAMPLE_CELLS])
    if not cells:
        return Profile(column, index, (), 0.0, 0.0)
    distinct = set(cells)
    weight = (
        {text: cells.count(text) for text in distinct} if len(distinct) < len(cells) else dict.fromkeys(distinct, 1)
    )
    totals: dict[str, int] = {}
    for text in distinct:
        kinds = set(_kinds(text)) if is_commune is None else {*_kinds(text), *(["commune"] if is_commune(text) else [])}
        for kind in kinds:
            totals[kind] = totals.get(kind, 0) + weight[text]
    shares = {kind: total / len(cells) for kind, total in totals.items()}
    return Profile(column, index, cells, len(filled) / len(texts), len(set(filled)) / len(filled), shares)


@lru_cache(maxsize=20_000)
def _kinds(text: str) -> tuple[str, ...]:
    """Every kind of value that a cell may be."""
    folded = fold(text)
    kinds = [*_coded(text), *_numbers(text)]
    if any(map(str.isalpha, text)):
        kinds += _worded(text, folded)
    if amenities.answer(text) and len(folded) <= 12:
        kinds.append("yes_no")
    return tuple(kinds)


def _coded(text: str) -> list[str]:
    kinds = []
    if _POSTCODE.fullmatch(text) and not text.startswith("00"):
        kinds.append("postcode")
    if _INSEE.fullmatch(text):
        kinds.append("insee")
    if _SIRET.fullmatch(text):
        kinds.append("siret")
    elif _PHONE.fullmatch(text) and 9 <= sum(map(str.isdigit, text)) <= 14 and not _DATE.fullmatch(text):
        kinds.append("phone")
    if _EMAIL.search(text) and len(text) < 90:
        kinds.append("email")
    elif _URL.match(text):
        kinds.append("url")
    if _DATE.fullmatch(text):
        kinds.append("date")
    if _PRICE.fullmatch(text) and len(text) < 80:
        kinds.append("price")
    if _PAIR.fullmatch(text):
        kinds.append("pair")
    return kinds


def _numbers(text: str) -> list[str]:
    if _DMS.fullmatch(text):
        return ["latitude"] if text.rstrip()[-1:].upper() in "NS" else ["longitude"]
    value = coordinates.number(text)
    if value is None:
        return []
    kinds = ["number"]
    if _COUNT.fullmatch(text):
        kinds.append("count")
    if text.isdigit() and len(text) <= 3 and (1 <= value <= 95 or 971 <= value <= 988):
        kinds.append("departement")
    fraction = "." in text or "," in text
    if fraction and (41 <= value <= 51.5 or -24 <= value <= -12 or 2 <= value <= 18.5 or 46 < value < 47.2):
        kinds.append("latitude")
    if fraction and (-5.6 <= value <= 10 or 44.9 <= value <= 55.9 or -63.5 <= value <= -51 or abs(value) > 149):
        kinds.append("longitude")
    if value >= 1_000_000:
        kinds.append("northing")
    if abs(value) >= 50_000:
        kinds.append("easting")
    return kinds


def _worded(text: str, folded: str) -> list[str]:
    kinds = ["text"]
    if _looks_like_hours(text):
        kinds.append("hours")
    if _STREET.search(folded) and not _URL.match(text):
        kinds.append("street")
    if len(text) <= 60 and place_kind(text):
        kinds.append("kind")
    if amenities.parse(text):
        kinds.append("equipment")
    if len(text) <= 45 and (folded in _LARGE or _COMMUNE_SHAPE.search(folded)):
        kinds.append("commune")
    return kinds


def _looks_like_hours(text: str) -> bool:
    clocks = len(_CLOCK.findall(text))
    return clocks >= 2 or (clocks == 1 and bool(_DAY.search(text))) or text == "24/7"
