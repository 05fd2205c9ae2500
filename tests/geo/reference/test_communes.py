"""Communes by code, by name as lists write it, and by position."""

import math
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.reference import files
from geo.reference.boundaries import Boundaries
from geo.reference.communes import Areas, clean_postcode
from geo.reference.overseas import TERRITORIES
from geo.reference.toponyms import fold, is_street, number_key, split_number, street_key, without_article
from geo.spatial.distance import haversine_m

DATA = Path(__file__).resolve().parents[3] / "data"


def located(areas: Areas, lon: float, lat: float) -> str:
    return str(areas.locate(np.array([lon]), np.array([lat]))[0])


class TestTheTable:
    def test_france_has_67_million_people(self, areas: Areas) -> None:
        assert sum(c.population for c in areas.communes if c.kind == "COM") == 67_406_310

    def test_there_are_34875_communes_and_45_arrondissements(self, areas: Areas) -> None:
        assert Counter(c.kind for c in areas.communes) == {"COM": 34_875, "ARM": 45}

    @pytest.mark.parametrize(("whole", "parts"), [("75056", 20), ("69123", 9), ("13055", 16)])
    def test_a_whole_city_is_the_sum_of_its_arrondissements(self, areas: Areas, whole: str, parts: int) -> None:
        city = areas.commune(whole)
        own = [c for c in areas.communes if c.parent == whole]
        assert city is not None
        assert len(own) == parts
        assert city.population == sum(c.population for c in own)
        assert city.area_km2 == pytest.approx(sum(c.area_km2 for c in own))
        assert set(city.postcodes) == {p for c in own for p in c.postcodes}
        assert min(haversine_m(city.lon, city.lat, c.lon, c.lat) for c in own) < 3_000

    def test_every_commune_is_complete(self, areas: Areas) -> None:
        for c in areas.communes:
            assert c.name
            assert c.postcodes
            assert all(len(p) == 5 and p.isdigit() for p in c.postcodes)
            assert c.area_km2 > 0
            assert areas.departement_name(c.departement) != c.departement
            assert areas.region_name(c.region) != c.region
            assert not c.epci or areas.epci_name(c.epci) != c.epci
            assert c.density

    def test_the_expected_distance_is_two_thirds_of_the_radius(self, areas: Areas) -> None:
        nantes = areas.commune("44109")
        assert nantes is not None
        assert nantes.expected_m == pytest.approx(2 / 3 * math.sqrt(nantes.area_km2 / math.pi) * 1000)

    def test_names_of_areas(self, areas: Areas) -> None:
        assert areas.departement_name("44") == "Loire-Atlantique"
        assert areas.departement_name("988") == "Nouvelle-Calédonie"
        assert areas.region_name("53") == "Bretagne"
        assert areas.epci_name("244400404") == "Nantes Métropole"
        assert areas.departement_name("zz") == "zz"

    @pytest.mark.parametrize(
        ("text", "code"),
        [("1", "01"), ("2a", "2A"), ("Réunion", "974"), ("cotes d'armor", "22")],
    )
    def test_departements_by_code_or_name(self, areas: Areas, text: str, code: str) -> None:
        assert areas.departement_code(text) == code
        assert areas.departement_code("Westphalie") == ""

    def test_a_former_code_gives_the_commune_it_went_into(self, areas: Areas) -> None:
        assert [areas.commune(c).name for c in ("93059", "49069", "72287")] == [  # type: ignore[union-attr]
            "Saint-Denis",
            "Orée d'Anjou",
            "Laigné-Saint-Gervais",
        ]
        assert areas.commune("99999") is None

    def test_former_communes_carry_the_code_of_today(self, areas: Areas) -> None:
        for c in areas.former:
            now = areas.commune(c.insee)
            assert now is not None
            assert now.insee == c.insee
            assert now.departement == c.departement


