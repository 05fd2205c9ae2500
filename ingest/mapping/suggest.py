"""Suggests the mapping of an undeclared list: header words in French and English, checked against the cells.

Every suggestion carries a confidence and a reason, and a person's correction (`COL=FIELD`) wins.
"""

import re
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import replace
from pathlib import PurePath

from geo.errors import InvalidInput
from geo.reference.toponyms import fold
from geo.types import Amenity, PlaceKind
from ingest.mapping import assignment, column_families, column_profile, hours_columns
from ingest.mapping.assignment import Guess
from ingest.mapping.column_profile import IsCommune, Profile
from ingest.mapping.model import FIELDS, Columns, HoursRule, KindRule, Mapping
from ingest.mapping.value_evidence import FEW
from ingest.normalise.contact.privacy import is_personal_column
from ingest.normalise.kind import place_kind
from ingest.readers.common.raw_list import RawTable

IGNORE = "ignore"
MAX_COLUMNS = 2_000
"""Columns beyond are ignored: no list of places has so many, and a hostile one may have a million."""
CORRECTED_BY_PERSON = ("dit par une personne", "said by a person")
_MAIL_WORDS = re.compile(r"\b(?:mails?|emails?|courriels?|mel)\b")
_STREET_ONLY = re.compile(
    r"(?:addr|contact|address|adresse)? ?(?:street|rue|voie|nom (?:de )?(?:la )?(?:voie|rue)|"
    r"street name|libelle voie.*)"
)
_HOUSE_NUMBER = re.compile(r"(?:addr |contact |address )?(?:housenumber|house number|street number|numero|num|n|no|"
                           r"n(?:um(?:ero)?|o)? (?:de )?(?:la )?(?:voie|rue)|numero voie.*)")  # fmt: skip


def suggest(table: RawTable, is_commune: IsCommune | None = None) -> Mapping:
    """The most plausible meaning of a list's columns, with a confidence and a reason for each.

    `is_commune` recognises names of communes by a gazetteer; without it only their spelling counts. Columns
    of e-mails are suggested as `email` and stay personal: their cells are not kept, only a role's address is.
    """
    profiles = column_profile.profiles(replace(table, columns=table.columns[:MAX_COLUMNS]), is_commune)
    hidden = frozenset(column for column in table.columns if is_personal_column(column))
    guesses = _guesses([profile for profile in profiles if profile.column not in hidden or _is_mail(profile)])
    hours = hours_columns.find([profile for profile in profiles if profile.column not in hidden])
    if hours is not None:
        guesses = _without_columns(guesses, set(hours.columns), "hours")
    price_columns = column_families.price_columns(profiles)
    guesses = _without_columns(guesses, {column for column, _ in price_columns.values()}, "")
    guesses += [_priced(field, column, confidence) for field, (column, confidence) in price_columns.items()]
    fields: dict[str, Columns] = {guess.field: ((guess.column,),) for guess in guesses}
    confidence = {guess.column: guess.confidence for guess in guesses}
    reasons = {guess.column: guess.reason for guess in guesses}
    if hours is not None:
        for column in filter(None, hours.columns):
            confidence[column], reasons[column] = 0.9, hours_columns.REASONS[hours.style]
    elif "hours" in fields:
        ((column,),) = fields.pop("hours")
        hours = HoursRule(_style_of(next(profile for profile in profiles if profile.column == column)), (column,))
    used = {*confidence, *hidden}
    amenity_columns = column_families.amenity_columns([profile for profile in profiles if profile.column not in used])
    for column in amenity_columns.values():
        confidence[column] = 0.8
        reasons[column] = (
            f"l'en-tête « {column} » nomme un équipement",
            f"the header “{column}” names an amenity",
        )
    number = _house_number(fields, table.columns, used)
    if number:
        (street,) = fields["address"][0]
        fields["address"] = ((number, street), (street,))
        confidence[number] = 0.8
        reasons[number] = (f"numéro de la voie de « {street} »", f"house number of “{street}”")
    if "space_name" in fields and "seats" not in fields and "capacity" in fields:
        fields["seats"] = fields.pop("capacity")  # the capacity of a room is its seats
    stem = PurePath(table.name).name.split(".")[0]
    return Mapping(
        source=slug(stem),
        title=table.name,
        fields=fields,
        # "fablabs_bretagne.csv": the name of the list gives the kind where rows have none.
        kind=KindRule(default=place_kind(stem) or PlaceKind.OTHER),
        source_key=column_families.own_key(table, [column for column in table.columns if column not in hidden], used),
        amenities={amenity: ((column,),) for amenity, column in amenity_columns.items()},
        hours=hours,
        personal=hidden,
        suggested=True,
        confidence=confidence,
        reasons=reasons,
    )


