"""What people write in a cell, and what the store keeps of it."""

from datetime import date

import pytest

from geo.types import PlaceKind, SpaceKind
from ingest.normalise import amenities, calendar_date, capacity, kind, name, price
from ingest.normalise.blank import cell_text
from ingest.normalise.contact import phone, privacy, url
from ingest.normalise.location import address as postal
from ingest.normalise.location import coordinates, postcode


@pytest.mark.parametrize("text", ["", " ", "-", "N/A", "nc", "Non renseigné", "NULL", "#REF!", "néant"])
def test_ways_of_saying_nothing(text: str) -> None:
    assert cell_text(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Le \n Lab ", "Le Lab"),
        ("HÔTEL DE LA GARE", "Hôtel de la Gare"),
        ("L'ÉTAPE D'OR", "L'Étape d'Or"),
        ("25HOURS HÔTEL TERMINUS NORD", "25hours Hôtel Terminus Nord"),
        ("« La Cale »", "La Cale"),
        ("THE ORIGINAL'S", "The Original's"),
        ("HÔTEL HENRI IV", "Hôtel Henri IV"),
        ("SQUARE LOUIS XIII", "Square Louis XIII"),
        ("LE DIX", "Le Dix"),
        ("ACTIVITES ARTISANALES ET CREATION DU 12EME", "Activites Artisanales et Creation du 12e"),
        ("MAIRIE DU 12 EME", "Mairie du 12e"),
        ("Mediatheque Municipale &lt;robert Desnos&lt", "Mediatheque Municipale robert Desnos"),
        ("Jazz & co &amp; fils", "Jazz & co & fils"),
        ("ROCHER concept |\u00c2\u00a0 Coworking", "ROCHER concept | Coworking"),
        ("M\u00c3\u00a9diath\u00c3\u00a8que", "Médiathèque"),
        ("IBIS", "IBIS"),
        ("Fablab BZH", "Fablab BZH"),
        ("--", ""),
    ],
)
def test_names_are_shown_calmly(text: str, expected: str) -> None:
    assert name.clean(text) == expected


@pytest.mark.parametrize(
    ("commune", "expected"),
    [
        ("Nantes", "Mairie de Nantes"),
        ("Ambléon", "Mairie d'Ambléon"),
        ("Le Mans", "Mairie du Mans"),
        ("Les Abymes", "Mairie des Abymes"),
        ("La Rochelle", "Mairie de La Rochelle"),
        ("L'Haÿ-les-Roses", "Mairie de L'Haÿ-les-Roses"),
        ("Hérouville", "Mairie d'Hérouville"),
        ("Houilles", "Mairie de Houilles"),
        ("Yvetot", "Mairie d'Yvetot"),
        ("Échirolles", "Mairie d'Échirolles"),
    ],
)
def test_town_halls_are_named_in_good_french(commune: str, expected: str) -> None:
    assert name.of("Mairie", commune) == expected


def test_a_town_hall_is_one_under_any_name_but_an_annexe_is_not() -> None:
    same = {name.match_name(text, "mairie") for text in ("Mairie", "MAIRIE DE PESSAC", "Hôtel de ville")}
    assert same == {"mairie"}
    assert name.match_name("Mairie annexe du Bourg", "mairie") != "mairie"
    assert name.match_name("Hôtel de Ville", "hotel") == "hotel hotel de ville"
    assert name.match_name("Mairie", "library") != "mairie", "a library that lists call by its building"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("19 route du Lac\n01400 L'Abergement-Clémenciat", ("19 route du Lac", "01400", "L'Abergement-Clémenciat")),
        ("3 Place aux Herbes, 30700 Uzès, France", ("3 Place aux Herbes", "30700", "Uzès")),
        ("12 rue de la Paix", ("12 rue de la Paix", "", "")),
        ("MJC de Kerfeunteun<br />4, rue Teilhard", ("MJC de Kerfeunteun, 4, rue Teilhard", "", "")),
        ("44000 Nantes", ("", "44000", "Nantes")),
        ("30 rue Servient, 69423 Lyon Cedex 3", ("30 rue Servient", "69423", "Lyon")),
        ("2 rue A\n44041 NANTES CEDEX 1, France", ("2 rue A", "44041", "NANTES")),
    ],
)
def test_addresses_are_cut_from_their_town(text: str, parts: tuple[str, str, str]) -> None:
    assert postal.split(text) == parts