class TestNames:
    @pytest.mark.parametrize(
        ("name", "postcode", "insee"),
        [
            ("Nantes", None, "44109"),
            ("NANTES CEDEX 1", "44041", "44109"),
            ("44000 Nantes", None, "44109"),
            ("Nantes", "0", "44109"),
            ("st étienne", None, "42218"),
            ("ST ETIENNE", "42000", "42218"),
            ("Y", None, "80829"),
            ("L'Haÿ-les-Roses", None, "94038"),
            ("L HAY LES ROSES", None, "94038"),
            ("HAY LES ROSES", "94240", "94038"),
            ("L’Haÿ les roses", None, "94038"),
            ("Œuf-en-Ternois", None, "62633"),
            ("OEUF EN TERNOIS", "62130", "62633"),
            ("Bézu-la-Forêt", None, "27066"),
            ("Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson", None, "51513"),
            ("ST REMY EN BOUZEMONT ST GENEST ET ISSON", "51290", "51513"),
            ("Chalon s/ Saône", "71100", "71076"),
            ("Chalon/Saône", "71100", "71076"),
            ("Le Mans", None, "72181"),
            ("MANS (LE)", "72000", "72181"),
            ("L'Abergement-Clémenciat", "1400", "01001"),
            ("saint denis", "97400", "97411"),
            ("Saint-Denis", "93200", "93066"),
            ("Mamoudzou", "97600", "97611"),
            ("Fort de France", "97200", "97209"),
            ("Nante", "44000", "44109"),
            ("Le Pouliguen-les-Bains", "44510", "44135"),
            ("Boisse (La)", "01120", "01049"),
            ("LE POIZAT LALLEYRIAT", "01130", "01204"),
            ("Poizat-Lalleyriat (Le)", "01130", "01204"),
            ("Haÿ-les-Roses (L')", "94240", "94038"),
            ("Saint-Denis (974)", None, "97411"),
            ("Saint-Denis (Réunion)", None, "97411"),
            ("Saint-Denis, Seine-Saint-Denis", None, "93066"),
            ("Marseille (13)", None, "13055"),
            ("Paris (75)", None, "75056"),
            ("Nantes, France", "44000", "44109"),
            ("Ambérieu-en-Bugey, France", "01500", "01004"),
            ("Cherbourg", "50100", "50129"),
            ("Cherbourg-Octeville", "50100", "50129"),
            ("Annecy le Vieux", "74940", "74010"),
            ("Évry", "91000", "91228"),
            ("St Hilaire de Loulay", "85600", "85146"),
            ("Fontenay s/s Bois", "94120", "94033"),
            ("Rosny S/Bois", "93110", "93064"),
            ("Chalons sur Marne", "51000", "51108"),
            ("Clermont-Fd", "63000", "63113"),
            ("L Isle d Abeau", "38080", "38193"),
            ("Villeneuve d'Asq", "59650", "59009"),
            ("Bouzy-la-Forêt", "45460", "45049"),
            ("Ajaccio", "20000", "2A004"),
        ],
    )
    def test_as_lists_write_them(self, areas: Areas, name: str, postcode: str | None, insee: str) -> None:
        commune = areas.find(name, postcode)
        assert commune is not None
        assert commune.insee == insee

    @pytest.mark.parametrize(
        ("name", "postcode", "insee"),
        [
            ("Paris", None, "75056"),
            ("PARIS", "75010", "75110"),
            ("Paris", "75116", "75116"),
            ("Paris 10e Arrondissement", "75010", "75110"),
            ("PARIS 10E ARRONDISSEMENT", None, "75110"),
            ("Paris 1er", None, "75101"),
            ("Marseille 02", None, "13202"),
            ("MARSEILLE 16EME", "13016", "13216"),
            ("Lyon 3ème arrondissement", None, "69383"),
            ("LYON CEDEX 03", "69399", "69123"),
            ("Paris Cedex 15", "75738", "75056"),
        ],
    )
    def test_arrondissements(self, areas: Areas, name: str, postcode: str | None, insee: str) -> None:
        commune = areas.find(name, postcode)
        assert commune is not None
        assert commune.insee == insee

    @pytest.mark.parametrize(
        ("name", "postcode"),
        [
            ("Saint-Denis", None),
            ("Paris 21", None),
            ("Nantes", "49000"),
            ("", None),
            ("Nulle-Part", None),
            ("", "01400"),
        ],
    )
    def test_what_is_not_sure_is_not_found(self, areas: Areas, name: str, postcode: str | None) -> None:
        assert areas.find(name, postcode) is None

    def test_the_departement_decides(self, areas: Areas) -> None:
        communes = [areas.find("Saint-Denis", departement=d) for d in ("974", "La Réunion", "93", "Aude")]
        assert [c.insee if c else "" for c in communes] == ["97411", "97411", "93066", "11339"]

    @pytest.mark.parametrize(
        ("name", "postcode", "departement", "insee"),
        [("Laxou", "54520", "57", "54304"), ("Longwy", "54400", "57", "54323"), ("Lyon", "69505", "69M", "69123")],
    )
    def test_a_wrong_departement_does_not_veto_name_and_postcode(
        self, areas: Areas, name: str, postcode: str, departement: str, insee: str
    ) -> None:
        commune = areas.find(name, postcode, departement)
        assert commune is not None
        assert commune.insee == insee
        assert areas.find("Laxou", departement="57") is None

    @pytest.mark.parametrize(
        ("postcode", "code"),
        [
            ("98848", "988"),
            ("97500", "975"),
            ("97133", "977"),
            ("97150", "978"),
            ("97470", ""),
            ("44000", ""),
            ("", ""),
        ],
    )
    def test_territories_by_postcode(self, areas: Areas, postcode: str, code: str) -> None:
        territory = areas.territory_by_postcode(postcode)
        assert (territory.code if territory else "") == code

    def test_the_exact_name_wins_inside_a_departement(self, areas: Areas) -> None:
        communes = [areas.find(name, departement="17") for name in ("Vergné", "La Vergne")]
        assert [commune.insee if commune else "" for commune in communes] == ["17464", "17465"]

    def test_every_former_commune_is_found_by_its_name_and_postcode(self, areas: Areas) -> None:
        lost = [
            (c.name, postcode)
            for c in areas.former
            for postcode in c.postcodes[:1]
            for name in (c.name, c.name.upper().replace("-", " ").replace("SAINT ", "ST "))
            if (commune := areas.find(name, postcode)) is None or commune.insee != c.insee
        ]
        assert lost == []

    def test_a_former_commune_keeps_its_place_and_takes_the_code_of_today(self, areas: Areas) -> None:
        commune = areas.find("Bellegarde-sur-Valserine", "01200")
        now = areas.commune("01033")
        assert commune is not None
        assert now is not None
        assert (commune.insee, commune.kind, now.name) == ("01033", "COMD", "Valserhône")
        assert commune.area_km2 < now.area_km2
        assert located(areas, commune.lon, commune.lat) == "01033"

    def test_every_commune_is_found_by_its_name_and_any_of_its_postcodes(self, areas: Areas) -> None:
        lost = [
            (c.insee, p)
            for c in list(areas.communes)[::23]
            for p in c.postcodes
            if c.kind == "COM" and c.insee not in {"75056", "69123", "13055"}
            for commune in [areas.find(c.name.upper().replace("SAINT", "ST"), p)]
            if commune is None or commune.insee != c.insee
        ]
        assert not lost

    def test_all_of_a_name_come_with_most_people_first(self, areas: Areas) -> None:
        communes = [c for c in areas.find_all("saint-denis") if c.kind == "COM"]
        assert [c.departement for c in communes[:2]] == ["974", "93"]
        assert areas.find_all("mans")[0].name == "Le Mans"

    def test_postcodes(self, areas: Areas) -> None:
        assert [c.insee for c in areas.by_postcode("75010")] == ["75110"]
        assert areas.by_postcode("01400")[0].name == "Châtillon-sur-Chalaronne"
        assert areas.by_postcode("99999") == []

    @pytest.mark.parametrize(
        ("text", "clean"),
        [("1400", "01400"), ("44 000", "44000"), ("75010.0", "75010"), ("F-44000", "44000"), ("0", ""), ("n/a", ""),
         (None, ""), ("440001", "")],
    )  # fmt: skip
    def test_postcodes_as_lists_write_them(self, text: str | None, clean: str) -> None:
        assert clean_postcode(text) == clean


