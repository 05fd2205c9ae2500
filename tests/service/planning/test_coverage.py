"""Coverage as planners meet it: the command, the API, the files, the page; on SQLite and on PostGIS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import polars as pl
import pyogrio
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, delete, insert, update
from typer.testing import CliRunner

from geo.coverage import NO_EPCI, Demand, Level, codes_at, communes_of, read_demand
from geo.coverage.supply import list_sources, read_positions
from geo.errors import InvalidInput, StorageFull
from geo.spatial.distance import haversine_array_m
from geo.store.engine import open_store, writing
from geo.store.revisions import record_changes
from geo.store.schema import community, listing, place, space, space_community
from geo.types import PlaceKind, PlaceStatus, Point
from service.app import create_app
from service.cli.main import app as cli
from service.planning.coverage_desk import CoverageDesk, CoverageRequest, as_json, percent
from service.planning.coverage_export import cell_frame, write_coverage
from service.settings import ROOT, Settings

DATA = ROOT / "data"
PLACES: tuple[dict[str, Any], ...] = (
    {"id": 1, "name": "Mairie de Nantes", "kind": "mairie", "status": "candidate", "lon": -1.5536, "lat": 47.2184},
    {"id": 2, "name": "Médiathèque", "kind": "library", "status": "offered", "lon": -1.5617, "lat": 47.2064},
    {"id": 3, "name": "Mairie de Mende", "kind": "mairie", "status": "candidate", "lon": 3.4989, "lat": 44.5182},
    {"id": 4, "name": "Ancien café", "kind": "cafe", "status": "closed", "lon": 2.35, "lat": 48.85},
    {
        "id": 5,
        "name": "Hôtel du Centre",
        "kind": "hotel",
        "status": "candidate",
        "lon": 5.7245,
        "lat": 45.1885,
        "precision": "commune",
        "expected_m": 1_600.0,
    },
    {"id": 6, "name": "Bureau réservé", "kind": "company", "status": "offered", "lon": 7.75, "lat": 48.58},
)
LISTINGS = (
    (1, "mairies", 1, None),
    (2, "libraries", 2, None),
    (3, "mairies", 3, None),
    (4, "osm", 4, None),
    (5, "hotels", 5, None),
    (6, "secret", 6, "cercle"),
    (7, "secret", 1, "cercle"),
)


def fill(engine: Engine) -> None:
    """Six places of real towns; the last is a private circle's."""
    defaults = {
        "match_key": "",
        "h3_r9": 1,
        "precision": "exact",
        "expected_m": 0.0,
        "time_zone": "Europe/Paris",
        "amenities": {},
    }
    rows = [{**defaults, **row, "position": Point(row["lon"], row["lat"])} for row in PLACES]
    columns = ("id", "source", "place_id", "community")
    listings = [dict(zip(columns, values, strict=True)) for values in LISTINGS]
    common = {"fingerprint": "0" * 64, "raw": {}, "licence": "LO", "import_id": 1}
    with writing(engine) as connection:
        colours = {"brand": "#0e5a4b", "brand_ink": "#ffffff", "brand_wash": "#e6f1ee"}
        circle = {"slug": "cercle", "name": "Cercle", "sharing": "private", "words": "", "partners": [], "values": []}
        connection.execute(insert(community), [{**circle, "colours": colours}])
        connection.execute(insert(place), rows)
        connection.execute(insert(listing), [{**one, **common, "source_key": str(one["id"])} for one in listings])
        connection.execute(
            insert(space),
            [{"id": 9, "place_id": 6, "key": "d", "kind": "desk", "name": "Poste", "seats": 1, "amenities": {}}],
        )
        connection.execute(insert(space_community), [{"space_id": 9, "community": "cercle"}])
        record_changes(connection, [row["id"] for row in rows])


@pytest.fixture
def towns(store: Engine) -> Engine:
    fill(store)
    return store


