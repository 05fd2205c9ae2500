"""Declared mappings answer to the lists that ship; any other list is read by its headers."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from geo.errors import InvalidInput
from geo.types import Amenity, PlaceKind
from ingest.mapping.declared import load_all, parse, recognise
from ingest.mapping.model import Mapping
from ingest.mapping.suggest import apply_corrections, suggest
from ingest.readers.common.raw_list import RawTable
from ingest.readers.open import read
from ingest.rows.list_parser import find_mapping

DATA = Path(__file__).resolve().parents[3] / "data" / "lists"
EXTRACTS = Path(__file__).resolve().parents[2] / "data" / "lists"


def table(*columns: str, rows: list[list[str]] | None = None) -> RawTable:
    cells = [dict(zip(columns, row, strict=True)) for row in rows or [["1"] * len(columns)]]
    return RawTable(columns, cells, list(range(2, len(cells) + 2)), "liste.csv")


@pytest.mark.parametrize("name", ["mairies", "cget_2019", "libraries", "hotels", "france_services"])
def test_a_shipped_list_is_recognised_by_its_columns(name: str) -> None:
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8") as stream:
        header = next(csv.reader(stream, delimiter=";" if name == "hotels" else ","))
    mapping = recognise(header, load_all())
    assert mapping is not None
    assert mapping.source == name
    used = {column for column in mapping.meaning() if column not in mapping.personal}
    assert used <= set(header)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("cofee_france", "osm_cafes"),
        ("coworking_france", "osm_coworkings"),
        ("libraries_france", "osm_libraries"),
        ("pariswifi_sites", "paris_wifi"),
    ],
)
def test_lists_that_share_their_columns_keep_their_own_name(name: str, source: str) -> None:
    assert find_mapping(read(DATA / "osm_cities" / f"{name}.geojson.gz")).source == source


def test_every_mapping_says_its_licence_and_date() -> None:
    for mapping in load_all():
        assert mapping.licence
        assert mapping.title
        assert mapping.checked_on or "checked_on" in mapping.fields  # a format has no date of its own, its rows do
        assert mapping.fields["name"]


def test_a_mapping_with_a_misspelt_key_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown keys"):
        parse('source = "x"\ntitle = "x"\nlicence = "x"\nrecognise = []\n[fields]\nnmae = "a"', "x.toml")


def test_the_digest_changes_with_the_meaning_only() -> None:
    text = 'source = "x"\ntitle = "{0}"\nlicence = "x"\nrecognise = ["a"]\n[fields]\nname = "{1}"'
    first, retitled, other = (parse(text.format(*values), "x") for values in (("t", "a"), ("u", "a"), ("t", "b")))
    assert first.digest() == retitled.digest()
    assert first.digest() != other.digest()


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Nom du lieu", "name"),
        ("Raison sociale", "name"),
        ("Adresse postale", "address"),
        ("Code Postal", "postcode"),
        ("VILLE", "commune"),
        ("Code INSEE", "insee"),
        ("Horaires d'ouverture", "hours"),
        ("Nombre de places", "seats"),
        ("Nom de la salle", "space_name"),
        ("Tarif demi-journée", "price_half_day"),
        ("Tarif adhérent à la journée", "member_price_day"),
        ("Téléphone", "phone"),
        ("Site internet", "website"),
        ("Équipements", "amenities"),
        ("City", "commune"),
        ("Opening hours", "hours"),
        ("Seats", "seats"),
    ],
)
def test_headers_in_both_languages_are_understood(header: str, field: str) -> None:
    assert suggest(table("zzz", header)).meaning()[header] == field


def test_day_columns_and_amenity_columns_are_understood() -> None:
    days = ("Horaires lundi", "Horaires mardi", "Horaires mercredi", "Horaires jeudi", "Horaires vendredi")
    mapping = suggest(table("Nom", *days, "Wifi", rows=[["A", *["9h-12h"] * 5, "oui"]]))
    assert mapping.hours is not None
    assert mapping.hours.style == "days"
    assert mapping.hours.columns[:5] == days
    assert Amenity.WIFI in mapping.amenities


def test_a_column_of_pairs_is_a_position() -> None:
    mapping = suggest(table("nom", "localisation", rows=[["A", "47.2184, -1.5536"], ["B", "48.1, -1.67"]]))
    assert mapping.meaning()["localisation"] in {"lat", "lon"}
    assert {"lat", "lon"} <= set(mapping.fields)


def test_an_id_is_the_key_only_when_every_row_has_its_own() -> None:
    assert suggest(table("id", "nom", rows=[["1", "A"], ["2", "B"]])).source_key == (("id",),)
    assert suggest(table("id", "nom", rows=[["1", "A"], ["1", "B"]])).source_key == ()


@pytest.mark.parametrize("column", ["Code postal", "Code_departement", "Code APE"])
def test_a_code_of_an_area_is_no_key_though_each_row_of_a_short_list_has_its_own(column: str) -> None:
    assert suggest(table(column, "nom", rows=[["44000", "A"], ["35000", "B"]])).source_key == ()


def test_an_identifier_named_in_words_is_the_key_before_codes() -> None:
    columns = ("Code_commune", "Identifiant_de_l_etablissement", "nom")
    listing = suggest(table(*columns, rows=[["44109", "0440001A", "A"], ["35238", "0350002B", "B"]]))
    assert listing.source_key == (("Identifiant_de_l_etablissement",),)


def test_the_name_of_the_file_tells_the_kind_when_rows_do_not() -> None:
    mapping = suggest(read(EXTRACTS / "map_bzh_fablab.geojson"))
    assert mapping.kind.default == PlaceKind.FABLAB


def test_what_a_person_says_of_a_column_wins() -> None:
    listing = table("Intitulé long", "nom", "Ville", "cx")
    mapping = apply_corrections(suggest(listing), listing, {"intitule long": "name", "cx": "wifi", "nom": "ignore"})
    assert mapping.fields["name"] == (("Intitulé long",),)
    assert mapping.amenities[Amenity.WIFI] == (("cx",),)
    assert "nom" not in mapping.meaning()


@pytest.mark.parametrize("corrections", [{"absente": "name"}, {"nom": "nmae"}])
def test_an_unknown_column_or_field_lists_the_choices(corrections: dict[str, str]) -> None:
    listing = table("nom", "ville")
    with pytest.raises(InvalidInput, match="choose one of"):
        apply_corrections(suggest(listing), listing, corrections)


def excluded(mapping: Mapping, row: dict[str, str]) -> bool:
    return any(rule.excludes(row.get(rule.column, "")) for rule in mapping.out_of_scope)


def declared(source: str) -> Mapping:
    return next(mapping for mapping in load_all() if mapping.source == source)


def test_out_of_scope_rows_of_the_libraries_are_counted() -> None:
    found = read(DATA / "libraries.csv.gz")
    mapping = find_mapping(found)
    out = [row for row in found.rows if excluded(mapping, row)]
    types = Counter(row["type_adresse"] for row in out)
    assert (types["Bibliobus"], types["Lieu uniquement administratif"]) == (29, 190)
    assert types["Bibliothèque départementale"] == 155, "lending services, not reading rooms"
    assert types["Bâtiment ouvert"] == 104, "open by their type, closed or on wheels by their name"


@pytest.mark.parametrize(
    ("source", "column", "out", "in_scope"),
    [
        (
            "libraries",
            "nom_de_l_etablissement",
            ["Bibliothèque d'Auverse INACTIF", "Bibliothèque de Lunay (fermé)", "Bibliothèque de Ollé - Fermée",
             "Prêt aux collectivités - Bibliobus", "Les Méjanes - Médiabus", "Dépôt de Séniergues", "Depot de Folles",
             "Dépôt lecture du Bleymard", "Réserve Centrale", "Ludothèque intercommunale et itinérante"],
            ["Médiathèque Ferme-Modèle", "Médiathèque de La Ferme Corsange", "Bibliothèque Le Voyage Immobile"],
        ),
        (
            "cget_2019",
            "NOM_TL",
            ["L'atelier du 9 (Actuellement fermé)", "Ebus (itinérant)", "Fablab Mobile"],
            ["La Ferme de Chassagne", "La Réserve", "Bureau-Mobile.fr"],
        ),
        (
            "france_services",
            "lib_fs",
            ["France services Cèze Cévennes - Antenne itinérante (bus)", "France services Ebreuil - Antenne itinérante",
             "France services itinérante Hérault Méditerranée - Pinet"],
            ["France services Espace Numérique Mobile de Normandie - Antenne de Lillebonne"],
        ),
        (
            "paris_wifi",
            "nom_site",
            ["LES CATACOMBES DE PARIS", "MUSEE DES EGOUTS", "COULEE VERTE - BASTILLE", "ESPACE GLISSE DES FILLETTES",
             "CRYPTE", "CS JACQUELINE AURIOL", "HOTEL DE VILLE PARVIS SEINE"],
            ["MUSEE BALZAC", "ESPACE REUILLY", "MAIRIE DU CENTRE"],
        ),
        ("osm_cities", "closed:description", ["fermé pour travaux jusqu'en 2030"], ["", "-"]),
    ],
)  # fmt: skip
def test_names_tell_what_is_closed_on_wheels_or_no_room(
    source: str, column: str, out: list[str], in_scope: list[str]
) -> None:
    mapping = declared(source)
    assert [text for text in out if not excluded(mapping, {column: text})] == []
    assert [text for text in in_scope if excluded(mapping, {column: text})] == []


def test_who_runs_a_cafe_is_not_kept_and_names_nothing() -> None:
    mapping = declared("osm_cities")
    assert "operator" in mapping.personal
    assert "operator" not in mapping.meaning()


def test_only_hotels_of_the_classified_accommodation_are_in_scope() -> None:
    found = read(DATA / "hotels.csv.gz")
    (rule,) = find_mapping(found).out_of_scope
    assert sum(not rule.excludes(row["TYPOLOGIE ÉTABLISSEMENT"]) for row in found.rows) == 13_239


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (("nom", "adresse"), "nom"),  # a list of post offices: every row is "La Poste"
        (("nom", "intitulé", "adresse"), "intitulé"),  # the network, then each office
    ],
)
def test_repeated_names_are_names_when_no_other_column_holds_them(header: tuple[str, ...], column: str) -> None:
    rows = [
        {"nom": "La Poste", "intitulé": f"Bureau du bourg {i}", "adresse": f"{i} rue Crébillon"} for i in range(1, 40)
    ]
    cells = [{name: row[name] for name in header} for row in rows]
    table = RawTable(header, cells, list(range(2, 41)), "postes.csv")
    assert suggest(table).fields["name"] == ((column,),)
