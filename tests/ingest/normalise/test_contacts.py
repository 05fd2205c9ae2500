"""Phones, web addresses and e-mails of places; nothing of a person."""

import pytest

from ingest.normalise.contact import email, phone, url


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("04 74 24 03 08", "+33474240308"),
        ("+33 (0)2.40.12.34.56", "+33240123456"),
        ("0033 2 40 12 34 56", "+33240123456"),
        ("02/40/12/34/56", "+33240123456"),
        ("0951145980", "+33951145980"),
        ("0800 123 456", "+33800123456"),
        ("0262 51 79 93", "+262262517993"),
        ("0269 61 12 34", "+262269611234"),
        ("+590 590 41 22 33", "+590590412233"),
        ("0594 30 12 34", "+594594301234"),
        ("0596 70 12 34", "+596596701234"),
        ("+687410320", "+687410320"),
        ("02 40 12 34 56 02 40 12 34 57", "+33240123456"),
        ("06 00 00 00 00 - 02 40 12 34 56", "+33240123456"),
        ("(+33) 2 40 12 34 56", "+33240123456"),
        ("33 2 40 12 34 56", "+33240123456"),
        ("02 40 12 34 56 poste 12", "+33240123456"),
        ("Tél. 02 40 12 34 56 (secrétariat)", "+33240123456"),
        ("+687", None),
        ("3949", None),
        ("06 00 00 00 00", None),
        ("0692 00 00 00", None),
        ("07 66 00 00 00", None),
        ("", None),
    ],
)
def test_numbers_as_the_world_dials_them(text: str, number: str | None) -> None:
    assert phone.to_e164(phone.normalise(text) or "") == number


def test_a_short_number_is_shown_but_makes_no_two_places_alike() -> None:
    assert phone.normalise("3949") == "39 49"
    assert phone.to_e164("39 49") is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://fr-fr.facebook.com/BM.Angers/", "https://fr-fr.facebook.com/BM.Angers/"),
        ("https://www.facebook.com/CentreInfoJeunesse/?ref=embed_page",
         "https://www.facebook.com/CentreInfoJeunesse/?ref=embed_page"),
        ("https://www.facebook.com/groups/844095157244275/?mibextid=oMANbw, https://www.facebook.com/x",
         "https://www.facebook.com/groups/844095157244275/"),
        ("https://www.feracci.org/ (refonte en-cours)", "https://www.feracci.org/"),
        ("https://a.fr/?utm_source=gmb&utm_medium=organic", "https://a.fr/"),
        ("https://a.fr/x?id=3&utm_source=gmb#plan", "https://a.fr/x?id=3#plan"),
        ("http//www.a.fr", "https://www.a.fr"),
        ("http:/www.a.fr", "https://www.a.fr"),
        ("http://https://www.a.fr/x", "https://www.a.fr/x"),
        ("WWW.ADRIE.FR", "https://www.adrie.fr"),
        ("www.a.fr ; www.b.fr", "https://www.a.fr"),
        ("contact@a.fr www.a.fr", "https://www.a.fr"),
        ("https://en.wikipedia.org/wiki/A,_B", "https://en.wikipedia.org/wiki/A,_B"),
        ("NEANT", None),
        ("prenom.nom@exemple.fr", None),
        ("http://", None),
        ("1.5", None),
    ],
)  # fmt: skip
def test_web_addresses(text: str, address: str | None) -> None:
    assert url.normalise(text) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Contact@Exemple.fr", "contact@exemple.fr"),
        ("mairie.florac@wanadoo.fr", "mairie.florac@wanadoo.fr"),
        ("mairiedeflorac@orange.fr", "mairiedeflorac@orange.fr"),
        ("ccas@exemple.nc", "ccas@exemple.nc"),
        ("mediatheques@exemple.nc", "mediatheques@exemple.nc"),
        ("associationsecretariat@gmail.com", "associationsecretariat@gmail.com"),
        ("la.cale@la-cale.fr", "la.cale@la-cale.fr"),
        ("camille.exemple@ville.fr ; accueil@ville.fr", "accueil@ville.fr"),
        ("bibliothèque : bibliotheque@ville.fr", "bibliotheque@ville.fr"),
    ],
)
def test_addresses_of_a_function_are_kept(text: str, address: str) -> None:
    assert email.normalise(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "camille.exemple@ville.fr",
        "c.exemple@ville.fr",
        "camille@ville.fr",
        "camille-exemple.mairie@ville.fr",
        "exemple44@gmail.com",
        "camille.exemple@exemple.fr",
        "pas une adresse",
        "@contact",
        "",
    ],
)
def test_addresses_that_may_be_a_persons_are_not(text: str) -> None:
    assert email.normalise(text) is None