@pytest.fixture(scope="module")
def sqlite_towns(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of the same store on SQLite alone, for what only reads and does not touch the database's dialect."""
    path = tmp_path_factory.mktemp("coverage") / "towns.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_store(f"sqlite:///{path}")
    fill(engine)
    engine.dispose()
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def census() -> Demand:
    return read_demand(DATA / "population_1km.parquet")


@pytest.fixture(scope="module")
def desk(sqlite_towns: str) -> Iterator[CoverageDesk]:
    engine = open_store(sqlite_towns)
    yield CoverageDesk(engine, DATA)
    engine.dispose()


@pytest.fixture
def changing_desk(sqlite_template: Path, tmp_path: Path) -> Iterator[CoverageDesk]:
    """A desk over a store of its own, for tests that change it."""
    path = tmp_path / "changing.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_store(f"sqlite:///{path}")
    fill(engine)
    yield CoverageDesk(engine, DATA)
    engine.dispose()


@pytest.fixture(scope="module")
def client(sqlite_towns: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("app")
    settings = Settings(
        store=sqlite_towns,
        index=folder / "index",
        uploads=folder / "uploads",
        mappings=folder / "mappings",
        basemap="offline",
    )
    with TestClient(create_app(settings)) as client:
        yield client


class TestTheGrid:
    def test_the_census_has_its_people(self, census: Demand) -> None:
        assert (len(census), census.people.sum()) == (372_427, 64_540_441)
        assert len(read_demand(DATA / "population_1km.parquet", border_cells=True)) == 376_608

    def test_every_french_cell_has_its_areas(self, census: Demand) -> None:
        sample = slice(None, None, 25)
        communes = communes_of(DATA, census.lon[sample], census.lat[sample], all_in_france=True)
        assert (communes != "").all()
        for level in Level:
            assert (codes_at(DATA, communes, level) != "").all(), level
        assert len(set(codes_at(DATA, communes, Level.DEPARTEMENT).tolist())) == 96
        assert len(set(codes_at(DATA, communes, Level.REGION).tolist())) == 13

    def test_islands_without_epci_are_kept_together(self) -> None:
        ouessant, yeu = (-5.0966, 48.4575), (-2.3480, 46.7110)
        lon, lat = (pl.Series(column).to_numpy() for column in zip(ouessant, yeu, strict=True))
        communes = communes_of(DATA, lon, lat)
        assert communes.tolist() == ["29155", "85113"]
        assert codes_at(DATA, communes, Level.EPCI).tolist() == [NO_EPCI] * 2


class TestTheFilter:
    def test_any_place_that_is_not_closed(self, towns: Engine) -> None:
        places = read_positions(towns)
        assert places.ids.tolist() == [1, 2, 3, 5, 6]
        assert places.precision.tolist() == ["exact", "exact", "exact", "commune", "exact"]
        assert places.expected_m.tolist() == [0, 0, 0, 1_600, 0]

    def test_kind_source_and_status_narrow_it(self, towns: Engine) -> None:
        assert read_positions(towns, kinds=[PlaceKind.MAIRIE, PlaceKind.LIBRARY]).ids.tolist() == [1, 2, 3]
        assert read_positions(towns, sources=["libraries", "hotels"]).ids.tolist() == [2, 5]
        assert read_positions(towns, statuses=[PlaceStatus.OFFERED]).ids.tolist() == [2, 6]
        assert read_positions(towns, statuses=[PlaceStatus.CLOSED]).ids.tolist() == [4]
        assert read_positions(towns, kinds=[PlaceKind.MAIRIE], sources=["libraries"]).ids.tolist() == []

    def test_others_do_not_see_a_private_circle(self, towns: Engine) -> None:
        outside, inside = frozenset[str](), frozenset({"cercle"})
        assert 6 not in read_positions(towns, visible=outside).ids.tolist()
        assert 6 in read_positions(towns, visible=inside).ids.tolist()
        assert "secret" not in list_sources(towns, outside)
        assert "secret" in list_sources(towns, inside)
        # The town hall is public, but that it stands on the circle's list is not.
        assert read_positions(towns, sources=["secret"], visible=outside).ids.tolist() == []
        assert read_positions(towns, sources=["secret"], visible=inside).ids.tolist() == [1, 6]


class TestTheDesk:
    def test_shares_are_those_of_brute_force(self, desk: CoverageDesk, census: Demand) -> None:
        answer = as_json(desk.answer(CoverageRequest(within=("5km", "40 km"), kind=("mairie",))))
        distance_m = [haversine_array_m(p["lon"], p["lat"], census.lon, census.lat) for p in (PLACES[0], PLACES[2])]
        for label, radius_m in (("5km", 5_000), ("40km", 40_000)):
            near = (distance_m[0] <= radius_m) | (distance_m[1] <= radius_m)
            assert answer["within"][label] == census.people[near].sum() / census.people.sum()
        assert answer["people"] == 64_540_441
        assert answer["places"] == 2

    def test_areas_hold_everybody_once(self, desk: CoverageDesk) -> None:
        answer = as_json(desk.answer(CoverageRequest(by="departement", kind=("mairie",))))
        assert len(answer["areas"]) == 96
        assert sum(area["people"] for area in answer["areas"]) == answer["people"]
        assert sum(area["beyond"] for area in answer["areas"]) == answer["beyond"]["people"]
        assert answer["areas"][0]["beyond"] == max(area["beyond"] for area in answer["areas"])
        assert {area["code"]: area["name"] for area in answer["areas"]}["48"] == "Lozère"

    def test_an_answer_is_kept_until_the_store_changes(self, changing_desk: CoverageDesk) -> None:
        question = CoverageRequest(kind=("library",))
        first = changing_desk.answer(question)
        assert changing_desk.answer(question) is first
        with writing(changing_desk.engine) as connection:
            connection.execute(update(place).where(place.c.id == 2).values(status="closed"))
            record_changes(connection, [2])
        assert len(changing_desk.answer(question).coverage.places) == 0

    def test_what_one_may_see_is_not_served_to_another(self, desk: CoverageDesk) -> None:
        question = CoverageRequest(kind=("company",))
        assert len(desk.answer(question, frozenset({"cercle"})).coverage.places) == 1
        assert len(desk.answer(question, frozenset()).coverage.places) == 0

    def test_a_planner_brings_their_own_demand(self, desk: CoverageDesk, tmp_path: Path) -> None:
        path = tmp_path / "emplois.csv"
        path.write_text("lon,lat,people\n-1.55,47.22,2.5\n3.4989,44.5182,7.5\n")
        answer = as_json(
            desk.answer(CoverageRequest(demand=path, by="commune", within=("5km",), source=("libraries",)))
        )
        assert answer["people"] == 10
        assert answer["within"] == {"5km": 0.25}
        assert [area["name"] for area in answer["areas"]] == ["Mende", "Nantes"]

    def test_minutes_follow_the_mode(self, desk: CoverageDesk) -> None:
        walk, car = (
            desk.answer(CoverageRequest(within=("15min",), mode=mode, kind=("mairie",))).coverage.within["15min"]
            for mode in ("walk", "car")
        )
        assert 0 < walk < car

    @pytest.mark.parametrize(
        ("request_", "words"),
        [
            (CoverageRequest(kind=("bar",)), "coworking, company"),
            (CoverageRequest(source=("nulle",)), "hotels, libraries, mairies"),
            (CoverageRequest(status=("open",)), "candidate, offered"),
            (CoverageRequest(by="canton"), "commune, epci, departement, region"),
            (CoverageRequest(within=("loin",)), "10km"),
            (CoverageRequest(within=("0km",)), "positive distance"),
            (CoverageRequest(within=tuple(f"{n}km" for n in range(1, 9))), "at most 6"),
            (CoverageRequest(within=("15min",), mode="horse"), "walk, bike, car"),
        ],
    )
    def test_what_does_not_exist_is_answered_by_what_does(
        self, desk: CoverageDesk, request_: CoverageRequest, words: str
    ) -> None:
        with pytest.raises(InvalidInput, match=words):
            desk.answer(request_)

    def test_a_source_of_an_empty_store_says_to_import(self, changing_desk: CoverageDesk) -> None:
        with writing(changing_desk.engine) as connection:
            connection.execute(delete(listing))
        with pytest.raises(InvalidInput, match="placelibre import"):
            changing_desk.answer(CoverageRequest(source=("mairies",)))


class TestFiles:
    question = CoverageRequest(within=("5km", "10km"), by="departement")

    def test_a_geopackage_has_cells_and_areas(self, desk: CoverageDesk, tmp_path: Path) -> None:
        demand = tmp_path / "few.csv"
        demand.write_text("lon,lat,people\n-1.55,47.22,5\n-1.6,47.3,3\n5.72,45.19,4\n")
        answer = desk.answer(CoverageRequest(within=("5km", "10km"), by="departement", demand=demand))
        out = tmp_path / "gaps.gpkg"
        assert write_coverage(out, answer, desk.outlines(answer)) == [out]
        assert [name for name, _ in pyogrio.list_layers(out)] == ["cells", "areas"]
        cells, areas = geopandas.read_file(out, layer="cells"), geopandas.read_file(out, layer="areas")
        assert cells.crs.to_epsg() == 4326
        assert cells["place_name"].tolist() == ["Mairie de Nantes", "Mairie de Nantes", "Hôtel du Centre"]
        assert cells["distance_m"].tolist()[2] == 1_600.0, "a place known by its commune keeps its distance"
        assert cells["place_precision"].tolist() == ["exact", "exact", "commune"]
        assert cells["within_5km"].tolist() == [True, False, True]
        assert dict(zip(areas["code"], areas["people"], strict=True)) == {"38": 4, "44": 8}
        assert areas.geometry.contains(cells.geometry.iloc[2]).tolist() == (areas["code"] == "38").tolist()

    @pytest.mark.parametrize("suffix", [".csv", ".parquet"])
    def test_tables_come_in_two_files(self, desk: CoverageDesk, tmp_path: Path, suffix: str) -> None:
        answer = desk.answer(self.question)
        written = write_coverage(tmp_path / f"gaps{suffix}", answer)
        assert [path.name for path in written] == [f"gaps{suffix}", f"gaps-departement{suffix}"]
        if suffix == ".csv":
            cells, areas = (pl.read_csv(path, infer_schema_length=None) for path in written)
        else:
            cells, areas = (pl.read_parquet(path) for path in written)
        assert cells.height == 372_427
        assert int(cells["people"].sum()) == int(areas["people"].sum()) == 64_540_441
        share = cells.filter(pl.col("within_10km"))["people"].sum() / cells["people"].sum()
        assert share == answer.coverage.within["10km"]
        assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []

    def test_without_places_the_nearest_is_missing_not_wrong(self, desk: CoverageDesk) -> None:
        frame = cell_frame(desk.answer(CoverageRequest(kind=("station",))))
        assert frame["place_id"].isna().all()
        assert frame["distance_m"].isna().all()
        assert not frame["within_10km"].any()

    @pytest.mark.parametrize("name", ["gaps.xlsx", "gaps", "nowhere/gaps.csv"])
    def test_a_name_that_cannot_be_written_is_refused_before_any_work(
        self, desk: CoverageDesk, tmp_path: Path, name: str
    ) -> None:
        answer = desk.answer(CoverageRequest(kind=("library",)))
        with pytest.raises(InvalidInput):
            write_coverage(tmp_path / name, answer)

    def test_a_full_disk_leaves_the_old_file(
        self, desk: CoverageDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "gaps.gpkg"
        out.write_bytes(b"old")

        def full(*_: object, **__: object) -> None:
            raise pyogrio.errors.DataSourceError("database or disk is full")

        monkeypatch.setattr(geopandas.GeoDataFrame, "to_file", full)
        with pytest.raises(StorageFull):
            write_coverage(out, desk.answer(CoverageRequest(kind=("library",))))
        assert out.read_bytes() == b"old"
        assert [path.name for path in tmp_path.glob("*gaps*")] == ["gaps.gpkg"]


class TestTheCommand:
    @pytest.fixture
    def run(self, sqlite_towns: str, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setenv("PLACELIBRE_STORE", sqlite_towns)
        monkeypatch.setenv("PLACELIBRE_LANGUAGE", "en")
        return lambda *arguments: CliRunner().invoke(cli, ["coverage", *arguments])

    def test_json_keeps_its_contract(self, run: Any, tmp_path: Path) -> None:
        result = run("--within", "5km", "--within", "10km", "--source", "mairies", "--json")
        assert result.exit_code == 0, result.output
        answer = json.loads(result.stdout)
        assert answer["people"] == 64_540_441
        assert list(answer["within"]) == ["5km", "10km"]
        assert all(0 < share < 0.05 for share in answer["within"].values())
        demand, out = tmp_path / "emplois.csv", tmp_path / "gaps.csv"
        demand.write_text("lon,lat,people\n-1.55,47.22,2.5\n3.5,44.5,7.5\n")
        result = run("--demand", str(demand), "--by", "region", "--within", "5km", "--json", "--out", str(out))
        assert {area["name"] for area in json.loads(result.stdout)["areas"]} == {"Pays de la Loire", "Occitanie"}
        assert out.with_name("gaps-region.csv").is_file()

    def test_people_get_a_table(self, run: Any) -> None:
        result = run()
        assert result.exit_code == 0
        assert "64,540,441 people (372,427 cells)" in result.stdout
        assert "known only by their commune" in result.stdout

    def test_no_place_is_said_and_not_an_error(self, run: Any) -> None:
        result = run("--kind", "station", "--json")
        assert result.exit_code == 0
        assert json.loads(result.stdout)["within"] == {"5km": 0.0, "10km": 0.0}
        assert "No place matches" in result.stderr

    def test_border_cells_count_when_asked(self, run: Any) -> None:
        assert json.loads(run("--all-cells", "--json").stdout)["cells"] == 376_608

    def test_a_bad_value_is_an_error_of_ours(self, run: Any) -> None:
        assert isinstance(run("--kind", "bar").exception, InvalidInput)
        assert isinstance(run("--out", "gaps.docx").exception, InvalidInput)


class TestTheApi:
    def test_json(self, client: TestClient) -> None:
        body = client.get("/api/v1/coverage", params={"kind": "mairie", "by": "epci", "limit": 3}).json()
        assert body["people"] == 64_540_441
        assert set(body["within"]) == {"5km", "10km"}
        assert len(body["areas"]) == 3

    def test_hexagons_hold_everybody(self, client: TestClient) -> None:
        parameters = {"kind": "mairie", "within": "10km"}
        response = client.get("/api/v1/coverage/hexagons", params=parameters)
        body = response.json()
        assert sum(body["people"]) == 64_540_441
        assert sum(body["beyond"]) == client.get("/api/v1/coverage", params=parameters).json()["beyond"]["people"]
        assert len(body["cells"]) == len(body["people"]) == len(body["beyond"]) == len(body["mean_m"])
        assert response.headers["content-encoding"] == "gzip"
        assert response.num_bytes_downloaded < 1_500_000

    def test_hexagons_as_geojson(self, client: TestClient) -> None:
        parameters = {"kind": "mairie", "within": "10km", "resolution": 4, "f": "geojson"}
        response = client.get("/api/v1/coverage/hexagons", params=parameters)
        assert response.headers["content-type"] == "application/geo+json"
        features = response.json()["features"]
        assert sum(one["properties"]["people"] for one in features) == 64_540_441
        assert {one["geometry"]["type"] for one in features} == {"Polygon"}

    def test_downloads(self, client: TestClient, tmp_path: Path) -> None:
        csv = client.get("/api/v1/coverage/areas.csv", params={"by": "region"})
        assert csv.content.startswith(b"\xef\xbb\xbfcode,name,people")
        assert len(csv.text.splitlines()) == 14
        path = tmp_path / "downloaded.gpkg"
        path.write_bytes(client.get("/api/v1/coverage/coverage.gpkg", params={"within": "10km"}).content)
        assert geopandas.read_file(path, layer="hexagons")["people"].sum() == 64_540_441

    def test_a_private_list_does_not_exist_for_others(self, client: TestClient) -> None:
        response = client.get("/api/v1/coverage", params={"source": "secret"})
        assert response.status_code == 422
        assert "secret, " not in response.json()["detail"]
        assert client.get("/api/v1/coverage", params={"kind": "company"}).json()["places"] == 0

    @pytest.mark.parametrize("query", ["within=x", "by=canton", "kind=bar", "resolution=9", "f=xml", "limit=0"])
    def test_bad_questions_are_problems(self, client: TestClient, query: str) -> None:
        path = "/api/v1/coverage/hexagons" if query[0] in "rf" else "/api/v1/coverage"
        response = client.get(f"{path}?{query}")
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"


class TestThePage:
    def test_figures_and_table_without_javascript(self, client: TestClient) -> None:
        page = client.get("/territoires", params={"lang": "fr", "kind": "mairie", "by": "region"}).text
        assert "64\u00a0540\u00a0441 habitants" in page
        assert "Île-de-France" in page
        assert "13 territoires affichés sur 13" in page

    def test_english(self, client: TestClient) -> None:
        page = client.get("/territoires", params={"lang": "en", "kind": "mairie"}).text
        assert "64,540,441 people" in page
        assert "Who lives too far" in page

    def test_a_filter_without_places_says_what_to_do(self, client: TestClient) -> None:
        page = client.get("/territoires", params={"lang": "fr", "kind": "station"})
        assert page.status_code == 200
        assert "Aucun lieu ne correspond" in page.text

    def test_a_bad_value_comes_back_with_the_form(self, client: TestClient) -> None:
        page = client.get("/territoires", params={"lang": "fr", "near": "<b>", "far": "10km"})
        assert page.status_code == 422
        assert "n&#39;est pas une distance" in page.text
        assert "<b>" not in page.text.split("</header>")[1].split("</form>")[0]

    def test_the_legend_counts_people(self, client: TestClient) -> None:
        page = client.get("/territoires", params={"lang": "fr", "kind": "mairie"}).text
        for words in ("aucun : tous sont à portée", "1 à 99", "2\u00a0000 à 9\u00a0999", "10\u00a0000 et plus"):
            assert words in page


@pytest.mark.parametrize(
    ("share", "french", "english"),
    [
        (0.0, "0\u00a0%", "0%"),
        (1.0, "100\u00a0%", "100%"),
        (0.834, "83,4\u00a0%", "83.4%"),
        (0.99999, "99,9\u00a0%", "99.9%"),
        (0.00001, "0,1\u00a0%", "0.1%"),
    ],
)
def test_a_share_never_claims_everybody_or_nobody_wrongly(share: float, french: str, english: str) -> None:
    assert (percent(share, "fr"), percent(share, "en")) == (french, english)
