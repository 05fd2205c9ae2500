"""A list is staged in parts that nobody takes for whole while some are missing."""

from datetime import date
from pathlib import Path

import pytest

from geo.geocoder.geocoder import Geocoder
from geo.reference.communes import Areas
from ingest.rows.list_parser import ImportRequest, ParsedList, parse_list
from ingest.staging import staging
from ingest.staging.parallel import ParallelStaging
from ingest.staging.staging import stage, stage_share
from tests.ingest.conftest import as_csv

ROWS = [[str(i), f"Le Lab {i}", f"{i} rue Crébillon", "44000", "Nantes"] for i in range(1, 46)]


@pytest.fixture(scope="module")
def geocoder(areas: Areas) -> Geocoder:
    return Geocoder(areas)


@pytest.fixture
def import_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportRequest:
    """A list of five parts."""
    monkeypatch.setattr(staging, "BATCH_ROWS", 10)
    path = tmp_path / "lieux.csv"
    path.write_bytes(as_csv(ROWS, ("id", "nom", "adresse", "code postal", "commune")))
    return ImportRequest(path)


def parse(import_request: ImportRequest, geocoder: Geocoder) -> ParsedList:
    return parse_list(import_request, geocoder, None, date(2026, 11, 25))


def test_two_processes_stage_a_list_together(import_request: ImportRequest, geocoder: Geocoder, tmp_path: Path) -> None:
    whole = stage(*_read(import_request, geocoder), geocoder, tmp_path / "alone").rows
    for share in (1, 0):
        stage_share(*_read(import_request, geocoder), geocoder, tmp_path / "shared", share, of=2)
    staged = stage(
        *_read(import_request, geocoder), geocoder, tmp_path / "shared", lambda *_: pytest.fail("read again")
    )
    assert staged.rows.equals(whole)
    assert staged.rows["row"].to_list() == list(range(1, 46))


@pytest.mark.parametrize("lost", [1, 3, 5])
def test_a_missing_part_is_read_again(
    import_request: ImportRequest, geocoder: Geocoder, tmp_path: Path, lost: int
) -> None:
    """Whoever removed or never wrote it: a list is not taken for staged because its marker says so."""
    staged = stage(*_read(import_request, geocoder), geocoder, tmp_path / "work")
    assert staged.folder is not None
    (staged.folder / f"{lost:06d}.arrow").unlink()
    assert stage(*_read(import_request, geocoder), geocoder, tmp_path / "work").rows.equals(staged.rows)


def test_half_of_a_shared_list_is_no_list(import_request: ImportRequest, geocoder: Geocoder, tmp_path: Path) -> None:
    stage_share(*_read(import_request, geocoder), geocoder, tmp_path / "work", 0, of=2)
    assert stage(*_read(import_request, geocoder), geocoder, tmp_path / "work").rows.height == len(ROWS)


def test_lists_are_staged_in_parallel(import_request: ImportRequest, geocoder: Geocoder, tmp_path: Path) -> None:
    """Worker processes leave what the import finds, under their own number of rows in a part."""
    other = tmp_path / "autres.csv"
    other.write_bytes(as_csv(ROWS[:7], ("id", "nom", "adresse", "code postal", "commune")))
    with ParallelStaging(
        [import_request, ImportRequest(other)], geocoder, tmp_path / "work", None, date(2026, 11, 25)
    ) as parallel:
        parallel.wait(0)
        parallel.wait(1)
    assert len(list((tmp_path / "work").glob("*/complete"))) == 2


def test_a_killed_worker_is_no_reason_to_fail(
    import_request: ImportRequest, geocoder: Geocoder, tmp_path: Path
) -> None:
    with ParallelStaging(
        [import_request, import_request], geocoder, tmp_path / "work", None, date(2026, 11, 25)
    ) as parallel:
        for process in list((parallel._pool._processes or {}).values()):
            process.kill()
        parallel.wait(0)
        parallel.wait(1)
    assert stage(*_read(import_request, geocoder), geocoder, tmp_path / "work").rows.height == len(ROWS)


def _read(import_request: ImportRequest, geocoder: Geocoder) -> tuple[object, object]:
    parsed = parse(import_request, geocoder)
    return parsed.raw, parsed.options