class TestFolding:
    @given(st.text(max_size=40))
    def test_folding_twice_changes_nothing(self, text: str) -> None:
        assert fold(fold(text)) == fold(text)

    @given(st.text(max_size=40))
    def test_folded_text_is_plain(self, text: str) -> None:
        assert fold(text).replace(" ", "a").isalnum() or fold(text) == ""
        assert fold(text).isascii()

    def test_articles(self) -> None:
        assert without_article("le mans") == "mans"
        assert without_article("l hay les roses") == "hay les roses"
        assert without_article("la") == "la"

    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("12 bis, av. du Gal de Gaulle", "Avenue Général de Gaulle"),
            ("3 PL DE L HOTEL DE VILLE", "place de l'Hôtel-de-Ville"),
            ("5-9 bd St-Michel", "Boulevard Saint Michel"),
        ],
    )
    def test_streets_are_compared_spelt_out(self, left: str, right: str) -> None:
        assert street_key(left) == street_key(right)

    def test_house_numbers(self) -> None:
        assert split_number("12 bis, rue de Strasbourg") == ("12bis", "rue de Strasbourg")
        assert split_number("rue du 8 mai 1945") == ("", "rue du 8 mai 1945")
        assert split_number("44000 Nantes") == ("", "44000 Nantes")
        assert number_key(split_number("15 bis rue A")[0]) == number_key(split_number("15 B rue A")[0]) == "15b"
        assert number_key("15ter") != number_key("15bis")
        assert (number_key("15"), number_key("")) == ("15", "")
        assert is_street("av foch")
        assert not is_street("nantes")


