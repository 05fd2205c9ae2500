"""Names, addresses, codes and communes: the values of real lists that taught the normalisers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.reference.toponyms import fold
from ingest.normalise import name, siret
from ingest.normalise.location import address as postal
from ingest.normalise.location import commune, postcode
from ingest.normalise.location.address import Address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CCAS DE SAINT-JEAN-DE-LUZ", "CCAS de Saint-Jean-de-Luz"),
        ("MJC CENTRE SOCIAL", "MJC Centre Social"),
        ("GARE SNCF DE NANTES", "Gare SNCF de Nantes"),
        ("EPN DE L'ÎLE D'YEU", "EPN de l'Île d'Yeu"),
        ("SARL LE COMPTOIR", "SARL Le Comptoir"),
        ("MCDONALD'S", "McDonald's"),
        ("AUJOURD'HUI DEMAIN", "Aujourd'hui Demain"),
        ("CONSEIL DE PRUD'HOMMES", "Conseil de Prud'hommes"),
        ("LA PRESQU'ÎLE", "La Presqu'île"),
        ("O'BRIEN PUB", "O'Brien Pub"),
        ("PLACE CHARLES X", "Place Charles X"),
        ("BIBLIOTHÈQUE JEAN XXIII", "Bibliothèque Jean XXIII"),
        ("MACON CENTRE", "Macon Centre"),
        ("BIBLIOTHEQUE DE LYS-LEZ-LANNOY", "Bibliotheque de Lys-lez-Lannoy"),
        ("HÔTEL DU LEZ", "Hôtel du Lez"),
        ("HÔTEL CAMPANILE LES ULIS", "Hôtel Campanile les Ulis"),
        ("HOTEL IBIS BUDGET LA ROCHELLE", "Hotel Ibis Budget la Rochelle"),
        ("LE CHEF ET SA TABLE", "Le Chef et Sa Table"),
        ("B&B HOTEL MEAUX NANTEUIL-LÈS-MEAUX", "B&B Hotel Meaux Nanteuil-lès-Meaux"),
        ("GREEN PARK HOTEL SAS", "Green Park Hotel SAS"),
    ],
)
def test_shouted_names(text: str, expected: str) -> None:
    assert name.clean(text) == expected


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("SARL La Cale", "La Cale"),
        ("La Cale SAS", "La Cale"),
        ("La Cale (association loi 1901)", "La Cale"),
        ("La Cale - Association à but non lucratif loi de 1901", "La Cale"),
        ("SCIC La Cale", "la cale"),
    ],
)
def test_legal_forms_do_not_tell_places_apart(text: str, same_as: str) -> None:
    assert name.match_name(text, "coworking") == name.match_name(same_as, "coworking")


@pytest.mark.parametrize("text", ["SAS", "Association Les Amis", "La Sasserie", "Sarlat"])
def test_what_only_looks_like_a_legal_form_stays(text: str) -> None:
    assert name.match_name(text, "other") == fold(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("22 Av. Charles de Gaulle", Address("22 avenue Charles de Gaulle", number="22")),
        ("12 bis, rue du Grand Passage", Address("12 bis, rue du Grand Passage", number="12bis")),
        ("5-9 Rue des Papetiers", Address("5-9 Rue des Papetiers", number="5", number_to="9")),
        ("181 - 183 rue du Chevaleret -", Address("181-183 rue du Chevaleret", number="181", number_to="183")),
        ("Bd de la Liberté", Address("Boulevard de la Liberté")),
        ("CH de Lens", Address("CH de Lens")),
        ("MJC de Kerfeunteun<br />4, rue Teilhard", Address("4, rue Teilhard", "MJC de Kerfeunteun", number="4")),
        ("36 Rue des Bellangeres Bâtiment 22", Address("36 Rue des Bellangeres", "Bâtiment 22", number="36")),
        ("21 Boulevard Albin Batigne", Address("21 Boulevard Albin Batigne", number="21")),
        ("24 résidence de l'Aiguille Creuse", Address("24 résidence de l'Aiguille Creuse", number="24")),
        ("Cours Victor Hugo - Bât. le Planet", Address("Cours Victor Hugo", "Bât. le Planet")),
        ("Zone Artisanale de Penprat - Rue de la bibliothèque",
         Address("Rue de la bibliothèque", "Zone Artisanale de Penprat")),
        ("ZI de Chassereau - Rue Pasteur", Address("Rue Pasteur", "ZI de Chassereau")),
        ("Route de Salm, 724", Address("724 Route de Salm", number="724")),
        ("27 avenue Gaston Febus - Mairie BP24", Address("27 avenue Gaston Febus", "Mairie", number="27")),
        ("12 rue X, BP 30025, 44041 NANTES CEDEX 1", Address("12 rue X", "", "44041", "NANTES", "12")),
        ("3 rue A, 2ème étage", Address("3 rue A", "2ème étage", number="3")),
        ("c/o La Poste, 3 rue A", Address("3 rue A", "c/o La Poste", number="3")),
        ("Folie L5 - Parc de la Villette - 211 avenue Jean-Jaurès",
         Address("211 avenue Jean-Jaurès", "Folie L5, Parc de la Villette", number="211")),
        ("10 rue des Azalées - Neuilly-sur-Eure", Address("10 rue des Azalées", "Neuilly-sur-Eure", number="10")),
        ("Le Bourg", Address("Le Bourg")),
        ("", Address("")),
    ],
)  # fmt: skip
def test_parts_of_an_address(text: str, read: Address) -> None:
    assert postal.parts(text) == read


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("75 001", "75001"),
        ("F-75001", "75001"),
        ("FR-75001", "75001"),
        ("75001.0", "75001"),
        ("1000,0", "01000"),
        ("69423 CEDEX 03", "69423"),
        ("750121", ""),
        ("99000", ""),
        ("٧٥٠٠١", ""),
    ],
)
def test_postcodes(text: str, code: str) -> None:
    assert postcode.normalise(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("1033", "01033"), ("1033.0", "01033"), ("2A 004", "2A004"), ("97411", "97411"), ("00001", ""), ("2C004", "")],
)
def test_insee_codes(text: str, code: str) -> None:
    assert postcode.insee(text) == code


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("St-Denis", commune.Town("Saint-Denis")),
        ("STE ANNE CEDEX 2", commune.Town("Sainte Anne")),
        ("Saint Sulpice le Dunois", commune.Town("Saint Sulpice le Dunois")),
        ("Chalon s/ Saône", commune.Town("Chalon sur Saône")),
        ("PARIS 10E ARRONDISSEMENT", commune.Town("Paris 10e")),
        ("Paris 1er", commune.Town("Paris 1er")),
        ("Lyon 3ème", commune.Town("Lyon 3e")),
        ("MARSEILLE 02", commune.Town("Marseille 2e")),
        ("Lyon 12", commune.Town("Lyon 12")),
        ("Bénévent-l'Abbaye (23)", commune.Town("Bénévent-l'Abbaye", departement="23")),
        ("Valence (Drôme)", commune.Town("Valence", departement="Drôme")),
        ("44000 NANTES", commune.Town("Nantes", postcode="44000")),
        ("LYON CEDEX 03", commune.Town("LYON")),
        ("Brest", commune.Town("Brest")),
        ("L'Haÿ-les-Roses, France", commune.Town("L'Haÿ-les-Roses")),
        ("Test-Milon", commune.Town("Test-Milon")),
    ],
)
def test_names_of_communes(text: str, town: commune.Town) -> None:
    assert commune.read(text) == town


# The head office of La Poste passes Luhn's check; its other establishments need not.
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("73282932000074", "73282932000074"),
        ("732 829 320 00074", "73282932000074"),
        ("732.829.320.00074", "73282932000074"),
        ("73282932000074.0", "73282932000074"),
        ("35600000000048", "35600000000048"),
        ("35600000049837", "35600000049837"),
        ("5480119500010", None),
        ("73282932000075", None),
        ("732829320", None),
        ("3.5E+13", None),
        ("3,56E+13", None),
        ("00000000000000", None),
        ("oui", None),
        ("", None),
    ],
)
def test_siret_numbers(text: str, number: str | None) -> None:
    assert siret.normalise(text) == number


def test_a_siret_gets_its_lost_zero_back() -> None:
    assert siret.is_valid("00542088800017")
    assert siret.normalise("542088800017") == "00542088800017"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_folding_is_idempotent_and_plain(text: str) -> None:
    folded = fold(text)
    assert folded == fold(folded)
    assert folded.isascii()
    assert folded == " ".join(folded.split())
    assert all(character.isalnum() or character == " " for character in folded)


@given(st.text(max_size=60))
def test_any_text_is_read_without_failing(text: str) -> None:
    cleaned = name.clean(text)
    assert len(cleaned) <= name.MAX_LENGTH
    assert cleaned.isprintable()
    parts = postal.parts(text)
    assert parts.number == "" or parts.street[:1].isdigit()
    assert len(commune.read(text).postcode) in {0, 5}
