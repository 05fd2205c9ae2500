"""Coverage: exact distances, checked against brute force, and shares that can be recomputed by hand."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import (
    Demand,
    Places,
    Reach,
    count_within,
    coverage,
    nearest,
    nearest_place,
    read_demand,
    share_within,
    sum_by_hexagon,
)
from geo.coverage.report import weighted_medians
from geo.errors import InvalidInput, UnreadableFile
from geo.spatial.distance import EARTH_RADIUS_M, Floats, haversine_array_m, haversine_m
from geo.spatial.h3_cells import cells_of

coordinate = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
in_france = st.tuples(st.floats(-5, 8), st.floats(42, 51))
floor = st.sampled_from([0.0, 0.0, 700.0, 2_500.0, 40_000.0])


def columns(points: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    array = np.array(points, dtype=np.float64).reshape(-1, 2)
    return array[:, 0].copy(), array[:, 1].copy()


def brute_nearest(lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats, floor_m: Floats) -> Floats:
    """The twin: every pair."""
    return np.array(
        [np.maximum(haversine_array_m(x, y, to_lon, to_lat), floor_m).min() for x, y in zip(lon, lat, strict=True)]
    )


def ring(lon: float, lat: float, radius_m: float, count: int = 720) -> tuple[Floats, Floats]:
    """Points at one distance all around, by the direct formula of the great circle."""
    bearing = np.linspace(0, 2 * np.pi, count, endpoint=False)
    arc, phi = radius_m / EARTH_RADIUS_M, np.radians(lat)
    to_phi = np.arcsin(np.sin(phi) * np.cos(arc) + np.cos(phi) * np.sin(arc) * np.cos(bearing))
    turn = np.arctan2(np.sin(bearing) * np.sin(arc) * np.cos(phi), np.cos(arc) - np.sin(phi) * np.sin(to_phi))
    return lon + np.degrees(turn), np.degrees(to_phi)


class TestNearest:
    @given(st.lists(coordinate, min_size=1, max_size=12), st.lists(coordinate, min_size=1, max_size=40))
    @settings(max_examples=60, deadline=None)
    def test_equals_brute_force_anywhere_on_earth(self, cells: list, places: list) -> None:
        (lon, lat), (to_lon, to_lat) = columns(cells), columns(places)
        distance_m, index = nearest(lon, lat, to_lon, to_lat)
        expected = brute_nearest(lon, lat, to_lon, to_lat, np.zeros(len(to_lon)))
        np.testing.assert_allclose(distance_m, expected, rtol=0, atol=0.05)
        assert [haversine_m(*cell, *places[i]) for cell, i in zip(cells, index, strict=True)] == pytest.approx(
            distance_m.tolist(), abs=1e-3
        )

    @pytest.mark.parametrize(
        ("cell", "place", "expected_m"),
        [
            ((179.99, 0.0), (-179.99, 0.0), 2_223.9),
            ((0.0, 90.0), (137.0, 90.0), 0.0),
            ((10.0, 45.0), (10.0, 45.0), 0.0),
            ((2.3522, 48.8566), (-1.5536, 47.2184), 342_780.0),
        ],
        ids=["antimeridian", "pole", "identical", "Paris-Nantes"],
    )
    def test_known_distances(self, cell: tuple, place: tuple, expected_m: float) -> None:
        distance_m, _ = nearest(*columns([cell]), *columns([place]))
        assert distance_m[0] == pytest.approx(expected_m, rel=2e-3, abs=0.1)

    def test_without_places_nothing_is_near(self) -> None:
        distance_m, index = nearest(*columns([(2.0, 48.0)]), *columns([]))
        assert np.isinf(distance_m).all()
        assert index.tolist() == [-1]


class TestPlacesKnownByTheirCommune:
    @given(
        st.lists(in_france, min_size=1, max_size=12),
        st.lists(st.tuples(in_france, floor), min_size=1, max_size=60),
        st.integers(1, 5),
    )
    @settings(max_examples=80, deadline=None)
    def test_floor_is_exact(self, cells: list, places: list, copies: int) -> None:
        lon, lat = columns(cells)
        to_lon, to_lat = columns([point for point, _ in places] * copies)
        floor_m = np.array([metres for _, metres in places] * copies)
        distance_m, index = nearest_place(lon, lat, to_lon, to_lat, floor_m)
        np.testing.assert_allclose(distance_m, brute_nearest(lon, lat, to_lon, to_lat, floor_m), rtol=0, atol=1e-3)
        again = [max(haversine_m(*cells[c], to_lon[i], to_lat[i]), floor_m[i]) for c, i in enumerate(index)]
        assert again == pytest.approx(distance_m.tolist(), abs=1e-3)

    def test_a_far_place_with_a_low_floor_beats_many_near_ones_with_a_high_one(self) -> None:
        rng = np.random.default_rng(7)
        lon, lat = rng.uniform(2.0, 3.0, 80), rng.uniform(46.0, 47.0, 80)
        to_lon, to_lat = rng.uniform(2.0, 3.0, 400), rng.uniform(46.0, 47.0, 400)
        floor_m = np.where(rng.random(400) < 0.03, 500.0, 60_000.0)
        distance_m, _ = nearest_place(lon, lat, to_lon, to_lat, floor_m)
        np.testing.assert_allclose(distance_m, brute_nearest(lon, lat, to_lon, to_lat, floor_m), rtol=0, atol=1e-3)

    def test_is_never_nearer_than_expected_and_yields_to_a_surer_place(self) -> None:
        cell, vague, sure = (2.0, 47.0), (2.0, 47.0), (2.01, 47.0)
        distance_m, index = nearest_place(*columns([cell]), *columns([vague]), np.array([1_500.0]))
        assert (distance_m[0], index[0]) == (1_500.0, 0)
        distance_m, index = nearest_place(*columns([cell]), *columns([vague, sure]), np.array([1_500.0, 0.0]))
        assert index[0] == 1
        assert distance_m[0] == pytest.approx(758, abs=1)

    def test_is_reported_apart(self) -> None:
        demand = Demand(*columns([(2.0, 47.0), (3.0, 47.0)]), np.array([30.0, 10.0]))
        places = Places(
            ids=np.array([7, 9]),
            names=["mairie", "hôtel"],
            lon=np.array([2.0, 3.0]),
            lat=np.array([47.0, 47.0]),
            precision=np.array(["exact", "commune"]),
            expected_m=np.array([0.0, 2_000.0]),
        )
        report = coverage(demand, places, [Reach("1km", 1_000), Reach("5km", 5_000)])
        assert report.within == {"1km": 0.75, "5km": 1.0}
        assert report.commune_only.places == 1
        assert report.commune_only.adds == {"1km": 0.0, "5km": 0.25}


class TestCount:
    @given(
        st.lists(in_france, min_size=1, max_size=10),
        st.lists(in_france, max_size=80),
        st.floats(50, 400_000),
    )
    @settings(max_examples=60, deadline=None)
    def test_equals_brute_force_in_france(self, cells: list, places: list, radius_m: float) -> None:
        self.check(cells, places, radius_m)

    @given(
        st.lists(coordinate, min_size=1, max_size=8),
        st.lists(coordinate, max_size=60),
        st.floats(1_000, 9_000_000),
    )
    @settings(max_examples=60, deadline=None)
    def test_equals_brute_force_anywhere(self, cells: list, places: list, radius_m: float) -> None:
        self.check(cells, places, radius_m)

    def test_equals_brute_force_in_a_dense_town(self) -> None:
        rng = np.random.default_rng(5)
        cells = rng.normal((2.35, 48.85), 0.08, (60, 2)).tolist()
        places = rng.normal((2.35, 48.85), 0.08, (5_000, 2)).tolist()
        self.check(cells, places, 3_000.0)

    @pytest.mark.parametrize("lat", [0.0, 47.0, -21.1, 68.0])
    @pytest.mark.parametrize("radius_m", [800.0, 15_000.0, 200_000.0])
    def test_the_edge_is_exact_all_around(self, lat: float, radius_m: float) -> None:
        """A ring of places a metre inside counts, one a metre outside does not, from many centres."""
        for shift in np.linspace(0.0, 0.02, 23):
            centre = (2.0, lat + shift)
            inside, outside = ring(*centre, radius_m - 1.0), ring(*centre, radius_m + 1.0)
            lon, lat_of = (np.concatenate(pair) for pair in zip(inside, outside, strict=True))
            counted = count_within(*columns([centre]), lon, lat_of, radius_m)
            assert counted.tolist() == [len(inside[0])]

    def check(self, cells: list, places: list, radius_m: float) -> None:
        (lon, lat), (to_lon, to_lat) = columns(cells), columns(places)
        expected = [int((haversine_array_m(x, y, to_lon, to_lat) <= radius_m).sum()) for x, y in cells]
        # A pair within a hair of the radius may fall on either side: no example can tell which is right.
        margins = [np.abs(haversine_array_m(x, y, to_lon, to_lat) - radius_m).min(initial=1.0) for x, y in cells]
        counts = count_within(lon, lat, to_lon, to_lat, radius_m)
        assert [c for c, m in zip(counts, margins, strict=True) if m > 1e-6] == [
            e for e, m in zip(expected, margins, strict=True) if m > 1e-6
        ]


class TestCoverage:
    demand = Demand(
        *columns([(2.00, 47.0), (2.05, 47.0), (2.20, 47.0), (3.00, 47.0)]), np.array([100.0, 50.0, 30.0, 20.0])
    )
    reaches = (Reach("5km", 5_000), Reach("20km", 20_000))

    def test_shares_are_of_people_not_of_cells(self) -> None:
        report = coverage(self.demand, Places.at(np.array([2.0]), np.array([47.0])), self.reaches)
        assert report.people == 200
        assert report.within == {"5km": 0.75, "20km": 0.9}
        assert report.beyond == 20

    def test_areas_add_up_to_the_whole(self) -> None:
        areas = np.array(["18", "18", "18", "58"])
        report = coverage(self.demand, Places.at(np.array([2.0]), np.array([47.0])), self.reaches, areas)
        assert [row.code for row in report.areas] == ["58", "18"], "most people beyond the limit first"
        for label, share in report.within.items():
            assert sum(row.people * row.within[label] for row in report.areas) / report.people == pytest.approx(share)
        cher = report.areas[1]
        to_second, to_third = haversine_m(2, 47, 2.05, 47), haversine_m(2, 47, 2.2, 47)
        assert cher.mean_m == pytest.approx((50 * to_second + 30 * to_third) / 180)
        assert cher.median_m == pytest.approx(0.0)
        assert cher.beyond == 0

    def test_a_cell_of_no_area_counts_only_overall(self) -> None:
        areas = np.array(["18", "", "18", ""])
        report = coverage(self.demand, Places.at(np.array([2.0]), np.array([47.0])), self.reaches, areas)
        assert [(row.code, row.people) for row in report.areas] == [("18", 130.0)]

    def test_without_places_nobody_is_covered(self) -> None:
        empty = Places.at(np.array([]), np.array([]))
        report = coverage(self.demand, empty, self.reaches, np.array(["18"] * 4))
        assert report.within == {"5km": 0.0, "20km": 0.0}
        assert report.beyond == 200
        assert (report.areas[0].mean_m, report.areas[0].median_m) == (None, None)

    @pytest.mark.parametrize("reaches", [(), (Reach("0km", 0.0),), (Reach("", float("inf")),)])
    def test_asks_for_a_positive_distance(self, reaches: tuple) -> None:
        with pytest.raises(InvalidInput):
            coverage(self.demand, Places.at(np.array([2.0]), np.array([47.0])), reaches)

    def test_nobody_has_no_share(self) -> None:
        assert share_within(np.array([]), np.array([]), 5_000) == 0.0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 9)), min_size=1, max_size=60))
@settings(max_examples=80, deadline=None)
def test_the_median_is_that_of_people_written_out_one_by_one(rows: list[tuple[int, int, int]]) -> None:
    group, values, weights = (np.array(column) for column in zip(*rows, strict=True))
    medians = weighted_medians(values.astype(float), weights.astype(float), group, 4)
    for which in range(4):
        people = sorted(np.repeat(values[group == which], weights[group == which]).tolist())
        if people:
            assert medians[which] == people[(len(people) - 1) // 2]
        else:
            assert np.isnan(medians[which])


def test_hexagons_keep_everybody() -> None:
    rng = np.random.default_rng(3)
    lon, lat, people = rng.uniform(-1, 3, 500), rng.uniform(45, 48, 500), rng.integers(0, 900, 500).astype(float)
    distance_m = rng.uniform(0, 20_000, 500)
    hexagons = sum_by_hexagon(cells_of(lon, lat, 6), people, distance_m, 10_000)
    assert hexagons.people.sum() == people.sum()
    assert hexagons.beyond.sum() == people[distance_m > 10_000].sum()
    assert (hexagons.beyond <= hexagons.people).all()
    assert (np.diff(hexagons.cells.astype(np.int64)) > 0).all()


class TestDemandFile:
    def test_border_cells_are_left_out_unless_asked(self, tmp_path: Path) -> None:
        path = tmp_path / "grid.parquet"
        pl.DataFrame(
            {"lon": [2.0, 7.6], "lat": [48.0, 48.5], "population": [10, 5], "cntr": ["FR", "DE-FR"]}
        ).write_parquet(path)
        assert read_demand(path).people.tolist() == [10.0]
        assert read_demand(path, border_cells=True).people.tolist() == [10.0, 5.0]

    def test_a_french_spreadsheet_export_is_understood(self, tmp_path: Path) -> None:
        path = tmp_path / "emplois.csv"
        path.write_text("Longitude;Latitude;pop\n2,35;48,85;120\n-1,55;47,22;80\n", encoding="utf-8")
        demand = read_demand(path)
        assert demand.lon.tolist() == [2.35, -1.55]
        assert demand.people.tolist() == [120.0, 80.0]

    def test_a_map_counts_from_its_centroids(self, tmp_path: Path) -> None:
        import geopandas
        import shapely

        path = tmp_path / "carreaux.gpkg"
        squares = [shapely.box(600_000, 6_600_000, 601_000, 6_601_000)]
        geopandas.GeoDataFrame({"ind": [12]}, geometry=squares, crs=2154).to_file(path)
        demand = read_demand(path)
        assert demand.people.tolist() == [12.0]
        assert haversine_m(demand.lon[0], demand.lat[0], 1.696, 46.4988) < 1_000

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("absent.csv", None, "does not exist"),
            ("grid.docx", b"x", "not read"),
            ("broken.parquet", b"PAR1 half written", "cannot be read"),
            ("empty.csv", b"", "cannot be read"),
            ("broken.geojson", b"{", "cannot be read"),
            ("noone.csv", b"lon,lat\n2,48\n", "no population column"),
            ("swapped.csv", b"lon,lat,population\n2,148,5\n", "row 1"),
            ("hole.csv", b"lon,lat,population\n2,48,5\n2,,5\n", "row 2"),
            ("negative.csv", b"lon,lat,population\n2,48,-5\n", "row 1"),
        ],
    )
    def test_bad_input_gets_one_sentence(self, tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises((InvalidInput, UnreadableFile), match=words):
            read_demand(path)