class TestPositions:
    @pytest.mark.parametrize(
        ("lon", "lat", "insee"),
        [
            (-1.5536, 47.2184, "44109"),
            (2.3574, 48.8718, "75110"),
            (5.3649, 43.2986, "13202"),
            (55.4486, -20.879, "97411"),
            (45.2326, -12.7806, "97611"),
            (-54.03, 5.503, "97311"),
            (2.39, 44.585, "12218"),  # drawn only through the communes it is made of
            (0.1996, 47.8678, "72155"),  # a merged commune that nobody drew
        ],
    )
    def test_on_land(self, areas: Areas, lon: float, lat: float, insee: str) -> None:
        assert located(areas, lon, lat) == insee

    @pytest.mark.parametrize(
        ("lon", "lat", "insee"),
        [(5.2, 43.2, "13207"), (3.19, 42.445, "66048"), (-5.0, 48.2, "29040"), (9.16, 41.37, "2A041")],
    )
    def test_a_point_in_the_sea_belongs_to_the_nearest_commune(
        self, areas: Areas, lon: float, lat: float, insee: str
    ) -> None:
        assert located(areas, lon, lat) == insee

    @pytest.mark.parametrize(
        ("lon", "lat"),
        [
            pytest.param(7.4246, 43.7384, id="Monaco"),
            pytest.param(7.415, 43.729, id="Fontvieille"),
            pytest.param(6.1432, 46.2044, id="Geneva"),
            pytest.param(7.81, 48.57, id="Kehl"),
            pytest.param(-1.79, 43.34, id="Irun"),
            pytest.param(1.52, 42.51, id="Andorra"),
            pytest.param(1.98, 42.465, id="Llivia"),
            pytest.param(7.6, 43.79, id="Ventimiglia"),
            pytest.param(-2.11, 49.18, id="Jersey"),
            pytest.param(9.19, 41.24, id="Sardinia"),
            pytest.param(-54.05, 5.5, id="Albina"),
            pytest.param(166.45, -22.27, id="Noumea"),
            pytest.param(-7.0, 47.0, id="high sea"),
            pytest.param(0.0, 0.0, id="null island"),
            pytest.param(0.0, 90.0, id="north pole"),
            pytest.param(math.nan, 47.0, id="nothing"),
        ],
    )
    def test_abroad_far_at_sea_or_nowhere_is_no_commune(self, areas: Areas, lon: float, lat: float) -> None:
        assert located(areas, lon, lat) == ""

    @pytest.mark.parametrize(
        ("insee", "lon", "lat", "outside_m"),
        [
            ("44109", -1.5536, 47.2184, 0.0),
            ("44109", -1.55, 47.195, 204.0),
            ("01038", 5.28437995911, 46.2721061707, 2459.0),
            ("75056", 2.35, 48.85, 0.0),
            ("75056", 2.50, 48.85, 2681.0),
            ("15031", 2.9, 45.1, math.inf),  # nobody drew it
        ],
    )
    def test_how_far_outside_a_commune_a_point_is(
        self, areas: Areas, insee: str, lon: float, lat: float, outside_m: float
    ) -> None:
        assert areas.outside_m(insee, lon, lat) == pytest.approx(outside_m, abs=1.0)

    def test_it_agrees_with_trying_every_polygon(self) -> None:
        """The tree against plain `intersects`, on a département and around it."""
        codes, shapes = files.boundaries(DATA)
        own = np.array([code[:2] in {"29", "75"} for code in codes])
        codes, shapes = codes[own], shapes[own]
        random = np.random.default_rng(29)
        lons = np.concatenate([random.uniform(-4.9, -3.3, 250), random.uniform(2.2, 2.45, 50)])
        lats = np.concatenate([random.uniform(47.7, 48.8, 250), random.uniform(48.8, 48.92, 50)])
        located_codes = Boundaries(codes, shapes).locate(lons, lats)
        for lon, lat, insee in zip(lons, lats, located_codes, strict=True):
            inside = codes[shapely.intersects_xy(shapes, lon, lat)]
            if len(inside):
                assert insee == min(inside)
            else:
                near_m = [
                    haversine_m(lon, lat, *shapely.shortest_line(shape, shapely.Point(lon, lat)).coords[0])
                    for shape in shapes
                ]
                # `shortest_line` is shortest in degrees, so its length is at least the true distance.
                assert (insee == "") <= (min(near_m) > 29_000)
                if insee:
                    mine_m = near_m[list(codes).index(insee)]
                    assert mine_m <= 1.6 * min(near_m) + 1.0

    def test_every_polygon_belongs_to_a_known_commune_and_is_valid(self, areas: Areas) -> None:
        codes, shapes = files.boundaries(DATA)
        assert list(codes) == sorted(codes)
        assert all(areas.commune(c) is not None and areas.commune(c).insee == c for c in codes)  # type: ignore[union-attr]
        assert shapely.is_valid(shapes).all()
        outlined = set(codes)
        assert {c.insee for c in areas.communes} - outlined == {
            "75056", "69123", "13055", "15031", "15035", "15047", "15171",
        }  # fmt: skip

    def test_centres_lie_in_their_commune(self, areas: Areas) -> None:
        """But for those on a shore or in the holes of the source: 1 in 1,000."""
        some = [c for c in list(areas.communes)[::7] if c.insee not in {"75056", "69123", "13055"}]
        codes = areas.locate(np.array([c.lon for c in some]), np.array([c.lat for c in some]))
        agree = np.mean([c.insee == insee for c, insee in zip(some, codes, strict=True)])
        assert agree > 0.98

    def test_no_points_give_no_codes(self, areas: Areas) -> None:
        assert len(areas.locate(np.array([]), np.array([]))) == 0


