"""Two columns of coordinates, whatever the system: one decision for the list, checked against its communes."""

import math
import random

import pytest
from pyproj import Transformer

from ingest.normalise.location.coordinates import DEGREES, Fault, degrees, detect, normalise, number

CITIES = {
    "Paris": (2.3522, 48.8566), "Lyon": (4.8357, 45.764), "Marseille": (5.3698, 43.2965), "Brest": (-4.4861, 48.3904),
    "Lille": (3.0573, 50.6292), "Nice": (7.262, 43.7102), "Pau": (-0.3708, 43.2951), "Metz": (6.1757, 49.1193),
}  # fmt: skip
REUNION = {"Saint-Denis": (55.4504, -20.8823), "Saint-Pierre": (55.4777, -21.3393), "Saint-Paul": (55.2707, -21.0096)}
ANTILLES = {
    "Fort-de-France": (-61.0732, 14.6161),
    "Pointe-à-Pitre": (-61.5331, 16.2411),
    "Le Lamentin": (-60.999, 14.613),
}
GUYANE = {"Cayenne": (-52.3261, 4.9372), "Kourou": (-52.6501, 5.1597), "Saint-Laurent": (-54.0289, 5.5039)}


def projected(points: dict[str, tuple[float, float]], epsg: int) -> tuple[list[str], list[str]]:
    convert = Transformer.from_crs(4326, epsg, always_xy=True).transform
    xs, ys = zip(*(convert(lon, lat) for lon, lat in points.values()), strict=True)
    return [f"{x:.2f}" for x in xs], [f"{y:.2f}" for y in ys]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("epsg", "points"),
    [
        (2154, CITIES), (27572, CITIES), (3857, CITIES), (3950, {"Lille": CITIES["Lille"], "Arras": (2.78, 50.29)}),
        (3944, {"Toulouse": (1.4442, 43.6047), "Albi": (2.1486, 43.9251)}), (32631, {"Paris": CITIES["Paris"]}),
        (32630, {"Brest": CITIES["Brest"], "Vannes": (-2.76, 47.658)}), (2975, REUNION), (5490, ANTILLES),
        (32620, ANTILLES),
        (2972, GUYANE), (3857, REUNION),
    ],
)  # fmt: skip
def test_a_projection_is_recognised_by_the_communes_of_its_rows(
    epsg: int, points: dict[str, tuple[float, float]], *, swapped: bool
) -> None:
    xs, ys = projected(points, epsg)
    lons, lats = (ys, xs) if swapped else (xs, ys)
    expected = [(lon + 0.03, lat - 0.02) for lon, lat in points.values()]
    system = detect(lons, lats, expected)
    assert system.swapped is swapped
    assert system.confidence == 1.0
    for read, (lon, lat) in zip(system.convert_all(lons, lats), points.values(), strict=True):
        assert read.lon == pytest.approx(lon, abs=2e-5)
        assert read.lat == pytest.approx(lat, abs=2e-5)
        assert read.fault == (Fault.SWAPPED if swapped else None)


@pytest.mark.parametrize(("epsg", "points"), [(2154, CITIES), (27572, CITIES), (2975, REUNION), (2972, GUYANE)])
def test_most_projections_are_recognised_without_communes(epsg: int, points: dict[str, tuple[float, float]]) -> None:
    xs, ys = projected(points, epsg)
    system = detect(xs, ys)
    assert system.projection is not None
    assert system.projection.epsg == epsg


def test_the_names_of_the_columns_settle_what_fits_two_systems() -> None:
    xs, ys = projected({"Paris": CITIES["Paris"], "Lyon": CITIES["Lyon"]}, 3857)
    assert detect(xs, ys, hint="x_3857 y_3857").projection.epsg == 3857  # type: ignore[union-attr]


def test_swapped_degrees_are_swapped_for_the_whole_list() -> None:
    lons, lats = ([str(point[axis]) for point in CITIES.values()] for axis in (1, 0))
    system = detect(lons, lats)
    assert (system.swapped, system.projection) == (True, None)
    assert system.convert_all(["48,85"], ["2,35"])[0] == normalise("48,85", "2,35")
    assert system.convert_all(["48,85"], ["2,35"])[0].fault == Fault.SWAPPED


@pytest.mark.parametrize("scale", [1e5, 1e6, 1e7])
def test_degrees_without_their_point_are_scaled_back(scale: float) -> None:
    lons, lats = ([str(round(point[axis] * scale)) for point in CITIES.values()] for axis in (0, 1))
    system = detect(lons, lats, list(CITIES.values()))
    assert system.scale == scale
    assert [read.lon for read in system.convert_all(lons, lats)] == pytest.approx([lon for lon, _ in CITIES.values()])