def _guesses(profiles: list[Profile]) -> list[Guess]:
    guesses = assignment.assign(profiles)
    if any(guess.field == "lat" for guess in guesses):
        return guesses
    both = next((profile for profile in profiles if profile.cells and profile.share("pair") >= 0.8), None)
    if both is None:
        return guesses
    share = f"{both.share('pair'):.0%}"
    reason = (
        f"{share[:-1]} % des valeurs de « {both.column} » sont des couples de coordonnées",
        f"{share} of the values of “{both.column}” are pairs of coordinates",
    )
    others = [guess for guess in guesses if guess.column != both.column]
    return [*others, *(Guess(field, both.column, 0.9, reason) for field in ("lat", "lon"))]


def _is_mail(profile: Profile) -> bool:
    """A column of e-mail addresses whose header names no person. Other personal columns are never read."""
    return profile.share("email") >= (0.4 if len(profile.cells) >= FEW else 0.3) and not is_personal_column(
        _MAIL_WORDS.sub(" ", fold(profile.column))
    )


def _without_columns(guesses: list[Guess], columns: set[str], field: str) -> list[Guess]:
    return [guess for guess in guesses if guess.column not in columns and guess.field != field]


def _priced(field: str, column: str, confidence: float) -> Guess:
    reason = (f"l'en-tête « {column} » annonce un prix", f"the header “{column}” announces a price")
    return Guess(field, column, confidence, reason)


def _style_of(profile: Profile) -> str:
    """Hours of the town halls' directory are JSON; all others are text."""
    return "mairie_json" if all(text.startswith("[") for text in profile.cells) else "text"


def _house_number(fields: dict[str, Columns], columns: Iterable[str], used: set[str]) -> str:
    """The column with the number of a street that has none: "addr:housenumber", "numero"; "" without one."""
    ((street,),) = fields.get("address", ((("",),)))
    if not street or not _STREET_ONLY.fullmatch(fold(street)):
        return ""
    head = street.rpartition(":")[0]
    numbers = [column for column in columns if column not in used and _HOUSE_NUMBER.fullmatch(fold(column))]
    same = [column for column in numbers if column.rpartition(":")[0] == head] or numbers
    return same[0] if same else ""


def apply_corrections(mapping: Mapping, table: RawTable, corrections: Dict[str, str]) -> Mapping:
    """The mapping with a person's corrections: {column: field}.

    Raises InvalidInput for an unknown column or field.
    """
    names = {fold(column): column for column in table.columns}
    fields, amenity_columns, hours, key = (
        dict(mapping.fields),
        dict(mapping.amenities),
        mapping.hours,
        mapping.source_key,
    )
    confidence, reasons = dict(mapping.confidence), dict(mapping.reasons)
    for name, target in corrections.items():
        column = name if name in table.columns else names.get(fold(name), "")
        if not column:
            raise _unknown("map", name, table.columns, "colonne", "column")
        if target not in FIELDS and target not in Amenity and target not in {IGNORE, "source_key"}:
            raise _unknown("map", target, sorted({*FIELDS, *Amenity, "source_key", IGNORE}), "champ", "field")
        fields = {field: remaining for field, columns in fields.items() if (remaining := _without(columns, column))}
        amenity_columns = {
            amenity: remaining
            for amenity, columns in amenity_columns.items()
            if (remaining := _without(columns, column))
        }
        hours = None if hours and column in hours.columns else hours
        confidence[column], reasons[column] = 1.0, CORRECTED_BY_PERSON
        if target == "source_key":
            key = ((column,),)
        elif target == "hours":
            hours = HoursRule("text", (column,))
        elif target in Amenity:
            amenity_columns[Amenity(target)] = ((column,),)
        elif target != IGNORE:
            fields[target] = ((column,),)
    # An e-mail column stays personal even when corrected: only a role's address is kept of its cells.
    opened = {name for name, target in corrections.items() if target != "email"}
    personal = mapping.personal - {column for name in opened for column in (name, names.get(fold(name), ""))}
    return replace(
        mapping,
        fields=fields,
        amenities=amenity_columns,
        hours=hours,
        source_key=key,
        confidence=confidence,
        personal=personal,
        reasons=reasons,
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