def test_one_address_is_compared_the_same_however_it_is_written() -> None:
    writings = ("12 bis, av. du Gal de Gaulle", "12 BIS AVENUE DU GÉNÉRAL DE GAULLE", "12bis avenue Général-de-Gaulle")
    assert len({postal.match_address(text) for text in writings[:2]}) == 1
    assert postal.match_address("12 rue X") != postal.match_address("14 rue X")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1000", "01000"),
        ("44000.0", "44000"),
        ("F-44 000", "44000"),
        ("75012", "75012"),
        ("0", ""),
        ("750121", ""),
        ("97400", "97400"),
    ],
)
def test_postcodes_get_their_zero_back(text: str, code: str) -> None:
    assert postcode.normalise(text) == code


@pytest.mark.parametrize(
    ("text", "code"), [("1053", "01053"), ("2a004", "2A004"), ("0", ""), ("44109", "44109"), ("13055SR02", "")]
)
def test_insee_codes(text: str, code: str) -> None:
    assert postcode.insee(text) == code


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("12", 12),
        ("environ 20 places", 20),
        ("10 à 15", 10),
        ("1 200", 1200),
        ("12.0", 12),
        ("0", None),
        ("-5", None),
        ("beaucoup", None),
    ],
)
def test_counts(text: str, count: int | None) -> None:
    assert capacity.normalise(text) == count


@pytest.mark.parametrize(
    ("text", "unit", "cents"),
    [
        ("5", "half_day", 500),
        ("5,50 €", "half_day", 550),
        ("5€50", "half_day", 550),
        ("10 € la journée", "half_day", 500),
        ("10", "day", 500),
        ("2.5 €/h", "day", 1000),
        ("8 €/demi-journée", "day", 800),
        ("gratuit", "", 0),
        ("sur devis", "", None),
        ("150 € par mois", "", None),
        ("", "", None),
    ],
)
def test_tariffs_become_cents_per_half_day(text: str, unit: str, cents: int | None) -> None:
    assert price.half_day_of(price.tariffs(text), unit) == cents


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0240123456", "02 40 12 34 56"),
        ("+33 2 40 12 34 56", "02 40 12 34 56"),
        ("+33 (0)2.40.12.34.56", "02 40 12 34 56"),
        ("240123456", "02 40 12 34 56"),
        ("06 12 34 56 78 / 02 40 12 34 56", "02 40 12 34 56"),
        ("06 12 34 56 78", None),
        ("+33612345678", None),
        ("+262 692 12 34 56", None),
        ("+262 2 62 51 79 93", "02 62 51 79 93"),
        ("+687445728", "+687 445728"),
        ("+41 22 700 00 00", "+41 227000000"),
        ("+41 79 123 45 67", None),
        ("+687 75 12 34", None),
        ("0000000000", None),
        ("30 13", "30 13"),
        ("non communiqué", None),
    ],
)
def test_mobiles_are_never_kept(text: str, expected: str | None) -> None:
    assert phone.normalise(text) == expected


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("www.adrie.fr", "https://www.adrie.fr"),
        ("http://a.fr/x?y=1", "http://a.fr/x?y=1"),
        ("oui", None),
        ("0", None),
        ("contact@example.org", None),
        ("pas une url !", None),
        ("javascript:alert(1).fr", None),
        ("http://[bad.fr", None),
    ],
)
def test_web_addresses(text: str, address: str | None) -> None:
    assert url.normalise(text) == address


def test_dates() -> None:
    assert calendar_date.normalise("19/06/2023") == calendar_date.normalise("2023-06-19 10:00:00") == date(2023, 6, 19)
    assert calendar_date.normalise("31/02/2023") is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Oui", "yes"),
        ("wlan", "yes"),
        ("X", "yes"),
        ("Accès WIFI", "yes"),
        ("2", "yes"),
        ("non", "no"),
        ("0", "no"),
        ("", None),
        ("à voir", None),
        ("limited", None),
    ],
)
def test_an_amenity_is_yes_no_or_unknown(cell: str, expected: str | None) -> None:
    assert amenities.answer(cell) == expected


def test_free_text_names_amenities_and_their_absence() -> None:
    assert amenities.parse("Accès WIFI\n Impression de documents, pas de parking; visio") == {
        "wifi": "yes",
        "printer": "yes",
        "parking": "no",
        "video": "yes",
    }
    assert amenities.parse("") == {}


