"""The national benchmark: its lists are the same for a seed, readable, counted by the truth, and its run works."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.national import run
from benchmarks.national_files import FILES, TRUTH, generate, source_of
from benchmarks.national_score import compare, score
from ingest.readers.open import read

ROWS = 2_000
BY_POLARS = {"fiches.jsonl": pl.read_ndjson, "base.parquet": pl.read_parquet}
MALFORMED = {"registre.csv": 2}


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("national")
    generate(ROWS, 7, folder)
    return folder


def test_a_seed_always_gives_the_same_lists_and_another_seed_others(lists: Path, tmp_path: Path) -> None:
    generate(ROWS, 7, tmp_path / "again")
    generate(ROWS, 8, tmp_path / "other")
    for file in FILES:
        if file != "classeur.xlsx":  # A workbook tells when it was made.
            assert (tmp_path / "again" / file).read_bytes() == (lists / file).read_bytes(), file
        assert (tmp_path / "other" / file).read_bytes() != (lists / file).read_bytes(), file
    assert pl.read_parquet(lists / TRUTH).equals(pl.read_parquet(tmp_path / "again" / TRUTH))


def test_the_truth_knows_every_row_once_and_eight_percent_are_duplicates(lists: Path) -> None:
    truth = pl.read_parquet(lists / TRUTH)
    assert len(truth) == ROWS
    assert truth.select("source", "source_key").is_unique().all()
    assert truth["duplicate"].mean() == pytest.approx(0.08)
    assert truth.filter(~pl.col("in_scope")).height == ROWS * 0.015
    originals = truth.filter(~pl.col("duplicate"))
    copies = truth.filter("duplicate").join(originals.filter(~pl.col("repeat")), on="place", suffix="_first")
    assert len(copies) == ROWS * 0.08
    assert (copies["source"] != copies["source_first"]).all()


@pytest.mark.parametrize("file", FILES)
def test_every_list_is_readable_and_holds_the_rows_of_the_truth(lists: Path, file: str) -> None:
    by_polars = BY_POLARS.get(file)
    rows = len(by_polars(lists / file)) if by_polars else len(read(lists / file).rows)
    known = pl.read_parquet(lists / TRUTH).filter(pl.col("source") == source_of(file)).height
    assert known <= rows <= known + MALFORMED.get(file, 0)


def test_points_fall_near_their_commune_and_names_are_varied(lists: Path) -> None:
    rows = pl.read_parquet(lists / "base.parquet").drop_nulls(["x", "y"])
    communes = pl.read_csv(Path("data/communes.csv.gz"), infer_schema=False).select(
        pl.col("insee").alias("code_insee"), pl.col("lon", "lat", "area_km2").cast(pl.Float64, strict=False)
    )
    near = rows.join(communes, on="code_insee", how="inner")
    north = (near["y"] - near["lat"]).to_numpy() * 111_195
    east = (near["x"] - near["lon"]).to_numpy() * 111_195 * np.cos(np.radians(near["lat"].to_numpy()))
    radius = np.sqrt(near["area_km2"].to_numpy() / np.pi) * 1000
    assert len(near) == len(rows)
    assert (np.hypot(north, east) < 2 * radius + 500).mean() > 0.95
    assert rows["denomination"].n_unique() > 0.95 * len(rows)


def test_pairs_are_counted_per_place_without_the_further_rooms() -> None:
    truth = pl.DataFrame({
        "source": ["a"] * 5, "source_key": ["1", "2", "3", "4", "5"], "place": [1, 1, 2, 2, 1],
        "repeat": [False] * 4 + [True], "in_scope": [True] * 5,
    })  # fmt: skip
    listings = pl.DataFrame({
        "source": ["a"] * 5, "source_key": ["1", "2", "3", "4", "5"], "place_id": ["x", "x", "x", "y", "x"],
    })  # fmt: skip
    counted = compare(truth, listings)
    assert (counted["true_pairs"], counted["found_pairs"]) == (2, 3)
    assert counted["precision"] == pytest.approx(1 / 3, abs=1e-4)
    assert counted["recall"] == 0.5


def test_a_small_run_works_from_end_to_end(lists: Path) -> None:
    store = f"sqlite:///{lists / 'national.db'}"
    # Two lists are enough to see that the commands fit together; each command has a cold start.
    files = ("horaires_jours.csv", "carte.geojson")
    done = run(lists, store, files)
    assert [step["exit_code"] for step in done["steps"]] == [0, 0], done
    assert all(step["peak_mib"] > 0 for step in done["steps"])
    truth = pl.read_parquet(lists / TRUTH)
    rows = truth.filter(pl.col("source").is_in([source_of(file) for file in files])).height
    assert done["steps"][0]["rows"] == rows
    scored = score(lists, store)
    assert scored["listings"] > rows / 2
    assert scored["precision"] > 0.5
