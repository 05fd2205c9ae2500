"""A mapping for a list nobody declared: header words in French and English, checked against the cells.

It never guesses silently: every suggestion carries a confidence, and what a person says (`COL=FIELD`) wins.
"""

import re
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from geo.errors import InvalidInput
from geo.toponyms import fold
from geo.types import Amenity, PlaceKind
from ingest.mapping.model import FIELDS, Columns, HoursRule, KindRule, Mapping
from ingest.normalise import amenities, coordinates
from ingest.normalise.blank import known
from ingest.normalise.kind import place_kind
from ingest.normalise.privacy import is_personal_column
from ingest.readers.base import LAT_COLUMN, LON_COLUMN, RawTable

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
IGNORE = "ignore"
SAMPLE_ROWS = 200
_SITE = r"(?:lieu|etablissement|structure|site|organisation|organisme|espace|tiers lieu|tl|mairie|commerce|local)"

# Per field, header patterns (folded) with the confidence they deserve, best first.
_HEADERS: dict[str, tuple[tuple[str, float], ...]] = {
    "name": (
        (r"nom|name|denomination|intitule|libelle|raison sociale|enseigne|nom commercial|titre", 0.95),
        (rf"nom (?:du |de la |de l |de )?{_SITE}|(?:site|place|venue|organisation) name|nom usuel", 0.95),
        (rf"{_SITE}|lib \w+|.*\bnom|nom \w+|user nom", 0.6),
    ),
    "address": (
        (r"(?:adresse|address|adr|rue|voie|street)(?: postale| complete| 1)?", 0.95),
        (r"(?:user )?adres(?:se)?|.*\badresse\b.*|adresse \w+|numero et rue|street address", 0.75),
    ),
    "postcode": ((r"c ?p|code postal|codepostal|postcode|postal code|zip(?: code)?|code post", 0.95),),
    "commune": (
        (r"commune|ville|city|town|localite|municipalite|nom(?: de la)? commune|lib com|nom com", 0.95),
        (r"commune \w+|ville \w+", 0.6),
    ),
    "insee": ((r"(?:code )?(?:insee|depcom|codgeo)(?: com| commune)?|code commune|insee com", 0.9),),
    "departement": ((r"(?:code |num(?:ero)? )?dep(?:artement|t)?", 0.8),),
    "lat": ((r"lat(?:itude)?|y|coord(?:onnee)? y|(?:.* )?lat(?:itude)?", 0.95),),
    "lon": ((r"lon(?:g|gitude)?|lng|x|coord(?:onnee)? x|(?:.* )?(?:lon|lng|longitude)", 0.95),),
    "kind": ((r"type|typologie|categorie|kind|type de (?:lieu|structure|site)|nature|typo|user type|picto", 0.8),),
    "hours": ((r"horaires?(?: d ouverture| d accueil| accueil)?|opening hours|heures d ouverture|ouverture", 0.9),),
    "capacity": ((r"capacite(?: d accueil)?|jauge|capacity|(?:nombre|nb) de personnes", 0.85),),
    "seats": (
        (r"(?:nombre|nb|nbre) (?:de )?(?:places|postes|bureaux|sieges)(?: \w+)*|places|postes|seats|desks", 0.85),
        (r"places? disponibles?|nb pers(?:onnes)?", 0.6),
    ),
    "space_name": ((r"salles?|nom de (?:la )?salle|nom salle|room(?: name)?|espaces?|nom de l espace|bureau", 0.85),),
    "space_kind": ((r"type (?:de |d )?(?:salle|espace|bureau)|(?:room|space) (?:type|kind)", 0.9),),
    "phone": ((r"tel(?:ephone)?(?: fixe)?|phone|fixe|n tel|numero de telephone", 0.9),),
    "website": ((r"site(?: web| internet)?|web|url|website|site inter|lien|page web", 0.85),),
    "checked_on": ((r"date (?:de )?(?:maj|mise a jour)|mise a jour|maj|updated(?: at)?|check date|date maj", 0.9),),
    "amenities": ((r"equipements?|services?|amenities|facilities|materiel|prestations", 0.75),),
}
_KEY = re.compile(r"id|identifiant|ref(?:erence)?|uid|code|\w+ (?:uid|id)|id \w+|numero|n|siret")
_PRICE = re.compile(r"\b(?:tarifs?|prix|price|cout|montant|rate)\b")