@pytest.mark.parametrize(
    ("lon", "lat", "read"),
    [
        ("-1.5536", "47.2184", (-1.5536, 47.2184, None)),
        ("-1,5536", "47,2184", (-1.5536, 47.2184, None)),
        ("47.2184", "-1.5536", (-1.5536, 47.2184, coordinates.Fault.SWAPPED)),
        ("-5.68E-4", "44.602909", (-0.000568, 44.602909, None)),
        ("55.45", "-20.88", (55.45, -20.88, None)),
        ("166.468", "-22.233", (166.468, -22.233, None)),
        ("", "47.2184, -1.5536", (-1.5536, 47.2184, None)),
        ("0", "0", (None, None, None)),
        ("", "", (None, None, None)),
        ("500", "47", (None, None, coordinates.Fault.OUT_OF_RANGE)),
        ("abc", "47.2", (None, None, coordinates.Fault.OUT_OF_RANGE)),
        ("13.4", "52.5", (None, None, coordinates.Fault.OUTSIDE_FRANCE)),
        ("350000", "6690000", (None, None, coordinates.Fault.OUT_OF_RANGE)),
    ],
)
def test_coordinates(lon: str, lat: str, read: tuple[float | None, float | None, str | None]) -> None:
    position = coordinates.normalise(lon, lat)
    assert (position.lon, position.lat, position.fault) == read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Espace de coworking", PlaceKind.COWORKING),
        ("FabLab MIT", PlaceKind.FABLAB),
        ("Médiathèque", PlaceKind.LIBRARY),
        ("Maison de quartier", PlaceKind.PUBLIC_BODY),
        ("ASSO", PlaceKind.ASSOCIATION),
        ("france_services", PlaceKind.FRANCE_SERVICES),
        ("MUNI", PlaceKind.MAIRIE),
        ("???", None),
    ],
)
def test_kinds_of_place(text: str, expected: PlaceKind | None) -> None:
    assert kind.place_kind(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Salle du conseil", SpaceKind.MEETING_ROOM),
        ("Salle des fêtes", SpaceKind.EVENT_ROOM),
        ("Open space", SpaceKind.OPEN_SPACE),
        ("Bureau 2", SpaceKind.PRIVATE_OFFICE),
        ("Poste informatique", SpaceKind.DESK),
        ("Salle bleue", SpaceKind.MEETING_ROOM),
    ],
)
def test_kinds_of_space(text: str, expected: SpaceKind | None) -> None:
    assert kind.space_kind(text) == expected


def test_what_speaks_of_a_person_is_dropped_or_redacted() -> None:
    cells = {
        "nom": "La Cale",
        "Contact : nom": "Camille Exemple",
        "note": "écrire à camille@example.org ou 06 12 34 56 78",
        "lat": "47.0612345678",
        "siret": "06123456789012",
    }
    personal = [column for column in cells if privacy.is_personal_column(column)]
    scrubbed = privacy.scrub(cells, personal)
    assert "Contact : nom" not in scrubbed
    assert scrubbed["note"] == "écrire à […] ou […]"
    assert (scrubbed["lat"], scrubbed["siret"]) == ("47.0612345678", "06123456789012")


@pytest.mark.parametrize(
    "number",
    ["06 12 34 56 78", "+33 6 12 34 56 78", "+590 690 12 34 56", "+262 692 12 34 56", "+596 696 12 34 56",
     "+594 694 12 34 56", "+262 (0)692 12 34 56", "00262 693123456", "0690 12 34 56", "0692.12.34.56", "0696123456"],
)  # fmt: skip
def test_mobiles_are_redacted_overseas_too(number: str) -> None:
    assert privacy.scrub({"note": f"tél. {number} le matin"}, ()) == {"note": "tél. […] le matin"}


@pytest.mark.parametrize(
    "text", ["+262 262 51 79 93", "02 40 12 34 56", "0590 41 22 33", "46.0692123456", "069212345678"]
)
def test_other_numbers_stay(text: str) -> None:
    assert privacy.scrub({"note": text}, ()) == {"note": text}


def test_bis_and_b_are_the_same_house() -> None:
    assert postal.match_address("15 bis, rue de Strasbourg") == postal.match_address("15 B RUE DE STRASBOURG")


@pytest.mark.parametrize(
    "column",
    ["MAIL", "E-mail", "Courriel", "Mobile", "Prénom du référent", "Nom du contact", "CONTACT"],
)
def test_personal_columns(column: str) -> None:
    assert privacy.is_personal_column(column)


@pytest.mark.parametrize("column", ["nom", "telephone", "contact:housenumber", "nbre_postes_portables", "Mairie"])
def test_columns_about_the_place(column: str) -> None:
    assert not privacy.is_personal_column(column)
