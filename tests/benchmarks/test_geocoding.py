"""The benchmark of the address index works, small, and always draws the same."""

from pathlib import Path

from benchmarks.geocoding import asked_rows, measure, write_ban
from geo.reference.communes import Areas

DATA = Path(__file__).resolve().parents[2] / "data"


def test_it_measures_size_speed_and_precision() -> None:
    figures = measure(20_000, 400)
    assert figures["addresses"] > 5_000
    assert 8 < figures["bytes_per_address"] < 40
    assert sum(figures["precision"].values()) > 0.99
    assert figures["precision"]["exact"] > 0.85
    assert figures["rows_per_s_with_index"] > 0


def test_a_seed_always_gives_the_same_addresses(areas: Areas, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = (write_ban(areas, tmp_path / name, 10_000) for name in ("a", "b"))
    assert [path.name for path in first] == [path.name for path in second]
    rows = [[record.address for record in asked_rows(areas, paths, 100)] for paths in (first, second)]
    assert rows[0] == rows[1]
