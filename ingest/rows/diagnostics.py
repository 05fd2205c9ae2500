"""Diagnostics: why a row was rejected or changed, and the remedy, in French and English.

Codes are stable and machine-readable; the texts are for people. `{value}`: the text of the list.
"""

from dataclasses import dataclass
from enum import StrEnum

from geo.errors import Language


class Reason(StrEnum):
    """Why a row makes no place."""

    NO_NAME = "no_name"
    OUT_OF_SCOPE = "out_of_scope"
    UNKNOWN_COMMUNE = "unknown_commune"
    NO_LOCATION = "no_location"
    OUT_OF_RANGE = "coordinates_out_of_range"
    OUTSIDE_FRANCE = "outside_france"
    OTHER_CIRCLE = "other_circle"


class Note(StrEnum):
    """What was corrected or left out in a row that was accepted."""

    AXES_SWAPPED = "axes_swapped"
    COORDINATES_IGNORED = "coordinates_ignored"
    COORDINATES_FAR = "coordinates_far"
    COMMUNE_BY_POSTCODE = "commune_by_postcode"
    COMMUNE_BY_ADDRESS = "commune_by_address"
    HOURS_NOT_UNDERSTOOD = "hours_not_understood"
    SEATS_NOT_UNDERSTOOD = "seats_not_understood"
    PRICE_NOT_UNDERSTOOD = "price_not_understood"
    PRICE_BEFORE_TAX = "price_before_tax"
    PRICE_OTHER_UNIT = "price_other_unit"
    ROOM_OF_OTHERS = "room_of_others"


