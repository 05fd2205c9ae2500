"""Where rows end up: coordinates, addresses, communes, postcodes; with a score, and what was put right."""

from pathlib import Path
from typing import Any

import pytest

from geo.geocoder.ban_index_builder import build
from geo.geocoder.geocoder import Geocoder
from geo.reference.communes import Areas
from geo.spatial.distance import haversine_m
from geo.types import Precision
from ingest.mapping.declared import load_all
from ingest.mapping.model import Mapping
from ingest.mapping.suggest import suggest
from ingest.readers.common.raw_list import RawTable
from ingest.readers.open import read
from ingest.rows.diagnostics import Note
from ingest.rows.list_parser import find_mapping
from ingest.rows.locate import GIVEN_SCORE, Finder, locate
from ingest.rows.record import Record
from ingest.rows.row_parser import Choices, ParseOptions, parse_rows

BONDY = Path(__file__).resolve().parents[2] / "data/ban/bondy.csv.gz"
COLUMNS = ("name", "address", "postcode", "commune", "insee", "lat", "lon")
MAPPING_TEXT = "nom,adresse,code postal,commune,code insee,latitude,longitude\nA,1 rue A,44000,Nantes,44109,47.2,-1.5\n"


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return suggest(read(MAPPING_TEXT.encode(), "liste.csv"))


