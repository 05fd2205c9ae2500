"""Headers as secretaries, forms, exports and schemas write them: what each column is taken for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.mapping.assignment import ENOUGH
from ingest.mapping.model import Mapping
from ingest.mapping.suggest import apply_corrections, suggest
from ingest.readers.common.raw_list import RawTable

CELLS: dict[str, tuple[str, ...]] = {
    "name": (
        "La Cordée",
        "Le Lieu Commun",
        "L'Hermitage",
        "Ici Montreuil",
        "Mutinerie",
        "La Paillasse",
        "Le 50",
        "Darwin",
    ),
    "address": (
        "12 rue de la Paix",
        "3 place du Marché",
        "45 avenue Jean Jaurès",
        "8 bis rue Haute",
        "1 quai des Chartrons",
        "226 rue Saint-Denis",
        "ZA des Pins",
        "87 quai de Queyries",
    ),
    "postcode": ("44000", "01000", "75011", "93100", "69001", "31000", "13090", "33100"),
    "commune": ("Nantes", "Bourg-en-Bresse", "Paris", "Montreuil", "Lyon", "Toulouse", "Aix-en-Provence", "Bordeaux"),
    "insee": ("44109", "01053", "75111", "93048", "69381", "31555", "13001", "33063"),
    "siret": (
        "20004293500011",
        "25010021100011",
        "21010053300012",
        "20004035000015",
        "35600000063516",
        "35600000060857",
        "35600000035012",
        "35600000054822",
    ),
    "phone": (
        "02 40 12 34 56",
        "0474454545",
        "+33 1 42 03 04 05",
        "01.48.70.60.00",
        "04 72 10 30 30",
        "05 61 22 23 24",
        "04 42 91 90 00",
        "05 56 77 88 99",
    ),
    "email": (
        "contact@cordee.fr",
        "info@lieu.org",
        "bonjour@h.fr",
        "hello@ici.fr",
        "contact@m.org",
        "contact@p.org",
        "le50@x.fr",
        "contact@d.fr",
    ),
    "website": (
        "https://la-cordee.net",
        "www.lieucommun.fr",
        "http://h.fr",
        "https://icimontreuil.com",
        "https://mutinerie.org",
        "lapaillasse.org",
        "https://le50.fr",
        "https://darwin.camp",
    ),
    "hours": (
        "Lundi au vendredi 9h-18h",
        "Du mardi au samedi de 10h à 19h",
        "Mo-Fr 08:00-18:00",
        "9h-12h / 14h-17h lun-ven",
        "du lundi au vendredi 8h30-19h",
        "lun-ven : 9h à 18h",
        "Tu-Sa 10:00-18:00",
        "lundi: 9h-18h",
    ),
    "seats": ("12", "30", "8", "25", "40", "10", "16", "100"),
    "lat": ("47.2184", "46.2053", "48.8566", "48.8638", "45.764", "43.6047", "43.5297", "44.8404"),
    "lon": ("-1.5536", "5.2255", "2.3522", "2.4485", "4.8357", "1.4442", "5.4474", "-0.5589"),
    "kind": ("coworking", "fablab", "coworking", "fablab", "coworking", "fablab", "coworking", "coworking"),
    "yes_no": ("oui", "non", "oui", "oui", "non", "oui", "oui", "non"),
    "price": ("15 €", "20 €", "12,50 €", "18 €", "15 €", "10 €", "25 €", "14 €"),
    "person": ("Anne Petit", "Jean Durand", "Zoé Li", "Marc Le Goff", "Paul N", "Lea X", "Sam Y", "Kim Z"),
    "time": (
        "2024/03/01 10:00:00",
        "01/02/2024 11:22:33",
        "2024/03/01 10:00:00",
        "01/02/2024 11:22:33",
        "2024/03/01 10:00:00",
        "01/02/2024 11:22:33",
        "2024/03/01 10:00:00",
        "01/02/2024 11:22:33",
    ),
    "amenities": (
        "wifi, imprimante, café",
        "wifi; cuisine",
        "écran, wifi",
        "parking, vélo",
        "wifi",
        "wifi, visio",
        "climatisation",
        "tableau blanc",
    ),
    "parent": ("Association A", "Ville de B", "SCIC C", "Commune D", "Métropole E", "Asso F", "SAS G", "SARL H"),
    "complement": ("Bâtiment B", "2e étage", "Résidence X", "Hall 3", "Porte 4", "", "Escalier C", "Bât. 2"),
    "text": (
        "Un lieu ouvert à tous.",
        "Ateliers et rencontres",
        "Espace partagé chaleureux",
        "...",
        "oui mais",
        "Voir le site",
        "Projet 2025",
        "rien",
    ),
    "date": (
        "2024-01-31",
        "2023-05-06",
        "2024-02-02",
        "2022-11-30",
        "2024-03-01",
        "2021-01-01",
        "2020-02-02",
        "2024-09-09",
    ),
    "pair": (
        "Point(-1.5536 47.2184)",
        "Point(5.2255 46.2053)",
        "Point(2.3522 48.8566)",
        "Point(2.4485 48.8638)",
        "Point(4.8357 45.764)",
        "Point(1.4442 43.6047)",
        "Point(5.4474 43.5297)",
        "Point(-0.5589 44.8404)",
    ),
    "room": ("Salle A", "Salle B", "Grande salle", "Petite salle", "Salle du conseil", "Salle 1", "Salle 2", "Salle 3"),
    "room_kind": ("réunion", "fêtes", "réunion", "bureau", "conseil", "réunion", "fêtes", "bureau"),
    "easting": ("355745.44", "724562.10", "652469.02", "659565.33", "842666.66", "574357.82", "897651.94", "416652.50"),
    "northing": (
        "6689723.29",
        "6568102.88",
        "6862035.26",
        "6862796.01",
        "6519924.37",
        "6279642.97",
        "6273373.48",
        "6422284.33",
    ),
    "body": (
        "Mairie",
        "Association",
        "France Services",
        "Mairie",
        "Espace Public Numérique",
        "Association",
        "Mission locale",
        "Mairie",
    ),
    "how_often": (
        "souvent",
        "de temps en temps",
        "pas du tout",
        "exceptionnellement",
        "souvent",
        "de temps en temps",
        "pas du tout",
        "exceptionnellement",
    ),
    "fees": ("gratuit", "10 euros par an", "adhésion 5 euros", "payant", "gratuit", "0euro", "selon public", "gratuit"),
    "number": ("12", "3", "45", "8", "1", "226", "7", "87"),
    "street_only": (
        "rue de la Paix",
        "place du Marché",
        "avenue Jean Jaurès",
        "rue Haute",
        "quai des Chartrons",
        "rue Saint-Denis",
        "impasse des Pins",
        "quai de Queyries",
    ),
    "uuid": (
        "5f0a0bc-11ee",
        "5f1a1bc-11ee",
        "5f2a2bc-11ee",
        "5f3a3bc-11ee",
        "5f4a4bc-11ee",
        "5f5a5bc-11ee",
        "5f6a6bc-11ee",
        "5f7a7bc-11ee",
    ),
    "kind_code": ("ASSO", "MUNI", "BIB", "CCAS", "RFS", "ML", "CS", "EPCI"),
    "public": ("Tout_public", "Seniors", "Adultes", "Tout_public", "Tout_public", "Seniors", "Adultes", "Tout_public"),
    "lat_lon": (
        "47.2184, -1.5536",
        "46.2053, 5.2255",
        "48.8566, 2.3522",
        "48.8638, 2.4485",
        "45.764, 4.8357",
        "43.6047, 1.4442",
        "43.5297, 5.4474",
        "44.8404, -0.5589",
    ),
}
"""Eight cells of each kind, as lists have them."""

NOTHING = ""
LISTS: dict[str, list[tuple[str, str, str]]] = {
    "questions of a form": [
        ("Horodateur", "time", NOTHING),
        ("Adresse e-mail", "email", "email"),
        ("Quel est le nom de votre tiers-lieu ?", "name", "name"),
        ("Quelle est son adresse postale ?", "address", "address"),
        ("Code postal ?", "postcode", "postcode"),
        ("Dans quelle commune se situe-t-il ?", "commune", "commune"),
        ("Quel est votre site internet (si vous en avez un) ?", "website", "website"),
        ("À quel numéro de téléphone peut-on vous joindre ?", "phone", "phone"),
        ("Quels sont vos horaires d'ouverture ?", "hours", "hours"),
        ("Combien de postes de travail proposez-vous ?", "seats", "seats"),
        ("Quels équipements sont à disposition ?", "amenities", "amenities"),
        ("De quel type de lieu s'agit-il ?", "kind", "kind"),
        ("Le lieu est-il accessible aux PMR ?", "yes_no", "step_free"),
        ("Disposez-vous du wifi ?", "yes_no", "wifi"),
        ("Quel est le tarif à la demi-journée ?", "price", "price_half_day"),
        ("Quel est le tarif à la journée pour les adhérents ?", "price", "member_price_day"),
        ("Votre nom et prénom", "person", NOTHING),
    ],
    "numbered questions": [
        ("1. Comment s'appelle votre lieu ?", "name", "name"),
        ("2. Où se trouve-t-il ? (numéro et rue)", "address", "address"),
        ("3. Code postal", "postcode", "postcode"),
        ("4. Ville", "commune", "commune"),
        ("5. Nombre de places disponibles", "seats", "seats"),
        ("6. Téléphone (fixe)", "phone", "phone"),
        ("7. Adresse mail de contact du lieu", "email", "email"),
        ("8. Jours et heures d'ouverture", "hours", "hours"),
        ("9. Structure porteuse du projet", "parent", "parent"),
        ("10. N° SIRET de la structure", "siret", "siret"),
    ],
    "export of an online table": [
        ("Name", "name", "name"),
        ("Street Address", "address", "address"),
        ("Zip", "postcode", "postcode"),
        ("City", "commune", "commune"),
        ("Phone Number", "phone", "phone"),
        ("Email", "email", "email"),
        ("Website URL", "website", "website"),
        ("Opening Hours", "hours", "hours"),
        ("# of desks", "seats", "seats"),
        ("Day pass price", "price", "price_day"),
        ("Half day price", "price", "price_half_day"),
        ("Has WiFi?", "yes_no", "wifi"),
        ("Last modified time", "date", "checked_on"),
        ("Type of space", "kind", "kind"),
    ],
    "schema.org in camel case": [
        ("spaceName", "name", "name"),
        ("streetAddress", "address", "address"),
        ("postalCode", "postcode", "postcode"),
        ("addressLocality", "commune", "commune"),
        ("telephone", "phone", "phone"),
        ("openingHours", "hours", "hours"),
        ("geo.latitude", "lat", "lat"),
        ("geo.longitude", "lon", "lon"),
        ("url", "website", "website"),
        ("maximumAttendeeCapacity", "seats", "capacity"),
    ],
    "SIRENE": [
        ("siret", "siret", "siret"),
        ("enseigne1Etablissement", "name", "name"),
        ("numeroVoieEtablissement", "seats", NOTHING),
        ("libelleVoieEtablissement", "address", "address"),
        ("codePostalEtablissement", "postcode", "postcode"),
        ("libelleCommuneEtablissement", "commune", "commune"),
        ("codeCommuneEtablissement", "insee", "insee"),
        ("complementAdresseEtablissement", "complement", "complement"),
        ("dateCreationEtablissement", "date", NOTHING),
    ],
    "query of Wikidata": [
        ("item", "website", NOTHING),
        ("itemLabel", "name", "name"),
        ("coord", "pair", "position"),
        ("adresse", "address", "address"),
        ("communeLabel", "commune", "commune"),
        ("codeINSEE", "insee", "insee"),
        ("siteWeb", "website", "website"),
    ],
    "sheet of a town hall": [
        ("NOM DE LA STRUCTURE", "name", "name"),
        ("ADR.", "address", "address"),
        ("COMPL. ADR.", "complement", "complement"),
        ("C.P.", "postcode", "postcode"),
        ("VILLE", "commune", "commune"),
        ("TÉL.", "phone", "phone"),
        ("MAIL", "email", "email"),
        ("SITE WEB", "website", "website"),
        ("NB DE PLACES", "seats", "seats"),
        ("HORAIRES D'OUVERTURE AU PUBLIC", "hours", "hours"),
        ("NOM DU RESPONSABLE", "person", NOTHING),
        ("OBSERVATIONS", "text", NOTHING),
        ("WIFI (O/N)", "yes_no", "wifi"),
        ("Parking", "yes_no", "parking"),
        ("DERNIÈRE MISE À JOUR", "date", "checked_on"),
    ],
    "no header": [
        ("column_1", "name", "name"),
        ("column_2", "address", "address"),
        ("column_3", "postcode", "postcode"),
        ("column_4", "commune", "commune"),
        ("column_5", "phone", "phone"),
        ("column_6", "website", "website"),
        ("column_7", "email", "email"),
        ("column_8", "lat", "lat"),
        ("column_9", "lon", "lon"),
        ("column_10", "hours", "hours"),
        ("column_11", "siret", "siret"),
    ],
    "lieux de médiation numérique 1.0.2": [
        ("id", "insee", NOTHING),
        ("pivot", "siret", "siret"),
        ("nom", "name", "name"),
        ("commune", "commune", "commune"),
        ("code_postal", "postcode", "postcode"),
        ("code_insee", "insee", "insee"),
        ("adresse", "address", "address"),
        ("complement_adresse", "complement", "complement"),
        ("latitude", "lat", "lat"),
        ("longitude", "lon", "lon"),
        ("typologie", "kind", "kind"),
        ("telephone", "phone", "phone"),
        ("courriels", "email", "email"),
        ("site_web", "website", "website"),
        ("horaires", "hours", "hours"),
        ("presentation_resume", "text", NOTHING),
        ("presentation_detail", "text", NOTHING),
        ("source", "parent", NOTHING),
        ("itinerance", "yes_no", NOTHING),
        ("structure_parente", "parent", "parent"),
        ("date_maj", "date", "checked_on"),
        ("services", "text", NOTHING),
        ("publics_specifiquement_adresses", "text", NOTHING),
        ("prise_en_charge_specifique", "text", NOTHING),
        ("frais_a_charge", "text", NOTHING),
        ("dispositif_programmes_nationaux", "text", NOTHING),
        ("formations_labels", "text", NOTHING),
        ("autres_formations_labels", "text", NOTHING),
        ("modalites_acces", "text", NOTHING),
        ("modalites_accompagnement", "text", NOTHING),
        ("fiche_acces_libre", "website", NOTHING),
        ("prise_rdv", "website", NOTHING),
    ],
    "regional observatory": [
        ("gid", "insee", NOTHING),
        ("c_nom", "name", "name"),
        ("c_postcode", "postcode", "postcode"),
        ("c_city", "commune", "commune"),
        ("c_adresse", "address", "address"),
        ("c_lat_coor1", "lat", "lat"),
        ("c_long_coor1", "lon", "lon"),
        ("c_telephone", "phone", "phone"),
        ("c_courriel", "email", "email"),
        ("c_site_web", "website", "website"),
        ("c__edit_datemaj", "date", "checked_on"),
        ("c_horaire_ouverture", "hours", "hours"),
        ("c_acces_pmr", "yes_no", "step_free"),
    ],
    "rooms of town halls": [
        ("Mairie", "name", "name"),
        ("Salle", "room", "space_name"),
        ("Type de salle", "room_kind", "space_kind"),
        ("Capacité", "seats", "seats"),
        ("Tarif journée", "price", "price_day"),
        ("Tarif 1/2 journée", "price", "price_half_day"),
        ("Tarif horaire adhérent", "price", "member_price_hour"),
        ("Commune", "commune", "commune"),
        ("CP", "postcode", "postcode"),
        ("Vidéoprojecteur", "yes_no", "video"),
    ],
    "English form": [
        ("Venue", "name", "name"),
        ("Address Line 1", "address", "address"),
        ("Address Line 2", "complement", "complement"),
        ("Post code", "postcode", "postcode"),
        ("Town", "commune", "commune"),
        ("Tel.", "phone", "phone"),
        ("E-mail", "email", "email"),
        ("Web", "website", "website"),
        ("When are you open?", "hours", "hours"),
        ("How many seats?", "seats", "seats"),
        ("What kind of place is it?", "kind", "kind"),
        ("Operator", "parent", "parent"),
        ("Wheelchair accessible", "yes_no", "step_free"),
        ("Hourly rate", "price", "price_hour"),
        ("Member day rate", "price", "member_price_day"),
        ("Latitude (WGS84)", "lat", "lat"),
        ("Longitude (WGS84)", "lon", "lon"),
    ],
    "departmental portal": [
        ("nom_du_tiers_lieu", "name", "name"),
        ("numero_et_libelle_de_voie", "address", "address"),
        ("code_postal_du_lieu", "postcode", "postcode"),
        ("nom_de_la_commune", "commune", "commune"),
        ("lien_vers_le_site_internet", "website", "website"),
        ("num_tel", "phone", "phone"),
        ("adresse_mel", "email", "email"),
        ("nbre_postes", "seats", "seats"),
        ("x_l93", "easting", "lon"),
        ("y_l93", "northing", "lat"),
        ("date_de_creation", "date", NOTHING),
        ("type_de_structure", "kind", "kind"),
        ("num_siret", "siret", "siret"),
        ("gestionnaire", "parent", "parent"),
    ],
    "portal of an agglomeration": [
        ("nom_structure", "name", "name"),
        ("commune", "commune", "commune"),
        ("code_postal", "postcode", "postcode"),
        ("adresse_code_insee", "insee", "insee"),
        ("compl_adresse", "complement", "complement"),
        ("adresse", "address", "address"),
        ("geom", "lat_lon", "position"),
        ("telephone", "phone", "phone"),
        ("adresse_mail", "email", "email"),
        ("site_web", "website", "website"),
        ("date", "date", "checked_on"),
        ("jours_horaires_ouverture", "hours", "hours"),
        ("type_public", "how_often", NOTHING),
        ("acces_equipement_numerique_et_internet", "yes_no", "wifi"),
        ("tarif_acces_equipement", "fees", NOTHING),
        ("materiels_disponibles", "yes_no", NOTHING),
    ],
    "form whose words run together": [
        ("Nomdelastructure", "name", "name"),
        ("Ville", "commune", "commune"),
        ("Codepostal", "postcode", "postcode"),
        ("Adressenumeronomdelavoie", "address", "address"),
        ("latitude", "lat", "lat"),
        ("longitude", "lon", "lon"),
        ("Telephone", "phone", "phone"),
        ("Adressemail", "email", "email"),
        ("SiteWeb", "website", "website"),
        ("Jedecrislesactionsdinclusionnumeriquedemastructureenquelquesmots", "text", NOTHING),
        ("Lestarifsdemastructure", "fees", NOTHING),
        ("Typedepublics", "how_often", NOTHING),
        ("Accesadesequipementsetuneconnexioninternet", "how_often", NOTHING),
        ("Leshorairesdemastructure", "hours", "hours"),
    ],
    "API of a network": [
        ("_id", "uuid", NOTHING),
        ("structureName", "name", "name"),
        ("address.commune", "commune", "commune"),
        ("address.postcode", "postcode", "postcode"),
        ("address.inseeCode", "insee", "insee"),
        ("address.numero", "number", "address"),
        ("address.street", "street_only", "address"),
        ("coord.1", "lat", "lat"),
        ("coord.0", "lon", "lon"),
        ("contactPhone", "phone", "phone"),
        ("contactMail", "email", "email"),
        ("website", "website", "website"),
        ("updatedAt", "date", "checked_on"),
        ("description", "text", NOTHING),
        ("pmrAccess", "yes_no", "step_free"),
        ("horaires_ouverture_brut", "hours", "hours"),
        ("createdAt", "date", NOTHING),
    ],
    "sheet of a region": [
        ("Structure", "name", "name"),
        ("Type", "body", "kind"),
        ("Adresse", "address", "address"),
        ("lat", "lat", "lat"),
        ("long", "lon", "lon"),
        ("N° de téléphone", "phone", "phone"),
        ("Adresse e-mail", "email", "email"),
        ("Site internet", "website", "website"),
        ("Activités proposées", "text", NOTHING),
        ("Matériel mis à disposition", "amenities", "amenities"),
        ("Horaires", "hours", "hours"),
    ],
    "sheet with swapped axes": [
        ("Lieu", "name", "name"),
        ("Commune", "commune", "commune"),
        ("Adresse postale", "address", "address"),
        ("Téléphone", "phone", "phone"),
        ("Email", "email", "email"),
        ("Site internet", "website", "website"),
        ("Coord. X", "lat", "lon"),
        ("Coord. Y", "lon", "lat"),
        ("Dernière MAJ", "date", "checked_on"),
        ("Description", "text", NOTHING),
        ("Présence d'un médiateur", "yes_no", NOTHING),
        ("equipements", "amenities", "amenities"),
        ("horaires", "hours", "hours"),
    ],
    "GeoJSON flattened": [
        ("properties.francilin_id", "uuid", NOTHING),
        ("properties.lieu_nom", "name", "name"),
        ("properties.commune", "commune", "commune"),
        ("properties.code_postal", "postcode", "postcode"),
        ("properties.adresse", "address", "address"),
        ("geometry.coordinates", "lat_lon", "position"),
        ("properties.telephone", "phone", "phone"),
        ("properties.e_mail", "email", "email"),
        ("properties.site_web", "website", "website"),
        ("properties.mise_a_jour", "date", "checked_on"),
        ("properties.horaires", "hours", "hours"),
    ],
    "survey of a map server": [
        ("OBJECTID", "number", NOTHING),
        ("GlobalID", "uuid", NOTHING),
        ("Nom de votre structure", "name", "name"),
        ("commune", "commune", "commune"),
        ("Adresse de la structure", "address", "address"),
        ("Numéro de téléphone de la structure", "phone", "phone"),
        ("Adresse mail de la structure", "email", "email"),
        ("Site Web de la structure", "website", "website"),
        ("y", "lat", "lat"),
        ("x", "lon", "lon"),
        ("EditDate", "date", "checked_on"),
        ("CreationDate", "date", NOTHING),
        ("Possédez-vous des labels nationaux ou régionaux ?", "public", NOTHING),
        ("Quel(s) type(s) de public accompagnez-vous  ?", "public", NOTHING),
        ("Quelles sont vos conditions d'accès ?", "fees", NOTHING),
        ("Quels sont vos équipements numériques ?", "amenities", "amenities"),
        ("Horaires d'ouverture__1", "hours", "hours"),
        ("Typologie de la structure", "kind_code", "kind"),
        ("Autre - Typologie de la structure", "kind_code", NOTHING),
    ],
    "extended data.inclusion": [
        ("id", "number", NOTHING),
        ("siret", "siret", "siret"),
        ("nom", "name", "name"),
        ("commune", "commune", "commune"),
        ("code_postal", "postcode", "postcode"),
        ("code_insee", "insee", "insee"),
        ("adresse", "address", "address"),
        ("complement_adresse", "complement", "complement"),
        ("geopoint.lat", "lat", "lat"),
        ("geopoint.lon", "lon", "lon"),
        ("telephone", "phone", "phone"),
        ("courriel", "email", "email"),
        ("site_web", "website", "website"),
        ("date_maj", "date", "checked_on"),
        ("typologie", "kind_code", "kind"),
        ("frais", "fees", NOTHING),
        ("horaires_ouverture", "hours", "hours"),
        ("labels_autres", "public", NOTHING),
    ],
}
"""By list: (header, kind of its cells, what it means)."""


def table(columns: list[tuple[str, str, str]]) -> RawTable:
    heads = tuple(header for header, _, _ in columns)
    rows = [dict(zip(heads, (CELLS[kind][i] for _, kind, _ in columns), strict=True)) for i in range(8)]
    return RawTable(heads, rows, list(range(2, 10)), "liste.csv")


def meaning(mapping: Mapping) -> dict[str, str]:
    """As the mapping tells it, but for columns that hold both coordinates, and keys that are nothing else."""
    both = set(mapping.fields.get("lat", ())) & set(mapping.fields.get("lon", ()))
    fields = {column: field for column, field in mapping.meaning().items() if field != "source_key"}
    return fields | {column: "position" for (column,) in both}


@pytest.mark.parametrize("name", LISTS)
def test_columns_are_taken_for_what_they_are(name: str) -> None:
    mapping = suggest(table(LISTS[name]))
    fields = meaning(mapping)
    assert {header: fields.get(header, NOTHING) for header, _, _ in LISTS[name]} == {
        h: means for h, _, means in LISTS[name]
    }


@pytest.mark.parametrize("name", LISTS)
def test_every_suggestion_has_a_confidence_and_a_reason_in_both_languages(name: str) -> None:
    mapping = suggest(table(LISTS[name]))
    for column in meaning(mapping):
        assert ENOUGH <= mapping.confidence[column] <= 1
        assert all(mapping.reasons[column])


def test_the_reason_tells_header_and_cells() -> None:
    columns = [("Lieu", "name", ""), ("Code postal", "postcode", "")]
    assert suggest(table(columns)).reasons["Code postal"] == (
        "en-tête « Code postal » ; 100 % des valeurs sont des codes postaux",
        "header “Code postal”; 100% of the values are postcodes",
    )


def test_cells_that_cannot_be_what_the_header_says_are_not_taken_for_it() -> None:
    columns = [("Nom", "name", ""), ("Téléphone", "text", ""), ("Code postal", "website", "")]
    fields = meaning(suggest(table(columns)))
    assert fields.get("Téléphone") is None
    assert fields.get("Code postal") != "postcode"


def test_each_column_serves_once_and_the_whole_is_best() -> None:
    # Taken alone, "Commune" would name the place; but then nothing would be its town.
    fields = meaning(suggest(table([("Nom commune", "commune", ""), ("Nom", "name", ""), ("Ville", "parent", "")])))
    assert fields["Nom"] == "name"
    assert fields["Nom commune"] == "commune"


def test_a_gazetteer_tells_names_of_communes_under_any_header() -> None:
    rows = [
        {"a": f"Place {i}", "zone": name}
        for i, name in enumerate(["Xonrupt", "Ploubezre", "Xonrupt", "Ploubezre", "Ger", "Ger"])
    ]
    listing = RawTable(("a", "zone"), rows, list(range(6)), "l.csv")
    assert meaning(suggest(listing, is_commune={"Xonrupt", "Ploubezre", "Ger"}.__contains__)).get("zone") == "commune"


def test_columns_of_persons_are_never_suggested() -> None:
    columns = [
        ("Nom du contact", "person", ""),
        ("Portable", "phone", ""),
        ("Nom", "name", ""),
        ("Mail du référent", "email", ""),
    ]
    mapping = suggest(table(columns))
    assert set(meaning(mapping)) == {"Nom"}
    assert {"Nom du contact", "Portable", "Mail du référent"} <= mapping.personal


def test_an_email_column_is_suggested_and_stays_personal() -> None:
    mapping = suggest(table([("Nom", "name", ""), ("Courriel", "email", "")]))
    assert mapping.fields["email"] == (("Courriel",),)
    assert "Courriel" in mapping.personal


def test_an_email_column_stays_personal_when_a_person_names_it() -> None:
    listing = table([("Nom", "name", ""), ("Mail du référent", "email", "")])
    mapping = apply_corrections(suggest(listing), listing, {"Mail du référent": "email"})
    assert mapping.fields["email"] == (("Mail du référent",),)
    assert "Mail du référent" in mapping.personal


def test_a_street_is_joined_with_its_number() -> None:
    rows = [{"addr:housenumber": str(i), "addr:street": "Rue Haute", "name": f"A{i}"} for i in range(6)]
    listing = RawTable(tuple(rows[0]), rows, list(range(6)), "l.csv")
    assert suggest(listing).fields["address"] == (("addr:housenumber", "addr:street"), ("addr:street",))


HALF_DAYS = [f"{day} {half}" for day in ("Lundi", "Mardi", "Mercredi") for half in ("matin", "après-midi")]


def hours_table(columns: list[str], cells: list[str]) -> RawTable:
    rows = [{"Nom": f"Lieu {i}", **dict(zip(columns, cells, strict=True))} for i in range(6)]
    return RawTable(("Nom", *columns), rows, list(range(6)), "l.csv")


def test_half_day_columns_are_hours_of_their_halves() -> None:
    listing = hours_table(HALF_DAYS, ["9h-12h", "14h-17h", "9h-12h", "", "x", "x"])
    rule = suggest(listing).hours
    assert rule is not None
    assert rule.style == "halves"
    assert rule.by_half(listing.rows[0]) == {
        (0, "morning"): "9h-12h", (0, "afternoon"): "14h-17h", (1, "morning"): "9h-12h",
        (2, "morning"): "x", (2, "afternoon"): "x",
    }  # fmt: skip


PAIRS = [
    f"{edge} {half} {day}"
    for day in ("lundi", "mardi", "jeudi")
    for half in ("matin (ou journée continue)", "après-midi")
    for edge in ("Ouverture", "Fermeture")
]


def test_pairs_of_opening_and_closing_make_one_text_per_day() -> None:
    listing = hours_table(
        PAIRS, ["08:30", "12:00", "13:00", "17:00", "08:30", "16:30", "", "", "09:00", "", "", "18:00"]
    )
    rule = suggest(listing).hours
    assert rule is not None
    assert rule.style == "pairs"
    assert rule.by_day(listing.rows[0]) == {0: "08:30 - 12:00 / 13:00 - 17:00", 1: "08:30 - 16:30", 3: "09:00 - 18:00"}


@pytest.mark.parametrize(
    "day", ["{}", "Horaires {}", "h_{}", "Ouverture {}", "horaires.{}", "Horaires d'ouverture - {}"]
)
def test_columns_of_days_are_hours(day: str) -> None:
    columns = [day.format(name) for name in ("lundi", "mardi", "mercredi", "jeudi", "vendredi")]
    rule = suggest(hours_table(columns, ["9h-12h"] * 5)).hours
    assert rule is not None
    assert (rule.style, rule.columns) == ("days", tuple(columns))


def test_english_days_are_days() -> None:
    rule = suggest(hours_table(["Mon", "Tue", "Wed", "Thu", "Fri"], ["9:00-18:00"] * 5)).hours
    assert rule is not None
    assert rule.columns == ("Mon", "Tue", "Wed", "Thu", "Fri")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=8, unique=True).flatmap(
        lambda columns: st.tuples(
            st.just(tuple(columns)),
            st.lists(st.lists(st.text(max_size=40), min_size=len(columns), max_size=len(columns)), max_size=12),
        )
    )
)
def test_any_table_gets_a_mapping_of_its_own_columns(given_table: tuple[tuple[str, ...], list[list[str]]]) -> None:
    columns, cells = given_table
    rows = [dict(zip(columns, row, strict=True)) for row in cells]
    mapping = suggest(RawTable(columns, rows, list(range(len(rows))), "x.csv"))
    assert set(mapping.meaning()) <= set(columns)
    firsts = [alternative[-1] for alternatives in mapping.fields.values() for alternative in alternatives[:1]]
    lonlat = [mapping.fields[name][0][0] for name in ("lat", "lon") if name in mapping.fields]
    assert len(set(firsts)) + (len(lonlat) - len(set(lonlat))) == len(firsts)