class TestTime:
    @pytest.mark.parametrize(
        ("insee", "zone"),
        [
            ("44109", "Europe/Paris"),
            ("2A004", "Europe/Paris"),
            ("97105", "America/Guadeloupe"),
            ("97209", "America/Martinique"),
            ("97302", "America/Cayenne"),
            ("97411", "Indian/Reunion"),
            ("97611", "Indian/Mayotte"),
            ("97502", "America/Miquelon"),
            ("97123", "America/St_Barthelemy"),
            ("97801", "America/Marigot"),
            ("98818", "Pacific/Noumea"),
            ("98735", "Pacific/Tahiti"),
            ("98613", "Pacific/Wallis"),
            ("", "Europe/Paris"),
        ],
    )
    def test_zone_of_a_code(self, areas: Areas, insee: str, zone: str) -> None:
        assert areas.time_zone(insee) == zone

    @pytest.mark.parametrize(
        ("lon", "lat", "zone"),
        [
            (-1.55, 47.22, "Europe/Paris"),
            (-149.57, -17.53, "Pacific/Tahiti"),
            (-140.1, -8.9, "Pacific/Marquesas"),
            (-134.97, -23.12, "Pacific/Gambier"),
            (6.14, 46.2, "Europe/Paris"),
        ],
    )
    def test_zone_of_a_point(self, areas: Areas, lon: float, lat: float, zone: str) -> None:
        assert areas.time_zone_at(lon, lat) == zone

    def test_point_and_code_agree_everywhere_and_zones_exist(self, areas: Areas) -> None:
        for c in areas.communes:
            assert areas.time_zone_at(c.lon, c.lat) == areas.time_zone(c.insee)
        assert all(ZoneInfo(t.time_zone) for t in TERRITORIES)

    def test_territories_by_box(self, areas: Areas) -> None:
        for territory in TERRITORIES:
            assert areas.territory(territory.town_lon, territory.town_lat) == territory
        assert areas.territory(2.35, 48.85) is None