@dataclass(slots=True)
class _Draft:
    """What has been understood so far: each column serves once."""

    table: RawTable
    fields: dict[str, Columns] = field(default_factory=dict)
    amenities: dict[Amenity, Columns] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    hours: HoursRule | None = None
    used: set[str] = field(default_factory=set)

    def take(self, name: str, column: str, confidence: float) -> None:
        self.fields[name] = (*self.fields.get(name, ()), (column,))
        self.confidence[column] = confidence
        self.used.add(column)

    def free(self) -> list[str]:
        return [column for column in self.table.columns if column not in self.used]


def suggest(table: RawTable) -> Mapping:
    """The most plausible meaning of a list's columns."""
    draft = _Draft(table)
    personal = frozenset(column for column in table.columns if is_personal_column(column))
    draft.used |= personal
    _take_position(draft)
    _take_day_columns(draft)
    _take_prices(draft)
    for name in _HEADERS:
        if name not in draft.fields:
            _take_best(draft, name)
    _take_amenities(draft)
    if "hours" in draft.fields:
        ((column,), *_) = draft.fields.pop("hours")
        draft.hours = draft.hours or HoursRule("text", (column,))
    if "space_name" in draft.fields and "seats" not in draft.fields and "capacity" in draft.fields:
        draft.fields["seats"] = draft.fields.pop("capacity")  # the capacity of a room is its seats
    return Mapping(
        source=slug(PurePath(table.name).name.split(".")[0]),
        title=table.name,
        fields=draft.fields,
        # "fablabs_bretagne.csv": what rows do not say, the name of the list may.
        kind=KindRule(default=place_kind(PurePath(table.name).name.split(".")[0]) or PlaceKind.OTHER),
        source_key=_own_key(table, [c for c in table.columns if c not in personal]),
        amenities=draft.amenities,
        hours=draft.hours,
        personal=personal,
        suggested=True,
        confidence=draft.confidence,
    )


def corrected(mapping: Mapping, table: RawTable, said: Dict[str, str]) -> Mapping:
    """The mapping with what a person said of some columns. Raises InvalidInput for an unknown column or field."""
    names = {fold(column): column for column in table.columns}
    fields, asked, hours, key = dict(mapping.fields), dict(mapping.amenities), mapping.hours, mapping.source_key
    confidence = dict(mapping.confidence)
    for given, target in said.items():
        column = given if given in table.columns else names.get(fold(given), "")
        if not column:
            raise _unknown("map", given, table.columns, "colonne", "column")
        if target not in FIELDS and target not in Amenity and target not in {IGNORE, "source_key"}:
            raise _unknown("map", target, sorted({*FIELDS, *Amenity, "source_key", IGNORE}), "champ", "field")
        fields = {name: kept for name, columns in fields.items() if (kept := _without(columns, column))}
        asked = {name: kept for name, columns in asked.items() if (kept := _without(columns, column))}
        hours = None if hours and column in hours.columns else hours
        confidence[column] = 1.0
        if target == "source_key":
            key = ((column,),)
        elif target == "hours":
            hours = HoursRule("text", (column,))
        elif target in Amenity:
            asked[Amenity(target)] = ((column,),)
        elif target != IGNORE:
            fields[target] = ((column,),)
    personal = mapping.personal - {column for given in said for column in (given, names.get(fold(given), ""))}
    return replace(
        mapping, fields=fields, amenities=asked, hours=hours, source_key=key, confidence=confidence, personal=personal
    )


def slug(text: str) -> str:
    """A name for a list: folded words joined by underscores."""
    return fold(text).replace(" ", "_")[:40] or "liste"


def _without(columns: Columns, column: str) -> Columns:
    return tuple(alternative for alternative in columns if column not in alternative)