class Missing(StrEnum):
    """What keeps a place with rooms a candidate."""

    AGREEMENT = "agreement"
    AGREEMENT_OF_ROW = "agreement_of_row"
    SEATS = "seats"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence and its remedy in both languages."""

    fr: str
    en: str
    remedy_fr: str
    remedy_en: str

    def sentence(self, language: Language, value: str) -> str:
        return (self.fr if language == "fr" else self.en).replace("{value}", value)

    def remedy(self, language: Language) -> str:
        return self.remedy_fr if language == "fr" else self.remedy_en


TEXTS: dict[str, Text] = {
    Reason.NO_NAME: Text(
        "Cette ligne n'a pas de nom.",
        "This row has no name.",
        "Remplissez la colonne du nom, ou intitulez « nom » celle qui le contient.",
        "Fill the name column, or call the one that holds it “name”.",
    ),
    Reason.OUT_OF_SCOPE: Text(
        "« {value} » n'est pas un lieu où s'asseoir pour travailler.",
        "“{value}” is not a place where one can sit and work.",
        "Rien à faire ; si c'est une erreur, corrigez cette colonne et importez de nouveau la liste.",
        "Nothing to do; if this is wrong, correct that column and import the list again.",
    ),
    Reason.UNKNOWN_COMMUNE: Text(
        "La commune « {value} » n'est pas connue.",
        "The commune “{value}” is not known.",
        "Vérifiez son nom et son code postal, ou ajoutez des coordonnées.",
        "Check its name and postcode, or add coordinates.",
    ),
    Reason.NO_LOCATION: Text(
        "Cette ligne n'a ni coordonnées ni commune.",
        "This row has neither coordinates nor a commune.",
        "Ajoutez la commune et son code postal, ou la latitude et la longitude.",
        "Add the commune and its postcode, or latitude and longitude.",
    ),
    Reason.OUT_OF_RANGE: Text(
        "Les coordonnées « {value} » ne sont pas des degrés décimaux, et la commune manque.",
        "The coordinates “{value}” are not decimal degrees, and the commune is missing.",
        "Donnez la latitude et la longitude en degrés (47,2184 et -1,5536), ou ajoutez la commune.",
        "Give latitude and longitude in degrees (47.2184 and -1.5536), or add the commune.",
    ),
    Reason.OUTSIDE_FRANCE: Text(
        "Le point « {value} » n'est pas en France, et la commune manque.",
        "The point “{value}” is not in France, and the commune is missing.",
        "Vérifiez les coordonnées, ou ajoutez la commune et son code postal.",
        "Check the coordinates, or add the commune and its postcode.",
    ),
    Reason.OTHER_CIRCLE: Text(
        "Ce lieu est réservé à « {value} » : il ne peut pas devenir public par cet import.",
        "This place is reserved for “{value}”: this import must not make it public.",
        "Importez la liste au nom de cette communauté (--community) ; si le lieu est public, videz « communautes ».",
        "Import the list on behalf of that community (--community); if the place is public, empty “communautes”.",
    ),
    Note.AXES_SWAPPED: Text(
        "Latitude et longitude étaient inversées ({value}) : elles ont été remises en ordre.",
        "Latitude and longitude were swapped ({value}): they were put right.",
        "Corrigez les deux colonnes de la liste.",
        "Correct the two columns of the list.",
    ),
    Note.COORDINATES_IGNORED: Text(
        "Les coordonnées « {value} » sont inutilisables : le lieu est mis à son adresse ou au centre de la commune.",
        "The coordinates “{value}” cannot be used: the place is put at its address, else at the centre of its commune.",
        "Corrigez la latitude et la longitude.",
        "Correct latitude and longitude.",
    ),
    Note.COORDINATES_FAR: Text(
        "Les coordonnées « {value} » sont loin de la commune indiquée : la commune a été retenue.",
        "The coordinates “{value}” are far from the commune given: the commune was kept.",
        "Vérifiez les coordonnées ou la commune.",
        "Check the coordinates or the commune.",
    ),
    Note.COMMUNE_BY_POSTCODE: Text(
        "La commune « {value} » n'est pas connue : celle de son code postal a été retenue.",
        "The commune “{value}” is not known: the one of its postcode was taken.",
        "Vérifiez le nom de la commune.",
        "Check the name of the commune.",
    ),
    Note.COMMUNE_BY_ADDRESS: Text(
        "L'adresse « {value} » n'est pas dans la commune indiquée : celle de même code postal qui l'a est retenue.",
        "The address “{value}” is not in the commune given: the one of the same postcode that has it was taken.",
        "Vérifiez la commune et l'adresse.",
        "Check the commune and the address.",
    ),
    Note.HOURS_NOT_UNDERSTOOD: Text(
        "Les horaires « {value} » n'ont pas été compris.",
        "The hours “{value}” were not understood.",
        "Écrivez-les ainsi : « Lundi-Vendredi 9h-18h » ou « Mo-Fr 09:00-18:00 ».",
        "Write them as “Mo-Fr 09:00-18:00”.",
    ),
    Note.SEATS_NOT_UNDERSTOOD: Text(
        "Le nombre de places « {value} » n'a pas été compris.",
        "The number of seats “{value}” was not understood.",
        "Écrivez un nombre entier, par exemple 8.",
        "Write a whole number, for example 8.",
    ),
    Note.PRICE_NOT_UNDERSTOOD: Text(
        "Le tarif « {value} » n'a pas été compris.",
        "The tariff “{value}” was not understood.",
        "Écrivez par exemple « 5 €/demi-journée » ou « gratuit ».",
        "Write for example “5 €/half-day” or “free”.",
    ),
    Note.PRICE_BEFORE_TAX: Text(
        "Le tarif « {value} » est hors taxes : la TVA à 20 % a été ajoutée.",
        "The tariff “{value}” is before tax: VAT at 20 % was added.",
        "Si un autre taux s'applique, écrivez le prix TTC.",
        "If another rate applies, write the price with tax.",
    ),
    Note.PRICE_OTHER_UNIT: Text(
        "Le tarif « {value} » ne dit pas le prix d'une demi-journée : il est gardé comme remarque.",
        "The tariff “{value}” does not tell the price of a half-day: it is kept as a note.",
        "Ajoutez un prix à l'heure, à la demi-journée ou à la journée.",
        "Add a price by the hour, the half-day or the day.",
    ),
    Note.ROOM_OF_OTHERS: Text(
        "La salle est proposée par « {value} » : elle est laissée de côté.",
        "The room is offered by “{value}”: it is left out.",
        "Importez la liste au nom de cette communauté (--community), ou videz la cellule « communautes_espace ».",
        "Import the list on behalf of that community (--community), or empty the “communautes_espace” cell.",
    ),
    Missing.AGREEMENT: Text(
        "L'accord de l'hôte n'est pas affirmé.",
        "The host's agreement is not asserted.",
        "Si les hôtes sont d'accord, cochez la case ou ajoutez --offered.",
        "If the hosts agreed, tick the box or add --offered.",
    ),
    Missing.AGREEMENT_OF_ROW: Text(
        "Cette ligne ne dit pas que l'hôte est d'accord.",
        "This row does not say that the host agreed.",
        "Si l'hôte est d'accord, écrivez « oui » dans la colonne « accord_hote ».",
        "If the host agreed, write “oui” in the “accord_hote” column.",
    ),
    Missing.SEATS: Text(
        "Le nombre de places manque.",
        "The number of seats is missing.",
        "Ajoutez une colonne « nombre de places ».",
        "Add a “seats” column.",
    ),
    Missing.HOURS: Text(
        "Les horaires manquent.",
        "The opening hours are missing.",
        "Ajoutez une colonne « horaires », par exemple « Lundi-Vendredi 9h-18h ».",
        "Add an “opening hours” column, for example “Mo-Fr 09:00-18:00”.",
    ),
}
