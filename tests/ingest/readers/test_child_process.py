"""Native readers run in a child process: whatever becomes of it costs one file, and the next list is read."""

import gc
import io
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geo.errors import UnreadableFile
from ingest.readers.child import process
from ingest.readers.child.process import ChildDeath, ChildReader
from ingest.readers.common.raw_list import RawList
from ingest.readers.open import READERS, open_list, read

SAMPLES = Path(__file__).parents[2] / "data" / "readers"
SHEET = "xl/worksheets/sheet1.xml"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(cells: str, sheet: str = SHEET) -> bytes:
    """A workbook of one sheet, stored in the package under the name `sheet`."""
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/worksheet" Target="/{sheet}"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Lieux" sheetId="1" r:id="r1"/></sheets></workbook>',
        sheet: f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()


FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
NEAR = '<row r="1"><c r="A1"><v>1</v></c></row>'
FAR_OFF_CELLS = {
    "as Excel writes it": workbook(NEAR + FAR),
    "single quotes": workbook(NEAR + FAR.replace('"', "'")),
    "blanks around the equals sign": workbook(NEAR + FAR.replace("=", " = ")),
    "small letters": workbook(NEAR + FAR.replace("XFD", "xfd")),
    "a sheet elsewhere in the package": workbook(NEAR + FAR, "custom/page.bin"),
    "a prefix of its own": workbook(NEAR + FAR.replace("<c ", "<c\t")),
}


@pytest.mark.parametrize("spelling", FAR_OFF_CELLS)
def test_a_far_off_cell_costs_its_workbook_only(spelling: str) -> None:
    content = FAR_OFF_CELLS[spelling]
    assert len(content) < 2_000
    with pytest.raises(UnreadableFile, match="million cells") as refusal:
        open_list(content, "liste.xlsx")
    assert "cellules éloignées" in refusal.value.message("fr")
    assert len(read(SAMPLES / "libraries.xlsx").rows) == 7


@pytest.fixture
def rogue(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], RawList]:
    """Opens a list with one of the readers of `rogue_readers`."""

    def run(function: str) -> RawList:
        monkeypatch.setitem(READERS, ".rogue", ChildReader("tests.ingest.readers.rogue_readers", function))
        return open_list(b"content", "liste.rogue")

    return run


def test_a_child_without_memory_costs_its_file_only(
    rogue: Callable[[str], RawList], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "CHILD_MEMORY_BYTES", 500_000_000)
    with pytest.raises(UnreadableFile, match="too much memory") as refusal:
        rogue("exhaust_memory")
    assert refusal.value.message("fr").endswith("en CSV.")


def test_a_child_that_hangs_is_killed(rogue: Callable[[str], RawList], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "CHILD_S", 2)
    with pytest.raises(UnreadableFile, match="more than 2 seconds") as refusal:
        rogue("hang")
    assert refusal.value.message("fr").endswith("en CSV.")


@pytest.mark.parametrize(("function", "status"), [("crash", -11), ("err", 1)])
def test_a_child_that_dies_costs_its_file_only(rogue: Callable[[str], RawList], function: str, status: int) -> None:
    with pytest.raises(UnreadableFile, match="crashes the program") as refusal:
        rogue(function)
    assert refusal.value.message("fr").endswith("en CSV.")
    assert isinstance(refusal.value.__cause__, ChildDeath)
    assert refusal.value.__cause__.status == status


def test_the_traceback_of_a_child_is_the_cause_of_the_refusal(rogue: Callable[[str], RawList]) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        rogue("err")
    assert "KeyError: 'no such thing'" in str(refusal.value.__cause__)


def test_a_child_that_dies_between_rows_refuses_the_list(rogue: Callable[[str], RawList]) -> None:
    opened = rogue("crash_halfway")
    for _ in range(2):  # each pass with a child of its own
        batches = opened.batches(2)
        assert [row["nom"] for _ in range(2) for row in next(batches).rows] == [f"Lieu {i}" for i in range(4)]
        with pytest.raises(UnreadableFile, match="crashes the program"):
            next(batches)


def test_a_full_disk_is_no_fault_of_the_file(rogue: Callable[[str], RawList]) -> None:
    with pytest.raises(OSError, match="No space left"):
        rogue("fill_the_disk")


def test_faults_and_rows_of_a_child_are_those_of_its_reader(rogue: Callable[[str], RawList]) -> None:
    opened = rogue("print_and_note")
    for _ in range(3):
        abandoned = opened.batches(2)
        next(abandoned)
        batches = list(opened.batches(2))
        assert [line for batch in batches for line in batch.lines] == [1, 2, 3, 4, 5, 6]
        assert [row["nom"] for batch in batches for row in batch.rows] == [f"Lieu {i}" for i in range(6)]
        assert [fault.line for fault in opened.faults] == [1, 3, 5, 7]
        assert opened.lines_left_out == 4


def test_a_child_leaves_nothing_on_the_disk_and_no_process(
    rogue: Callable[[str], RawList], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    popen = subprocess.Popen

    def start(*arguments: Any, **options: Any) -> Any:
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(process.subprocess, "Popen", start)
    opened = rogue("leave_files")
    rows = opened.batches(1)
    path = Path(next(rows).rows[0]["path"])
    assert path.read_bytes() == b"content"
    del opened, rows
    gc.collect()
    assert not path.parent.parent.exists()
    assert [child.returncode for child in started] == [-9]


@pytest.mark.parametrize("spelling", ["single quotes", "a sheet elsewhere in the package"])
def test_the_pipeline_goes_on_after_a_child_has_died(bring: Callable[..., Any], spelling: str) -> None:
    with pytest.raises(UnreadableFile, match="million cells"):
        bring(FAR_OFF_CELLS[spelling], "liste.xlsx")
    report = bring(SAMPLES / "libraries.xlsx", "libraries.xlsx")
    assert report.rows == 7
    assert sum(report.counts.values()) == report.rows