def _unknown(name: str, value: str, choices: Iterable[str], what_fr: str, what_en: str) -> InvalidInput:
    listed = ", ".join(list(choices)[:40])
    return InvalidInput(
        field=name,
        value=value,
        fr=f"« {value} » n'est pas un nom de {what_fr} ; choisissez parmi : {listed}.",
        en=f"“{value}” is not the name of a {what_en}; choose one of: {listed}.",
    )


def _cells(table: RawTable, column: str) -> list[str]:
    return [text for row in table.rows[:SAMPLE_ROWS] if (text := known(row[column]))]


def _take_position(draft: _Draft) -> None:
    """The geometry of a map format, else one column of "lat, lon" pairs; plain lat and lon come with the others."""
    columns = draft.table.columns
    if LON_COLUMN in columns and _cells(draft.table, LON_COLUMN):
        draft.take("lon", LON_COLUMN, 1.0)
        draft.take("lat", LAT_COLUMN, 1.0)
        return
    for column in columns:
        cells = _cells(draft.table, column)
        read = [coordinates.normalise("", cell).lon for cell in cells]
        if cells and sum(lon is not None for lon in read) >= 0.8 * len(cells):
            draft.take("lat", column, 0.9)
            draft.take("lon", column, 0.9)
            return


def _take_day_columns(draft: _Draft) -> None:
    by_day = {
        day: column
        for day in DAYS
        for column in draft.free()
        if any(any(map(str.isdigit, cell)) for cell in _cells(draft.table, column))
        and fold(column) in {day, f"horaires {day}", f"horaire {day}", f"h {day}", f"ouverture {day}"}
    }
    if len(by_day) >= 5:
        draft.hours = HoursRule("days", tuple(by_day.get(day, "") for day in DAYS))
        for column in by_day.values():
            draft.used.add(column)
            draft.confidence[column] = 0.9


def _take_prices(draft: _Draft) -> None:
    for column in draft.free():
        folded = fold(column)
        if not _PRICE.search(folded):
            continue
        unit = "half_day"
        if "demi" not in folded and "half" not in folded:
            unit = "hour" if re.search(r"\bheure|\bhour", folded) else "day" if re.search(r"jour|day", folded) else unit
        member = "member_" if re.search(r"adherent|membre|member", folded) else ""
        name = f"{member}price_{unit}"
        if name not in draft.fields:
            draft.take(name, column, 0.85 if unit in {"hour", "day"} or "demi" in folded else 0.6)


def _take_best(draft: _Draft, name: str) -> None:
    best: tuple[float, str] | None = None
    for column in draft.free():
        folded = fold(column)
        for pattern, confidence in _HEADERS[name]:
            if re.fullmatch(pattern, folded) and (best is None or confidence > best[0]) and _fits(draft, name, column):
                best = (confidence, column)
                break
    if best:
        draft.take(name, best[1], best[0])


def _fits(draft: _Draft, name: str, column: str) -> bool:
    """Whether the cells may hold the field at all: numbers for coordinates and seats."""
    cells = _cells(draft.table, column)
    if not cells:
        return False
    if name in {"lat", "lon"}:
        return sum(coordinates.decimal(cell) is not None for cell in cells) >= 0.8 * len(cells)
    if name in {"seats", "capacity"}:
        return sum(any(map(str.isdigit, cell)) for cell in cells) >= 0.5 * len(cells)
    return True


def _take_amenities(draft: _Draft) -> None:
    for column in draft.free():
        asked = amenities.asked_by(column)
        cells = _cells(draft.table, column)
        if asked and asked not in draft.amenities and cells:
            told = sum(amenities.answer(cell) is not None for cell in cells)
            if told >= 0.6 * len(cells):
                draft.amenities[asked] = ((column,),)
                draft.confidence[column] = 0.8
                draft.used.add(column)


def _own_key(table: RawTable, columns: list[str]) -> Columns:
    """A column named like an id whose every value is there and unique; rows of rooms repeat theirs, so none then."""
    for column in sorted(columns, key=lambda name: fold(name) not in {"id", "identifiant"}):
        if _KEY.fullmatch(fold(column.removeprefix("@"))):
            values = [known(row[column]) for row in table.rows]
            if all(values) and len(set(values)) == len(values):
                return ((column,),)
    return ()