def test_points_lost_at_other_places_in_each_row_are_put_back_by_the_commune() -> None:
    lons = [str(lon).replace(".", "") for lon, _ in CITIES.values()]
    lats = [str(lat).replace(".", "") for _, lat in CITIES.values()]
    system = detect(lons, lats, list(CITIES.values()))
    reads = system.convert_all(lons, lats, list(CITIES.values()))
    assert [(read.lon, read.lat) for read in reads] == [pytest.approx(point) for point in CITIES.values()]


def test_a_row_in_degrees_among_metres_is_still_read() -> None:
    xs, ys = projected(CITIES, 2154)
    read = detect(xs, ys).convert_all(["2.3522"], ["48.8566"])[0]
    assert (read.lon, read.lat) == (2.3522, 48.8566)


def test_a_point_outside_france_is_not_used() -> None:
    xs, ys = projected(CITIES, 2154)
    assert detect(xs, ys).convert_all(["4000000"], ["9000000"])[0].fault == Fault.OUTSIDE_FRANCE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48°51'24\"N", 48.856667), ("2°21′08″E", 2.352222), ("4° 29' 10\" O", -4.486111),
        ("4°29'W", -4.483333),
        ("N 48 51 24", 48.856667), ("20°52'56\"S", -20.882222), ("48°51.4'", 48.856667), ("2,5", 2.5), ("48°", 48.0),
        ("48°75'", None), ("48 51", None), ("rue 4", None), ("", None),
    ],
)  # fmt: skip
def test_degrees_are_read_as_people_write_them(text: str, value: float | None) -> None:
    assert degrees(text) == (None if value is None else pytest.approx(value, abs=1e-6))


@pytest.mark.parametrize(
    ("text", "value"),
    [("652 469,02", 652469.02), ("6.862.035,26", 6862035.26), ("6,862,035.26", 6862035.26),
     ("6862035.26 m", 6862035.26),
     ("1e6", 1e6), ("12 rue", None), ("", None), ("1e999", None)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize("cell", ["47.2184, -1.5536", "POINT (-1.5536 47.2184)", "SRID=4326;POINT(-1.5536 47.2184)"])
def test_one_cell_may_hold_both(cell: str) -> None:
    read = normalise(cell, cell)
    assert (read.lon, read.lat) == (-1.5536, 47.2184)


def test_nothing_is_decided_for_columns_that_are_no_coordinates() -> None:
    assert detect(["", "n/a"], ["", "-"]) == DEGREES
    noise = random.Random(4)
    texts = [str(noise.randrange(10**9, 10**12)) for _ in range(50)]
    assert all(read.lon is None or math.isfinite(read.lon) for read in detect(texts, texts).convert_all(texts, texts))


def test_the_system_is_described_in_both_languages() -> None:
    xs, ys = projected(CITIES, 2154)
    french, english = detect(xs, ys, list(CITIES.values())).sentence()
    assert french == "Lambert 93 (EPSG:2154) ; 100 % des points sont près de leur commune."
    assert english == "Lambert 93 (EPSG:2154); 100% of the points are near their commune."


def test_overseas_rows_of_a_lambert_93_list_are_read_in_their_own_projection() -> None:
    """As SIRENE writes them: few, and each in the projection of its territory."""
    there = {"Saint-Denis": 2975, "Fort-de-France": 5490, "Cayenne": 2972}
    points = {name: point for name, point in {**REUNION, **ANTILLES, **GUYANE}.items() if name in there}
    xs, ys = projected(CITIES, 2154)
    for name, point in points.items():
        (x,), (y,) = projected({name: point}, there[name])
        xs, ys = [*xs, x], [*ys, y]
    system = detect(xs, ys)
    assert system.projection is not None
    assert system.projection.epsg == 2154
    for read, (lon, lat) in zip(system.convert_all(xs, ys), [*CITIES.values(), *points.values()], strict=True):
        assert (read.lon, read.lat) == (pytest.approx(lon, abs=1e-4), pytest.approx(lat, abs=1e-4))


@pytest.mark.parametrize("cell", ["48°51'24\"N 2°21'08\"E", "48° 51' 24\" N, 2° 21' 08\" E"])
def test_one_cell_may_hold_both_with_their_letters(cell: str) -> None:
    read = normalise("", cell)
    assert (read.lon, read.lat) == (pytest.approx(2.3522, abs=1e-3), pytest.approx(48.8567, abs=1e-3))
