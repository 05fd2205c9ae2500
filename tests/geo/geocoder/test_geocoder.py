"""Addresses to points: what is read of a line, how streets are compared, where houses are, what is answered.

The addresses are those of Bondy (`tests/data/ban/README.md`).
"""

import csv
import gzip
import multiprocessing
import pickle
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.geocoder.address_parser import AddressQuery, read_address
from geo.geocoder.ban_index import AddressIndexUnusable, BanIndex
from geo.geocoder.ban_index_builder import build
from geo.geocoder.geocoder import Answer, Geocoder
from geo.geocoder.house_numbers import HOUSE, STEP, Placement, place, suffix_code
from geo.geocoder.similarity import ACCEPTED, similarity
from geo.geocoder.street_names import key_text, split_key
from geo.reference.communes import Areas, Commune
from geo.reference.toponyms import fold
from geo.spatial.distance import haversine_m
from geo.types import Precision

ROOT = Path(__file__).resolve().parents[3]
DATA, BONDY = ROOT / "data", ROOT / "tests/data/ban/bondy.csv.gz"


@pytest.fixture(scope="module")
def index(areas: Areas, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("addresses")
    build([BONDY], folder, areas)
    return folder


@pytest.fixture(scope="module")
def geocoder(areas: Areas, index: Path) -> Geocoder:
    return Geocoder(areas, index)


@pytest.fixture(scope="module")
def bondy(areas: Areas) -> Commune:
    commune = areas.commune("93010")
    assert commune is not None
    return commune


@pytest.fixture(scope="module")
def addresses() -> list[dict[str, str]]:
    """Rows of the extract, accents put right by hand so that the code under test does not judge itself."""
    with gzip.open(BONDY, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        name = row["nom_voie"]
        row["nom_voie"] = name.encode("cp1252").decode("utf-8") if any(c in name for c in "Ãâ") else name
    return rows


def key(street: str) -> tuple[str, str]:
    return split_key(key_text(fold(street)))


class TestReadingALine:
    @pytest.mark.parametrize(
        ("line", "number", "suffix", "street"),
        [
            ("12 rue Carnot", 12, "", "rue carnot"),
            ("12, rue Carnot", 12, "", "rue carnot"),
            ("12 bis, av. Carnot", 12, "bis", "avenue carnot"),
            ("12B rue Carnot", 12, "b", "rue carnot"),
            ("17 t, RUE GEORGES GRAFF", 17, "t", "rue georges graff"),
            ("17 r. Bordier", 17, "", "rue bordier"),
            ("12B, rue Carnot", 12, "b", "rue carnot"),
            ("n° 5 rue Carnot", 5, "", "rue carnot"),
            ("rue Carnot", 0, "", "rue carnot"),
            ("Bâtiment A, 17 r. Bordier", 17, "", "rue bordier"),
            ("ZA du Bois - 3 rue Carnot", 3, "", "rue carnot"),
            ("Espace Liberté - 117, R. E. VAILLANT", 117, "", "rue e vaillant"),
            ("Mairie 12 rue Carnot", 12, "", "rue carnot"),
            ("12 rue Carnot BP 123", 12, "", "rue carnot"),
            ("12 rue Carnot (face à la gare)", 12, "", "rue carnot"),
            ("12 rue Carnot CS 40011 Bondy Cedex", 12, "", "rue carnot"),
            ("place du Onze Novembre", 0, "", "place 11 novembre"),
            ("rue du 8 mai 1945", 0, "", "rue 8 mai"),
            ("Le Bourg", 0, "", "bourg"),
            ("lieu-dit Kerlann", 0, "", "kerlann"),
        ],
    )
    def test_number_suffix_and_street(self, line: str, number: int, suffix: str, street: str) -> None:
        assert read_address(line)[0] == AddressQuery(number, suffix, split_key(street))

    @pytest.mark.parametrize(
        "line", ["12-14 rue Carnot", "12 à 14, r. Carnot", "12/14 rue Carnot", "12 et 14 rue Carnot"]
    )
    def test_both_numbers_of_several_houses(self, line: str) -> None:
        assert read_address(line)[0] == AddressQuery(12, "", ("rue", "carnot"), 14)

    def test_a_suffix_may_stand_between_them(self) -> None:
        assert read_address("12 bis à 14 rue Carnot")[0] == AddressQuery(12, "bis", ("rue", "carnot"), 14)
        assert read_address("12b-14b rue Carnot")[0] == AddressQuery(12, "b", ("rue", "carnot"), 14)

    @pytest.mark.parametrize("line", ["", " , ; ", "BP 12", "12"])
    def test_a_line_without_a_street_asks_for_nothing_that_is_one(self, line: str) -> None:
        assert [query for query in read_address(line) if query.key[0]] == []

    def test_both_streets_of_a_corner_are_tried(self) -> None:
        assert [query.key[1] for query in read_address("rue Carnot, avenue Pasteur")] == ["carnot", "pasteur"]

    @given(st.text(max_size=120))
    def test_no_text_breaks_it(self, line: str) -> None:
        for query in read_address(line):
            assert query.number >= 0
            assert query.key[1]


class TestLikeness:
    @pytest.mark.parametrize(
        ("text", "street", "value"),
        [
            ("12 Bd St-Michel", "Boulevard Saint Michel", 1.0),
            ("Pl. du 11 novembre", "Place du Onze Novembre", 1.0),
            ("Rue du Bon-Air", "rue Bon Air", 1.0),
            ("rue du 8 mai", "Rue du 8 Mai 1945", 1.0),
            ("rue Jaurès Jean", "Rue Jean Jaurès", 0.97),
            ("rue Brossolette", "Rue Pierre Brossolette", 0.92),
            ("rue P. Brossolette", "Rue Pierre Brossolette", 0.92),
            ("rue du Docteur Pierre Brossolette", "Rue Pierre Brossolette", 0.92),
            ("Carnot", "Avenue Carnot", 0.96),
            ("rue Carnot", "Avenue Carnot", 0.88),
        ],
    )
    def test_by_the_formula(self, text: str, street: str, value: float) -> None:
        assert similarity(key(text.removeprefix("12 ")), key(street)) == pytest.approx(value)

    @pytest.mark.parametrize(
        ("text", "street"),
        [
            ("rue Brosolette", "Rue Brossolette"),
            ("aveune Gallieni", "Avenue Galliéni"),
            ("rue R. Salegro", "Rue Roger Salengro"),
        ],
    )
    def test_slips_are_accepted(self, text: str, street: str) -> None:
        assert similarity(key(text), key(street)) >= ACCEPTED

    @pytest.mark.parametrize(
        ("text", "street"),
        [
            ("rue Georges Vedel", "Rue Georges Elie"),
            ("rue Sainte-Marie", "Rue Sainte-Barbe"),
            ("place de la Liberté", "Place de la République"),
            ("rue Pasteur", "Avenue Pascal"),
            ("rue du 8 mai 1945", "Rue du 11 Novembre 1918"),
            ("rue du 4 septembre", "Rue du 11 septembre"),
        ],
    )
    def test_other_streets_are_not(self, text: str, street: str) -> None:
        assert similarity(key(text), key(street)) < ACCEPTED

    words = st.lists(
        st.sampled_from(["jean", "j", "jaures", "moulin", "8", "mai", "1945", "a"]), min_size=1, max_size=4
    )
    keys = st.tuples(st.sampled_from(["", "rue", "avenue"]), words.map(" ".join))

    @given(keys, keys)
    def test_it_is_the_same_both_ways_and_one_only_for_equal_names(
        self, left: tuple[str, str], right: tuple[str, str]
    ) -> None:
        value = similarity(left, right)
        assert 0.0 <= value <= 1.0
        assert value == pytest.approx(similarity(right, left))
        assert value < 1.0 or f"{left[0]} {left[1]}".strip() == f"{right[0]} {right[1]}".strip()


class TestHouses:
    """A straight street of a house every 11 m: 2, 4, 8, 8bis, 100 on one side, 1 and 3 on the other."""

    houses = np.array(
        [(1, 0, 10, 5), (2, 0, 20, 0), (3, 0, 30, 5), (4, 0, 40, 0), (8, 0, 80, 0), (8, 27, 85, 0), (100, 0, 1000, 0)],
        HOUSE,
    )

    def at(self, number: int, suffix: str = "") -> tuple[int, int, Placement]:
        spot = place(self.houses, 2.0, 48.0, number, suffix)
        return round((spot.lon - 2.0) / STEP), round((spot.lat - 48.0) / STEP), spot.placement

    @pytest.mark.parametrize(
        ("number", "suffix", "east", "north", "placement"),
        [
            (4, "", 40, 0, Placement.HOUSE),
            (8, "bis", 85, 0, Placement.HOUSE),
            (8, "b", 85, 0, Placement.HOUSE),
            (8, "ter", 80, 0, Placement.SAME_NUMBER),
            (6, "", 60, 0, Placement.BETWEEN),
            (7, "", 80, 0, Placement.NEAREST),
            (50, "", 85, 0, Placement.NEAREST),
            (90, "", 1000, 0, Placement.NEAREST),
            (500, "", 1000, 0, Placement.NEAREST),
            (0, "", 0, 0, Placement.STREET),
        ],
    )
    def test_where_a_number_is(self, number: int, suffix: str, east: int, north: int, placement: Placement) -> None:
        assert self.at(number, suffix) == (east, north, placement)

    def test_a_street_without_houses_has_its_own_point(self) -> None:
        assert place(self.houses[:0], 2.0, 48.0, 12, "").placement == Placement.STREET

    def test_suffixes_have_codes_of_their_own(self) -> None:
        suffixes = ["", "a", "b", "t", "q", "bis", "ter", "quater", "quinquies"]
        assert len({suffix_code(suffix) for suffix in suffixes}) == len(suffixes)
        assert suffix_code("BIS") == suffix_code(" bis ")


class TestAnswers:
    def ask(self, geocoder: Geocoder, address: str) -> Answer:
        answer = geocoder.geocode(address, "Bondy", "93140")
        assert answer is not None
        return answer

    @pytest.mark.parametrize(
        ("address", "street", "number", "precision", "score"),
        [
            ("12 rue Edouard Vaillant", "Rue Edouard Vaillant", 12, "exact", 1.0),
            ("12 r. E. Vaillant", "Rue Edouard Vaillant", 12, "exact", 0.92),
            ("12 rue Vaillant Édouard", "Rue Edouard Vaillant", 12, "exact", 0.97),
            ("203 AV GALLIENI", "Avenue Galliéni", 203, "exact", 1.0),
            ("203 avenue Galieni", "Avenue Galliéni", 203, "exact", 0.9333),
            ("13 ter rue de la Liberté", "Rue de la Liberté", 13, "exact", 0.95),
            ("4 rue Auguste Polissard", "Rue Auguste Polissard", 0, "exact", 0.85),
            ("99 route de Villemomble", "Route de Villemomble", 100, "street", 0.7),
            ("rue de Meaux", "Rue de Meaux", 0, "street", 0.65),
            ("place du onze novembre", "Place du 11 Novembre", 0, "street", 0.65),
            ("3 rue Jean Moulin", "Avenue Jean Moulin", 3, "street", 0.88),
        ],
    )
    def test_known_streets(
        self, geocoder: Geocoder, address: str, street: str, number: int, precision: str, score: float
    ) -> None:
        answer = self.ask(geocoder, address)
        assert (answer.street, answer.number, answer.precision, answer.insee) == (street, number, precision, "93010")
        assert answer.score == pytest.approx(score, abs=0.002)

    def test_every_house_of_the_file_is_found_where_it_is(
        self, geocoder: Geocoder, bondy: Commune, addresses: list[dict[str, str]]
    ) -> None:
        far = []
        for row in addresses:
            answer = geocoder.in_commune(f"{row['numero']}{row['rep']} {row['nom_voie']}", bondy, "93140")
            assert answer is not None
            if haversine_m(answer.lon, answer.lat, float(row["lon"]), float(row["lat"])) > 2.0:
                far.append(row)
        # Some houses are there twice with two points: once on an "Av", once on an "Avenue" of the same name.
        rows = Counter((key(row["nom_voie"]), row["numero"], row["rep"]) for row in addresses)
        assert [row for row in far if rows[key(row["nom_voie"]), row["numero"], row["rep"]] == 1] == []
        assert len(far) < 10

    def test_of_several_houses_the_one_that_is_known(self, geocoder: Geocoder) -> None:
        # There is no 8 rue Auguste Polissard in the file, but there is a 10.
        answer = self.ask(geocoder, "10 rue Auguste Polissard")
        assert answer.number == 10
        assert self.ask(geocoder, "8-10 rue Auguste Polissard") == answer
        assert self.ask(geocoder, "8 - 10 rue Auguste Polissard") == answer

    def test_a_street_that_is_nowhere_gives_the_commune(self, geocoder: Geocoder, bondy: Commune) -> None:
        answer = self.ask(geocoder, "12 rue de l'Observatoire Imaginaire")
        assert (answer.precision, answer.score, answer.street) == (Precision.COMMUNE, 0.3, "")
        assert answer.expected_m == pytest.approx(bondy.expected_m)
        assert geocoder.in_commune("12 rue de l'Observatoire Imaginaire", bondy, "93140") is None

    def test_what_several_streets_may_be_is_not_exact(self, geocoder: Geocoder) -> None:
        answer = self.ask(geocoder, "10 rue Carnot")  # there are an avenue, an impasse and a villa
        assert answer.precision == Precision.STREET
        assert answer.street.endswith("Carnot")

    def test_the_commune_may_be_the_wrong_one_of_its_postcode(self, geocoder: Geocoder, areas: Areas) -> None:
        # A list that says Les Pavillons-sous-Bois, with the postcode of Bondy, for a house of Bondy.
        neighbour = areas.commune("93057")
        assert neighbour is not None
        answer = geocoder.in_postcode("12 rue Edouard Vaillant", "93140")
        assert answer is not None
        assert (answer.insee, answer.precision, answer.score) == ("93010", Precision.EXACT, 0.85)
        assert geocoder.in_postcode("rue Edouard Vaillant", "93140") is None

    def test_nothing_is_known_of_an_unknown_commune(self, geocoder: Geocoder) -> None:
        assert geocoder.geocode("12 rue Carnot", "Atlantide") is None

    def test_without_an_index_the_shipped_streets_answer(self, areas: Areas) -> None:
        answer = Geocoder(areas).geocode("Esplanade Claude-Fuzier", "Bondy", "93140")
        assert answer is not None
        assert (answer.street, answer.precision) == ("Esplanade Claude-Fuzier", Precision.STREET)

    def test_a_shipped_street_of_a_merged_commune_is_not_believed(self, areas: Areas) -> None:
        # "Place de la Mairie" of Gionges or of Oger? Only one of them is in the shipped lists.
        answer = Geocoder(areas).geocode("Place de la Mairie", "Blancs-Coteaux", "51130")
        assert answer is not None
        assert answer.precision == Precision.COMMUNE

    def test_it_travels_to_other_processes(self, geocoder: Geocoder) -> None:
        copy = pickle.loads(pickle.dumps(geocoder))
        assert self.ask(copy, "12 rue Edouard Vaillant") == self.ask(geocoder, "12 rue Edouard Vaillant")

    @pytest.mark.parametrize("method", ["spawn", "forkserver"])
    def test_it_answers_in_a_worker(self, geocoder: Geocoder, method: str) -> None:
        context = multiprocessing.get_context(method)
        with context.Pool(1) as pool:
            answer = pool.apply(geocoder.geocode, ("12 rue Edouard Vaillant", "Bondy", "93140"))
        assert answer is not None
        assert answer.precision == Precision.EXACT

    def test_an_index_that_is_not_there_says_what_to_do(self, areas: Areas, tmp_path: Path) -> None:
        with pytest.raises(AddressIndexUnusable) as caught:
            Geocoder(areas, tmp_path / "nowhere").geocode("12 rue Carnot", "Bondy", "93140")
        assert "geocode-index" in caught.value.message("fr")


class TestRanking:
    """The quick way to candidates against trying every street of the commune."""

    def test_it_agrees_with_trying_every_street(self, index: Path, addresses: list[dict[str, str]]) -> None:
        page = BanIndex(index).page("93010")
        assert page is not None
        random_ = random.Random(11)
        streets = sorted({row["nom_voie"] for row in addresses})
        queries = [key(messy(random_, "", "", random_.choice(streets))) for _ in range(1_500)]
        differ = [
            query
            for query in queries
            if query[1]
            and [c.similarity for c in page.matcher.find(query)[:1]]
            != [c.similarity for c in page.matcher.find_exhaustively(query)[:1]]
        ]
        assert differ == []

    def test_tantivy_finds_the_commune_of_a_street(self, index: Path) -> None:
        opened = BanIndex(index)
        assert opened.elsewhere(key("rue Roger Salengro"), "93140") == ["93010"]
        assert opened.elsewhere(key("rue Roger Salengor"), "93140") == ["93010"]
        assert opened.elsewhere(key("rue Roger Salengro"), "93000") == []
        assert opened.communes_with(key("rue Roger Salengro"), "departement", "93") == ["93010"]


class TestWithMess:
    """1,000 addresses of the file as people write them; what was measured is in docs/geocoding.md."""

    def test_houses_are_found_within_50_m_and_exact_means_it(
        self, geocoder: Geocoder, bondy: Commune, addresses: list[dict[str, str]]
    ) -> None:
        random_ = random.Random(5)
        counts: Counter[str] = Counter()
        for row in random_.sample(addresses, 1_000):
            answer = geocoder.in_commune(messy(random_, row["numero"], row["rep"], row["nom_voie"]), bondy, "93140")
            near = bool(answer) and haversine_m(answer.lon, answer.lat, float(row["lon"]), float(row["lat"])) <= 50.0
            counts["within 50 m"] += near
            counts["right street"] += bool(answer) and key(answer.street) == key(row["nom_voie"])
            if answer and answer.precision == Precision.EXACT:
                counts["exact"] += 1
                counts["exact within 50 m"] += near
        assert counts["within 50 m"] >= 980
        assert counts["right street"] >= 980
        assert counts["exact"] >= 900
        assert counts["exact within 50 m"] >= 0.995 * counts["exact"]

    def test_streets_of_elsewhere_are_seldom_taken_for_one_of_here(
        self, geocoder: Geocoder, bondy: Commune, index: Path
    ) -> None:
        page = BanIndex(index).page("93010")
        assert page is not None
        here = set(page.matcher.keys)
        with gzip.open(DATA / "streets.csv.gz", "rt", encoding="utf-8", newline="") as file:
            elsewhere = sorted({row["street"] for row in csv.DictReader(file) if not row["insee"].startswith("93")})
        streets = [street for street in random.Random(3).sample(elsewhere, 2_000) if key(street) not in here]
        answers = [geocoder.in_commune(f"12 {street}", bondy, "93140") for street in streets]
        matches = [answer for answer in answers if answer]
        assert len(matches) <= 0.08 * len(streets)
        assert sum(answer.precision == Precision.EXACT for answer in matches) <= 0.01 * len(streets)


SHORT = {
    "Rue": ("r.", "R", "rue"),
    "Avenue": ("av", "Av.", "ave"),
    "Place": ("pl", "Pl."),
    "Allée": ("all.", "allee"),
    "Allee": ("all.", "allee"),
    "Impasse": ("imp", "Imp."),
    "Chemin": ("ch.", "chem"),
    "Route": ("rte", "Rte."),
    "Square": ("sq.",),
    "Professeur": ("Pr", "Prof."),
    "Sergent": ("Sgt",),
    "Onze": ("11",),
}


def messy(random_: random.Random, number: str, suffix: str, street: str) -> str:
    """An address as people write it: abbreviations, initials, words dropped, a slip, no accents, capitals."""
    words = street.split()
    if random_.random() < 0.5:
        words = [random_.choice(SHORT[word]) if word in SHORT else word for word in words]
    if random_.random() < 0.15 and len(words) >= 3 and words[1][0].isupper() and len(words[1]) > 2:
        words[1] = words[1][0] + "." if random_.random() < 0.5 else ""
    text = " ".join(word for word in words if word)
    if random_.random() < 0.15:
        text = text.replace("de la ", "").replace("des ", "").replace("du ", "")
    if random_.random() < 0.25:
        text = _with_a_slip(random_, text)
    if random_.random() < 0.5:
        text = text.translate(str.maketrans("éèêâîôçÉ’", "eeeaiocE'"))
    if random_.random() < 0.3:
        text = text.upper()
    if suffix:
        number += random_.choice([f" {suffix}", suffix, f" {suffix[0]}"])
    line = f"{number}{random_.choice([' ', ' ', ' ', ', '])}{text}" if number else text
    added = random_.random()
    if added < 0.06 and number:
        return f"Bâtiment A, {line}"
    if added < 0.12:
        return f"{line} BP {random_.randrange(10, 999)}"
    if added < 0.16 and number:
        return f"{line} - 1er étage"
    return f"Espace Liberté - {line}" if added < 0.2 and number else line


def _with_a_slip(random_: random.Random, text: str) -> str:
    """A letter left out, doubled, replaced, or two of them swapped."""
    if len(text) < 6:
        return text
    at, kind = random_.randrange(3, len(text) - 1), random_.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 2:
        return text[: at + 1] + text[at:]
    return text[:at] + random_.choice("aeioulnrst") + text[at + 1 :]