@pytest.fixture(scope="module")
def index(areas: Areas, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("addresses")
    build([BONDY], folder, areas)
    return folder


@pytest.fixture(scope="module")
def finder(areas: Areas, index: Path) -> Finder:
    return Finder(areas, Geocoder(areas, index))


def placed(finder: Finder, mapping: Mapping, **said: Any) -> Record:
    """One row on its way: what it says, located."""
    at = {"latitude": said.pop("lat", ""), "longitude": said.pop("lon", "")}
    record = Record(1, 2, at, name="Le Lab", **said)
    locate([record], mapping, finder)
    return record


def notes(record: Record) -> list[tuple[str, str]]:
    return [(remark.note, remark.value) for remark in record.remarks]


class TestByAddress:
    def test_a_house_of_the_index(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, address="12 rue Édouard Vaillant", postcode="93140", commune="BONDY")
        assert (found.precision, found.score, found.expected_m) == (Precision.EXACT, 1.0, 0.0)
        assert (found.insee, found.commune, found.time_zone) == ("93010", "Bondy", "Europe/Paris")
        assert found.lon is not None
        assert found.lat is not None
        assert haversine_m(found.lon, found.lat, 2.478583, 48.896294) < 5
        assert notes(found) == []

    def test_a_street_without_number(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, address="rue de Meaux", commune="Bondy", postcode="93140")
        assert (found.precision, found.score, found.expected_m) == (Precision.STREET, 0.65, 0.0)

    def test_an_unknown_street_gives_the_centre_of_the_commune(
        self, finder: Finder, mapping: Mapping, areas: Areas
    ) -> None:
        found = placed(finder, mapping, address="12 rue Imaginaire", commune="Bondy", postcode="93140")
        bondy = areas.commune("93010")
        assert bondy is not None
        assert (found.precision, found.score) == (Precision.COMMUNE, 0.3)
        assert (found.lon, found.lat, found.expected_m) == (bondy.lon, bondy.lat, pytest.approx(bondy.expected_m))

    def test_coordinates_far_from_the_commune_give_way_to_the_address(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, address="12 rue Edouard Vaillant", insee="93010", lat="47.2184", lon="-1.5536")
        assert (found.precision, found.insee) == (Precision.EXACT, "93010")
        assert notes(found) == [(Note.COORDINATES_FAR, "47.2184, -1.5536 (354 km)")]

    def test_coordinates_that_are_none_give_way_to_the_address(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, address="12 rue Edouard Vaillant", insee="93010", lat="500", lon="x")
        assert (found.precision, notes(found)) == (Precision.EXACT, [(Note.COORDINATES_IGNORED, "500, x")])

    def test_a_house_of_another_commune_of_the_postcode_is_said(
        self, areas: Areas, mapping: Mapping, tmp_path: Path
    ) -> None:
        rows = (
            "numero;rep;nom_voie;code_postal;code_insee;lon;lat\n"
            "8;;Rue du Bac;44115;44009;-1.4870;47.1960\n5;;Rue de la Loire;44115;44071;-1.4760;47.1850\n"
        )
        (tmp_path / "a.csv").write_text(rows)
        build([tmp_path / "a.csv"], tmp_path / "index", areas)
        finder = Finder(areas, Geocoder(areas, tmp_path / "index"))
        found = placed(finder, mapping, address="8 rue du Bac", postcode="44115", commune="Haute-Goulaine")
        assert (found.insee, found.commune, found.precision) == ("44009", "Basse-Goulaine", Precision.EXACT)
        assert found.score == pytest.approx(0.85)
        assert notes(found) == [(Note.COMMUNE_BY_ADDRESS, "8 rue du Bac, Haute-Goulaine")]

    def test_a_postcode_alone_and_a_house(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, address="12 rue Edouard Vaillant", postcode="93140", commune="Atlantide")
        assert (found.insee, found.precision) == ("93010", Precision.EXACT)
        assert [note for note, _ in notes(found)] == [Note.COMMUNE_BY_POSTCODE]

    def test_without_an_index_the_shipped_streets(self, areas: Areas, mapping: Mapping) -> None:
        found = placed(Finder(areas), mapping, address="Esplanade Claude Fuzier", commune="Bondy", postcode="93140")
        assert (found.precision, found.score) == (Precision.STREET, 0.585)


class TestGiven:
    def test_inside_the_commune(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, address="12 rue X", commune="Nantes", lat="47.2184", lon="-1.5536")
        assert (found.lon, found.precision, found.score) == (-1.5536, Precision.EXACT, 1.0)

    def test_without_a_commune_to_compare_with(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, lat="47.2184", lon="-1.5536")
        assert (found.insee, found.score) == ("44109", 0.8)

    def test_just_across_the_border_of_the_commune_named(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, commune="Nantes", lat="47.1900", lon="-1.5500")
        assert (found.insee, found.score, notes(found)) == ("44143", 0.8, [])

    @pytest.mark.parametrize(
        ("said", "lat", "lon", "away"),
        [
            ({"insee": "44109"}, "47.1900", "-1.5500", "522 m"),
            ({"insee": "44109"}, "48.8566", "2.3522", "343 km"),
            ({"commune": "Nantes"}, "48.8566", "2.3522", "343 km"),
        ],
    )
    def test_too_far_from_it_the_distance_is_told(
        self, finder: Finder, mapping: Mapping, said: dict[str, str], lat: str, lon: str, away: str
    ) -> None:
        found = placed(finder, mapping, lat=lat, lon=lon, **said)
        assert (found.insee, found.precision) == ("44109", Precision.COMMUNE)
        assert notes(found) == [(Note.COORDINATES_FAR, f"{lat}, {lon} ({away})")]

    def test_the_lists_own_score_is_the_score(self, areas: Areas) -> None:
        table = read(Path(__file__).resolve().parents[3] / "data/lists/cget_2019.csv.gz")
        mapping = next(one for one in load_all() if one.source == "cget_2019")
        records = [one.record for one in parse_rows(table, ParseOptions(mapping, Choices()), Finder(areas))]
        located = [record for record in records if record.rejection is None]
        assert all(record.score is not None and 0.0 <= record.score <= 1.0 for record in located)
        (first,) = [record for record in located if record.raw["ID"] == "1"]
        assert first.score == 0.94


class TestTerritories:
    def test_a_town_without_outlines(self, finder: Finder, mapping: Mapping) -> None:
        found = placed(finder, mapping, address="1 rue X", postcode="98800", commune="Nouméa")
        assert (found.precision, found.score, found.time_zone) == (Precision.COMMUNE, 0.2, "Pacific/Noumea")

    def test_a_town_without_outlines_is_never_shown_at_its_centre(self, finder: Finder, mapping: Mapping) -> None:
        town = placed(finder, mapping, address="Îlot Maître", postcode="98800", commune="Nouméa")
        elsewhere = placed(finder, mapping, address="", postcode="98890", commune="Païta")
        assert town.expected_m == pytest.approx(2_551, abs=1)  # 46 km²
        assert elsewhere.expected_m > 50_000  # somewhere in New Caledonia

    def test_a_house_of_an_index_that_has_them(self, areas: Areas, mapping: Mapping, tmp_path: Path) -> None:
        rows = "numero;rep;nom_voie;code_postal;code_insee;lon;lat\n8;;Rue de l'Alma;98800;98818;166.4400;-22.2700\n"
        (tmp_path / "a.csv").write_text(rows)
        build([tmp_path / "a.csv"], tmp_path / "index", areas)
        finder = Finder(areas, Geocoder(areas, tmp_path / "index"))
        found = placed(finder, mapping, address="8 rue de l'Alma", postcode="98800", commune="Nouméa")
        assert (found.lon, found.lat, found.precision) == (166.44, -22.27, Precision.EXACT)
        assert (found.insee, found.time_zone) == ("", "Pacific/Noumea")


def test_a_list_in_our_schema_says_how_sure_its_points_are(areas: Areas) -> None:
    """What was exported comes back: neither the precision nor the score is guessed again."""
    columns = ("id", "nom", "type_lieu", "precision_position", "score_position", "accord_hote", "code_postal",
               "commune", "code_insee", "latitude", "longitude")  # fmt: skip
    rows = [
        ("1", "Le Lab", "coworking", "street", "0.83", "", "44000", "Nantes", "44109", "47.2131", "-1.5600"),
        ("2", "La Cale", "coworking", "exact", "", "", "44000", "Nantes", "44109", "47.2131", "-1.5600"),
        ("3", "Le Quai", "coworking", "exact", "12", "", "44000", "Nantes", "44109", "47.2131", "-1.5600"),
    ]
    table = RawTable(columns, [dict(zip(columns, row, strict=True)) for row in rows], [2, 3, 4], "export.csv")
    told = parse_rows(table, ParseOptions(find_mapping(table), Choices()), Finder(areas))
    assert [(one.record.precision, one.record.score) for one in told] == [
        (Precision.STREET, 0.83), (Precision.EXACT, GIVEN_SCORE), (Precision.EXACT, GIVEN_SCORE)
    ]  # fmt: skip
