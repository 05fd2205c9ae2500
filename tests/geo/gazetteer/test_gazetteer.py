"""WHERE: what people type, and the point it means."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import LANGUAGES, Ambiguous, InvalidInput, NotFound, UserError
from geo.gazetteer.gazetteer import Gazetteer
from geo.gazetteer.location import station_label
from geo.reference.toponyms import fold, without_article
from geo.spatial.distance import haversine_m
from geo.types import Precision

DATA = Path(__file__).resolve().parents[3] / "data"


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load(DATA)


class TestCommunes:
    @pytest.mark.parametrize(
        ("text", "label", "insee"),
        [
            ("Nantes", "Nantes (44)", "44109"),
            ("  nantes ", "Nantes (44)", "44109"),
            ("près de Nantes", "Nantes (44)", "44109"),
            ("Nantes, France", "Nantes (44)", "44109"),
            ("Nantes, Loire-Atlantique", "Nantes (44)", "44109"),
            ("st étienne", "Saint-Étienne (42)", "42218"),
            ("SAINT ETIENNE", "Saint-Étienne (42)", "42218"),
            ("Paris", "Paris (75)", "75056"),
            ("Marseille (13)", "Marseille (13)", "13055"),
            ("Y", "Y (80)", "80829"),
            ("oeuf en ternois", "Œuf-en-Ternois (62)", "62633"),
            ("Œuf-en-Ternois", "Œuf-en-Ternois (62)", "62633"),
            ("l'hay les roses", "L'Haÿ-les-Roses (94)", "94038"),
            ("Bézu-la-Forêt", "Bézu-la-Forêt (27)", "27066"),
            (
                "Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson",
                "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson (51)",
                "51513",
            ),
            ("44000 Nantes", "Nantes (44)", "44109"),
            ("Nantes 44000", "Nantes (44)", "44109"),
            ("44300 Nante", "Nantes (44)", "44109"),
            ("Nantes Cedex 1 44041", "Nantes (44)", "44109"),
            ("44 300", "Nantes (44)", "44109"),
            ("Saint-Denis (974)", "Saint-Denis (974)", "97411"),
            ("Saint-Denis, Réunion", "Saint-Denis (974)", "97411"),
            ("Saint-Denis 93", "Saint-Denis (93)", "93066"),
            ("Saint-Denis, Île-de-France", "Saint-Denis (93)", "93066"),
            ("97400", "Saint-Denis (974)", "97411"),
            ("rochelle", "La Rochelle (17)", "17300"),
            ("Les Abymes", "Les Abymes (971)", "97101"),
            ("Pierrefitte-sur-Seine", "Pierrefitte-sur-Seine (93)", "93066"),
            ("Cherbourg", "Cherbourg-en-Cotentin (50)", "50129"),
            ("Capdenac-Gare", "Capdenac-Gare (12)", "12052"),
        ],
    )
    def test_by_name_postcode_or_departement(self, gazetteer: Gazetteer, text: str, label: str, insee: str) -> None:
        location = gazetteer.where(text)
        assert (location.label, location.insee, location.kind) == (label, insee, "commune")
        assert location.precision is Precision.COMMUNE

    @pytest.mark.parametrize(
        ("text", "insee"),
        [
            ("Paris 10e", "75110"),
            ("paris 1er", "75101"),
            ("Paris 10e (75010)", "75110"),
            ("75010", "75110"),
            ("75116", "75116"),
            ("Paris 75013", "75113"),
            ("Lyon 3", "69383"),
            ("Lyon 3ème arrondissement", "69383"),
            ("Marseille 13002", "13202"),
            ("Marseille 02", "13202"),
            ("Marseille 13", "13213"),
        ],
    )
    def test_arrondissements(self, gazetteer: Gazetteer, text: str, insee: str) -> None:
        location = gazetteer.where(text)
        assert (location.insee, location.kind) == (insee, "arrondissement")

    @pytest.mark.parametrize("text", ["Valence", "Saint-Pierre", "La Rochelle"])
    def test_ten_times_the_people_of_each_other_wins(self, gazetteer: Gazetteer, text: str) -> None:
        location = gazetteer.where(text)
        of_name = [c for c in gazetteer.areas.find_all(text) if fold(c.name) == fold(text) and c.kind == "COM"]
        assert len(of_name) > 1
        assert location.insee == of_name[0].insee

    @pytest.mark.parametrize("text", ["Saint-Denis", "Saint-Martin", "01400", "Cours", "gare de Lyon", "Évry", "Aix"])
    def test_several_places_are_listed_and_each_choice_resolves(self, gazetteer: Gazetteer, text: str) -> None:
        with pytest.raises(Ambiguous) as caught:
            gazetteer.where(text)
        points = {gazetteer.where(choice).point for choice in caught.value.choices}
        assert len(points) == len(caught.value.choices) > 1

    def test_the_best_known_choice_is_first(self, gazetteer: Gazetteer) -> None:
        with pytest.raises(Ambiguous) as caught:
            gazetteer.where("saint denis")
        assert caught.value.choices[:2] == ("Saint-Denis (974)", "Saint-Denis (93)")
        with pytest.raises(Ambiguous) as caught:
            gazetteer.where("Évry")
        assert caught.value.choices == ("Évry-Courcouronnes (91)", "Évry (89)")


class TestOverseas:
    @pytest.mark.parametrize(
        ("text", "zone"),
        [
            ("Saint-Denis (974)", "Indian/Reunion"),
            ("Pointe-à-Pitre", "America/Guadeloupe"),
            ("Fort-de-France", "America/Martinique"),
            ("Cayenne", "America/Cayenne"),
            ("Mamoudzou", "Indian/Mayotte"),
            ("Nouméa", "Pacific/Noumea"),
            ("Nouvelle-Calédonie", "Pacific/Noumea"),
            ("Papeete", "Pacific/Tahiti"),
            ("Mata-Utu", "Pacific/Wallis"),
            ("Saint-Pierre (975)", "America/Miquelon"),
            ("Gustavia", "America/St_Barthelemy"),
            ("Marigot (978)", "America/Marigot"),
            ("-22.27,166.45", "Pacific/Noumea"),
            ("-20.88,55.45", "Indian/Reunion"),
            ("Nantes", "Europe/Paris"),
        ],
    )
    def test_places_come_with_their_time(self, gazetteer: Gazetteer, text: str, zone: str) -> None:
        assert gazetteer.where(text).time_zone == zone
        assert ZoneInfo(zone)


class TestStations:
    @pytest.mark.parametrize(
        ("text", "label"),
        [
            ("gare de Nantes", "Gare de Nantes"),
            ("Nantes gare", "Gare de Nantes"),
            ("près de la gare de Nantes", "Gare de Nantes"),
            ("la gare SNCF de nantes", "Gare de Nantes"),
            ("gare du mans", "Gare du Mans"),
            ("Gare du Nord", "Gare de Paris-Nord"),
            ("gare de l'Est", "Gare de Paris-Est"),
            ("gare Montparnasse", "Gare de Paris-Montparnasse"),
            ("gare Saint-Charles", "Gare de Marseille-Saint-Charles"),
            ("gare de Strasbourg", "Gare de Strasbourg-Ville"),
            ("Lyon Part-Dieu", "Gare de Lyon-Part-Dieu"),
            ("Paris Gare de Lyon", "Paris-Gare-de-Lyon"),
            ("Gare de Cernay (68)", "Gare de Cernay (68)"),
        ],
    )
    def test_by_what_people_call_them(self, gazetteer: Gazetteer, text: str, label: str) -> None:
        location = gazetteer.where(text)
        assert (location.label, location.kind, location.precision) == (label, "station", Precision.EXACT)

    def test_the_row_at_the_far_end_of_a_line_is_not_the_station(self, gazetteer: Gazetteer) -> None:
        nantes, troyes = gazetteer.where("gare de Nantes").point, gazetteer.where("gare de Troyes").point
        assert haversine_m(nantes.lon, nantes.lat, -1.5417, 47.2173) < 500
        assert haversine_m(troyes.lon, troyes.lat, 4.0649, 48.2958) < 500

    def test_a_town_without_station_says_so(self, gazetteer: Gazetteer) -> None:
        with pytest.raises(NotFound, match="station"):
            gazetteer.where("gare de Trifouillis")

    @pytest.mark.parametrize(
        ("name", "label"),
        [
            ("Angers-St-Laud", "Gare d'Angers-Saint-Laud"),
            ("Les Arcs-Draguignan", "Gare des Arcs-Draguignan"),
            ("La Rochelle-Ville", "Gare de La Rochelle-Ville"),
            ("Ste-Pazanne", "Gare de Sainte-Pazanne"),
            ("Épinal", "Gare d'Épinal"),
        ],
    )
    def test_labels_are_french(self, name: str, label: str) -> None:
        assert station_label(name) == label


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "label", "precision"),
        [
            ("1 place du Capitole, 31000 Toulouse", "1 place du Capitole, Toulouse (31)", Precision.EXACT),
            ("1, pl. du Capitole, Toulouse", "1 pl. du Capitole, Toulouse (31)", Precision.EXACT),
            ("31000 Toulouse, 1 place du Capitole", "1 place du Capitole, Toulouse (31)", Precision.EXACT),
            ("1 place du capitole toulouse", "1 place du capitole, Toulouse (31)", Precision.EXACT),
            ("12 rue de Strasbourg, 44000 Nantes", "Rue de Strasbourg, Nantes (44)", Precision.STREET),
            ("12 rue de Strasbourg Nantes", "Rue de Strasbourg, Nantes (44)", Precision.STREET),
            ("rue de Rivoli, Paris", "Rue de Rivoli, Paris (75)", Precision.STREET),
            (
                "2 rue du Xyzzy, 97400 Saint-Denis",
                "Saint-Denis (974), centre de la commune (adresse non localisée)",
                Precision.COMMUNE,
            ),
        ],
    )
    def test_inside_a_known_commune(self, gazetteer: Gazetteer, text: str, label: str, precision: Precision) -> None:
        location = gazetteer.where(text)
        assert (location.label, location.kind, location.precision) == (label, "address", precision)

    def test_it_lies_in_its_commune(self, gazetteer: Gazetteer) -> None:
        location = gazetteer.where("99 rue de Rivoli, Paris")
        assert location.commune == "Paris"
        assert location.insee in {"75101", "75104"}
        near = gazetteer.where("Paris 1er").point
        assert haversine_m(location.point.lon, location.point.lat, near.lon, near.lat) < 2_500

    @pytest.mark.parametrize("text", ["rue de Paris", "12 rue de Strasbourg"])
    def test_a_street_alone_asks_for_its_commune(self, gazetteer: Gazetteer, text: str) -> None:
        with pytest.raises(NotFound, match="add the commune"):
            gazetteer.where(text)


class TestCoordinates:
    @pytest.mark.parametrize(
        "text",
        ["47.2184,-1.5536", "47.2184, -1.5536", "47.2184 -1.5536", "47,2184 -1,5536", "47,2184;-1,5536",
         "(47.2184, -1.5536)", "47,2184,-1,5536"],
    )  # fmt: skip
    def test_latitude_first_with_point_or_comma(self, gazetteer: Gazetteer, text: str) -> None:
        location = gazetteer.where(text)
        assert (location.point.lat, location.point.lon) == (47.2184, -1.5536)
        assert (location.kind, location.insee, location.commune) == ("coordinates", "44109", "Nantes")
        assert location.label == "47.2184, -1.5536 – Nantes (44)"

    @pytest.mark.parametrize(
        ("text", "right"), [("-1.5536,47.2184", "47.2184,-1.5536"), ("-149.57 -17.53", "-17.53,-149.57")]
    )
    def test_swapped_ones_say_how_to_write_them(self, gazetteer: Gazetteer, text: str, right: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            gazetteer.where(text)
        assert all(right in caught.value.message(language) for language in LANGUAGES)

    @pytest.mark.parametrize("text", ["95,12", "47,200", "999 999"])
    def test_out_of_range(self, gazetteer: Gazetteer, text: str) -> None:
        with pytest.raises(InvalidInput):
            gazetteer.where(text)

    def test_abroad_is_a_point_without_commune(self, gazetteer: Gazetteer) -> None:
        location = gazetteer.where("43.7384,7.4246")
        assert (location.insee, location.commune, location.time_zone) == ("", "", "Europe/Paris")

    @given(st.floats(41.4, 51.0), st.floats(-4.9, 9.5))
    @settings(max_examples=40, deadline=None)
    def test_what_is_written_is_read(self, gazetteer: Gazetteer, lat: float, lon: float) -> None:
        location = gazetteer.where(f"{lat:.6f},{lon:.6f}")
        assert location.point.lat == pytest.approx(lat, abs=1e-6)
        assert location.point.lon == pytest.approx(lon, abs=1e-6)


class TestUnknown:
    @pytest.mark.parametrize(
        ("text", "close"),
        [
            ("Nante", "Nantes (44)"),
            ("Marseile", "Marseille (13)"),
            ("Renes", "Rennes (35)"),
            ("Rennes 44000", "Rennes (35)"),
        ],
    )
    def test_the_closest_spellings_are_in_the_remedy_and_resolve(
        self, gazetteer: Gazetteer, text: str, close: str
    ) -> None:
        with pytest.raises(NotFound) as caught:
            gazetteer.where(text)
        assert all(close in caught.value.message(language) for language in LANGUAGES)
        assert all(gazetteer.where(choice) for choice in caught.value.values["choices"])

    @pytest.mark.parametrize("text", ["", "   ", "x" * 300])
    def test_nothing_or_too_much_is_invalid(self, gazetteer: Gazetteer, text: str) -> None:
        with pytest.raises(InvalidInput):
            gazetteer.where(text)

    @given(st.text(max_size=60))
    @settings(max_examples=60, deadline=None)
    def test_any_text_gives_a_place_or_a_sentence_for_people(self, gazetteer: Gazetteer, text: str) -> None:
        try:
            location = gazetteer.where(text)
        except UserError as error:
            assert all(error.message(language) for language in LANGUAGES)
        else:
            assert location.label


class TestSuggestions:
    @pytest.mark.parametrize(
        ("typed", "first"),
        [
            ("nan", "Nantes"),
            ("NANTES", "Nantes"),
            ("paris", "Paris"),
            ("marse", "Marseille"),
            ("st et", "Saint-Étienne"),
            ("saint-é", "Saint-Étienne"),
            ("le man", "Le Mans"),
            ("mans", "Le Mans"),
            ("hay les", "L'Haÿ-les-Roses"),
            ("44", "Nantes"),
            ("75010", "Paris 10e"),
            ("gare de nan", "Gare de Nantes"),
            ("noum", "Nouméa"),
            ("y", "Y"),
        ],
    )
    def test_the_likeliest_first(self, gazetteer: Gazetteer, typed: str, first: str) -> None:
        assert gazetteer.suggest(typed)[0].label == first

    def test_names_that_begin_so_come_before_names_with_such_a_word(self, gazetteer: Gazetteer) -> None:
        suggestions = [s for s in gazetteer.suggest("martin", limit=20) if s.kind == "commune"]
        begins = [without_article(fold(s.label)).startswith("martin") for s in suggestions]
        assert begins == sorted(begins, reverse=True)
        assert begins[0]

    def test_sublabels_tell_homonyms_apart(self, gazetteer: Gazetteer) -> None:
        suggestions = [s for s in gazetteer.suggest("saint-denis") if s.label == "Saint-Denis"]
        assert [s.sublabel for s in suggestions[:2]] == ["La Réunion, 97400", "Seine-Saint-Denis, 93200"]

    @pytest.mark.parametrize("typed", ["", " ", "zzzz", "!?"])
    def test_nothing_to_suggest(self, gazetteer: Gazetteer, typed: str) -> None:
        assert gazetteer.suggest(typed) == []

    def test_the_limit_holds_and_nothing_comes_twice(self, gazetteer: Gazetteer) -> None:
        suggestions = gazetteer.suggest("s", limit=20)
        assert len(suggestions) == 20
        assert len({s.value for s in suggestions}) == 20

    def test_it_finds_what_a_scan_of_all_names_finds(self, gazetteer: Gazetteer) -> None:
        """The sorted beginnings against looking at every commune."""
        for typed in ("ro", "chat", "saint m", "b"):
            prefix = fold(typed)
            scan = [c for c in gazetteer.areas.communes if fold(c.short_name).startswith(prefix)]
            biggest = max(scan, key=lambda c: c.population)
            assert gazetteer.suggest(typed)[0].label == biggest.short_name

    def test_every_value_leads_where_its_line_says(self, gazetteer: Gazetteer) -> None:
        """All 40,000 of them."""
        wrong = []
        for letter in "abcdefghijklmnopqrstuvwxyz":
            for suggestion in gazetteer.suggest(letter, limit=60_000):
                point = gazetteer.where(suggestion.value).point
                if (round(point.lon, 5), round(point.lat, 5)) != (suggestion.lon, suggestion.lat):
                    wrong.append(suggestion)
        assert not wrong
