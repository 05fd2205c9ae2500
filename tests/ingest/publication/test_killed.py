"""An import or undo killed anywhere leaves nothing half-done, and the same command goes on from there."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

import ingest.publication.publisher as publishing
import ingest.undo.undo as undoing
from geo.store.schema import unpublished
from ingest.history import list_imports, undo
from ingest.pipeline import ImportContext
from tests.ingest.conftest import NOW, as_csv

HEADER = ("id", "nom", "adresse", "code postal", "commune", "salle", "places", "horaires")
FIRST = [
    [str(i), f"Le Lab {i}", f"{i} rue Crébillon", "44000", "Nantes", f"Salle {i}", "4", "Lundi-Vendredi 9h-18h"]
    for i in range(1, 30)
]
OTHER = [[f"x{row[0]}", *row[1:5], "Bureau", "2", ""] for row in FIRST[:12]] + [
    [str(i), f"Atelier {i}", f"{i} quai de la Fosse", "44000", "Nantes", "", "", ""] for i in range(100, 120)
]
CHANGED = [[*row[:1], f"{row[1]} bis", *row[2:]] for row in FIRST[:15]]


class Killed(BaseException):
    """Stands for SIGKILL: nothing that would clean up may catch it."""


@contextmanager
def killed_at(store: Engine, statement: int) -> Iterator[dict[str, int]]:
    """Kills the work at its nth statement; counts statements when the number is never reached."""
    seen = {"count": 0}

    def count(*_: Any) -> None:
        seen["count"] += 1
        if seen["count"] == statement:
            raise Killed

    event.listen(store, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(store, "before_cursor_execute", count)


@pytest.fixture
def no_cleaning(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A killed process cleans nothing up: what `publish` does on its way out does not happen."""
    real = publishing.clear_unfinished

    def only_later(engine: Engine, import_id: int) -> None:
        if sys.exc_info()[0] is not Killed:
            real(engine, import_id)

    monkeypatch.setattr(publishing, "clear_unfinished", only_later)
    return monkeypatch


def points(count: int, wanted: int) -> list[int]:
    """Statements to be killed at: all of them, or so many drawn at random."""
    every = list(range(1, count + 1))
    return every if count <= wanted else sorted(random.Random(7).sample(every, wanted))


@pytest.mark.parametrize("rows", [OTHER, CHANGED], ids=["another list", "the same list, changed"])
def test_an_import_killed_anywhere_can_be_run_again(
    store: Engine, seen: Any, bring: Any, communities: None, no_cleaning: Any, tmp_path: Path, rows: list[list[str]]
) -> None:
    options = {"header": HEADER, "community": "ruraconnect", "offered": True}
    name = "b.csv" if rows is OTHER else "a.csv"
    bring(FIRST, name="a.csv", **options)
    before = seen.dump()
    with killed_at(store, 0) as counted:
        whole = bring(rows, name=name, **options)
    after = seen.dump()
    undo(store, whole.import_id, NOW)
    assert seen.dump() == before
    for point in points(counted["count"], 40):
        context = ImportContext(tmp_path / "staging")
        with killed_at(store, point), pytest.raises(Killed):
            bring(rows, name=name, context=context, **options)
        assert seen.dump() in (before, after_by_ids(after, seen.dump())), f"half-done at statement {point}"
        again = bring(rows, name=name, context=ImportContext(tmp_path / "staging"), **options)
        assert sum(again.counts.values()) == len(rows)
        with store.connect() as connection:
            assert connection.execute(select(unpublished)).all() == []
        undo(store, list_imports(store)[0]["import_id"], NOW)
        assert seen.dump() == before, f"not undone after a kill at statement {point}"


def after_by_ids(after: dict[str, list[str]], now: dict[str, list[str]]) -> dict[str, list[str]]:
    """The state now, if it has as many rows as the state after the whole import: it was killed once it was all
    there."""
    whole = {table: len(rows) for table, rows in after.items()} == {table: len(rows) for table, rows in now.items()}
    return now if whole else {}


def test_an_undo_killed_anywhere_can_be_run_again(
    store: Engine, seen: Any, bring: Any, communities: None, no_cleaning: Any
) -> None:
    options = {"header": HEADER, "community": "ruraconnect", "offered": True}
    bring(FIRST, name="a.csv", **options)
    before = seen.dump()
    with killed_at(store, 0) as counted:
        undo(store, bring(OTHER, name="b.csv", **options).import_id, NOW)
    for point in points(counted["count"], 25):
        report = bring(OTHER, name="b.csv", **options)
        after = seen.dump()
        with killed_at(store, point):
            try:
                undo(store, report.import_id, NOW)
            except Killed:
                assert seen.dump() in (before, after), f"half-done at statement {point}"
        if list_imports(store)[0]["state"] == "published":
            undo(store, report.import_id, NOW)
        else:
            undoing.finish(store)
        assert seen.dump() == before
        with store.connect() as connection:
            assert connection.execute(select(unpublished)).all() == []


def test_a_process_killed_for_real_leaves_a_store_that_goes_on(
    tmp_path: Path, bring: Any, store: Engine, seen: Any
) -> None:
    rows = [[str(i), f"Lieu {i}", f"{i} rue de la Paix", "44000", "Nantes", "", "", ""] for i in range(1, 4_000)]
    path = tmp_path / "grand.csv"
    path.write_bytes(as_csv(rows, HEADER))
    work = tmp_path / "staging"
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC;"
        "from geo.reference.communes import Areas;"
        "from geo.store.engine import open_store; from ingest.pipeline import ImportContext, import_file;"
        "url, path, data, work = sys.argv[1:]; print('ready', flush=True);"
        "import_file(open_store(url), Areas.load(Path(data)), Path(path), now=datetime(2026, 11, 23, 9, tzinfo=UTC),"
        " context=ImportContext(Path(work)))"
    )
    url = store.url.render_as_string(hide_password=False)
    data = Path(__file__).resolve().parents[3] / "data"
    for delay_s in (0.3, 0.8, 1.3):
        command = [sys.executable, "-c", code, url, str(path), str(data), str(work)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=data.parent) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay_s)
            process.send_signal(signal.SIGKILL)
        assert len(seen.places()) in (0, 3_999) or all(one["state"] != "published" for one in list_imports(store))
    report = bring(path, name="grand.csv", context=ImportContext(work))
    assert sum(report.counts.values()) == 3_999
    assert len(seen.listings()) == 3_999
