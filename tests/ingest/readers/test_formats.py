"""The same six libraries in every format give the same rows; what a file leaves unread is said."""

import bz2
import gzip
import io
import json
import zipfile
from pathlib import Path

import geopandas
import polars as pl
import pytest
import shapely
import xlsxwriter

from geo.errors import UnreadableFile
from ingest.readers.common.raw_list import RawTable
from ingest.readers.open import open_list, read

SAMPLES = Path(__file__).parents[2] / "data" / "readers"
LIBRARIES = sorted(path.name for path in SAMPLES.glob("libraries*"))
TEXTS = ("adresse", "code postal", "commune")
NAMES = {"name": "nom", "cp": "code postal", "@lon": "lon", "@lat": "lat", "position.lon": "lon", "position.lat": "lat"}
POSITIONS = dict(zip((f"column_{i}" for i in range(1, 7)), ("nom", *TEXTS, "lon", "lat"), strict=True))


def places(table: RawTable) -> list[tuple[str, ...]]:
    """Name, address, postcode, commune, lon and lat, whatever the format calls them."""
    called = [{(NAMES | POSITIONS).get(column, column): cell for column, cell in row.items()} for row in table.rows]
    return [tuple(row[column] for column in ("nom", *TEXTS, "lon", "lat")) for row in called if row["adresse"]]


EXPECTED = places(read(SAMPLES / "libraries.json"))


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_format_gives_the_same_places(name: str) -> None:
    assert len(EXPECTED) == 6
    assert EXPECTED[1][1:4] == ("Route de Sainte Anne", "22940", "Saint-Julien")
    assert places(read(SAMPLES / name)) == EXPECTED


@pytest.mark.parametrize("packing", ["gz", "bz2", "zip", "gz in zip"])
@pytest.mark.parametrize("name", [name for name in LIBRARIES if not name.endswith((".gz", ".zip"))])
def test_every_format_may_come_packed(name: str, packing: str) -> None:
    content = (SAMPLES / name).read_bytes()
    if packing == "bz2":
        packed, packed_name = bz2.compress(content), f"{name}.bz2"
    elif packing == "gz":
        packed, packed_name = gzip.compress(content), f"{name}.gz"
    else:
        inner = (f"{name}.gz", gzip.compress(content)) if packing == "gz in zip" else (name, content)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as writing:
            writing.writestr(*inner)
        packed, packed_name = archive.getvalue(), "liste.zip"
    assert places(read(packed, packed_name)) == EXPECTED


def test_a_workbook_says_which_sheets_it_left_out_in_every_pass() -> None:
    opened = open_list(SAMPLES / "libraries.xlsx")
    for _ in range(2):
        table = opened.whole()
        assert table.lines[0] == 4
        assert [(fault.line, fault.code) for fault in opened.faults] == [(0, "sheet")]
        assert "Lisez-moi" in opened.faults[0].fr
        assert opened.lines_left_out == 0


def test_a_formula_of_a_workbook_is_the_value_it_showed() -> None:
    assert read(SAMPLES / "libraries.xlsx").rows[-1]["nom"] == "2"


def test_a_geopackage_says_which_layers_it_left_out() -> None:
    opened = open_list(SAMPLES / "libraries_lambert93.gpkg.gz")
    opened.whole()
    assert [(fault.code, "codes" in fault.en) for fault in opened.faults] == [("layer", True)]


def test_numbers_and_dates_of_a_spreadsheet_are_as_the_file_holds_them() -> None:
    cells = (
        '<table:table-cell office:value-type="float" office:value="1234.5"><text:p>1 234,50</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2024-01-31"><text:p>31/01/24</text:p>'
        "</table:table-cell>"
        '<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>oui</text:p>'
        "<text:p>non</text:p></table:table-cell>"
    )
    header = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in ("prix", "date", "a", "b")
    )
    table = read(spreadsheet(f"{row(header)}{row(cells)}"), "liste.ods")
    assert table.rows == [{"prix": "1234.5", "date": "2024-01-31", "a": "oui\nnon", "b": "oui\nnon"}]


def test_parquet_values_become_the_text_a_person_would_write() -> None:
    content = io.BytesIO()
    pl.select(
        nom=pl.Series([" Le Lab ", None, None]),
        places=pl.Series([12, 3, None]),
        prix=pl.Series([5.0, float("nan"), None]),
        ouvert=pl.Series([True, False, None]),
        depuis=pl.Series(["2024-01-31", None, None]).str.to_datetime("%Y-%m-%d"),
        tags=pl.Series([["a", "b"], [], None]),
        position=pl.Series([{"lon": 1.0, "lat": 47.25}, None, None]),
    ).write_parquet(content)
    table = read(content.getvalue(), "liste.parquet")
    assert list(table.rows[0].values()) == ["Le Lab", "12", "5", "true", "2024-01-31", "a;b", "1", "47.25"]
    assert table.columns[-2:] == ("position.lon", "position.lat")
    assert [row["prix"] for row in table.rows] == ["5", ""]
    assert table.lines == [1, 2]


def test_outlines_become_their_centroid_in_wgs_84_wherever_they_are(tmp_path: Path) -> None:
    square = shapely.box(-1.6, 47.2, -1.5, 47.3)
    frame = geopandas.GeoDataFrame({"nom": ["A", "B"]}, geometry=[square, None], crs=4326)
    frame.to_crs(3857).to_file(tmp_path / "liste.gpkg")
    frame.to_crs(3857).to_parquet(tmp_path / "liste.parquet")
    frame.to_crs(3857).to_file(tmp_path / "liste.geojson", driver="GeoJSON")
    for path in sorted(tmp_path.iterdir()):
        first, second = read(path).rows
        assert float(first["@lon"]) == pytest.approx(-1.55, abs=1e-6)
        assert float(first["@lat"]) == pytest.approx(47.25, abs=1e-3)
        assert (second["@lon"], second["@lat"]) == ("", "")


def test_json_of_several_shapes_is_a_list() -> None:
    rows = [{"nom": "A", "ville": "Nantes"}, {"nom": "B", "ville": "Brest"}]
    shapes = {
        "wrapped twice": {"meta": {"n": 2}, "data": {"results": rows}},
        "rows of cells": [["nom", "ville"], ["A", "Nantes"], ["B", "Brest"]],
        "objects by key": {"a": rows[0], "b": rows[1]},
    }
    for shape, document in shapes.items():
        table = read(json.dumps(document).encode(), "liste.json")
        assert [(row["nom"], row["ville"]) for row in table.rows] == [("A", "Nantes"), ("B", "Brest")], shape


def test_json_lines_may_be_called_json_and_hold_features() -> None:
    feature = {"type": "Feature", "properties": {"nom": "A"}, "geometry": {"type": "Point", "coordinates": [2, 48]}}
    content = f"{json.dumps(feature)}\n{json.dumps(feature)}\n".encode()
    assert read(content, "liste.json").rows == read(content, "liste.jsonl").rows
    assert read(content, "liste.jsonl").rows[1] == {"nom": "A", "@lon": "2", "@lat": "48"}


def test_a_broken_line_of_json_costs_that_line_only() -> None:
    opened = open_list(b'{"nom": "A"}\n{"nom": \n[1]\n{"nom": "B", "neuf": 1}\n', "liste.ndjson")
    table = opened.whole()
    assert table.rows == [{"nom": "A", "neuf": ""}, {"nom": "B", "neuf": "1"}]
    assert table.lines == [1, 4]
    assert [(fault.line, fault.code) for fault in opened.faults] == [(2, "json"), (3, "json")]


def test_a_large_json_document_gives_the_rows_of_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {name: (SAMPLES / name).read_bytes() for name in ("libraries.json", "libraries.geojson")}
    small = {name: read(content, name).rows for name, content in contents.items()}
    monkeypatch.setattr("ingest.readers.json.json_records.JSON_WHOLE_BYTES", 100)
    for name, content in contents.items():
        assert read(content, name).rows == small[name]


def test_a_large_json_document_cut_short_gives_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.json.json_records.JSON_WHOLE_BYTES", 100)
    opened = open_list((SAMPLES / "libraries.json").read_bytes()[:-100], "libraries.json")
    assert len(opened.whole().rows) == 5
    assert [(fault.line, fault.code) for fault in opened.faults] == [(6, "truncated")]


def test_kml_folders_data_and_outlines_become_cells() -> None:
    content = (
        b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>Ouest</name><Placemark id="p1">'
        b"<name>A &amp; B</name><ExtendedData><SchemaData><SimpleData name='cp'>44000</SimpleData></SchemaData>"
        b"</ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>0,45 2,45,0 2,47 0,47 0,45</coordinates>"
        b"</LinearRing></outerBoundaryIs></Polygon></Placemark></Folder></Document></kml>"
    )
    row = {"@id": "p1", "name": "A & B", "cp": "44000", "@folder": "Ouest", "@lon": "1", "@lat": "46"}
    assert read(content, "liste.kml").rows == [row]


def test_two_lists_in_an_archive_are_not_chosen_between() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("a.csv", "nom;ville\nA;B\n")
        writing.writestr("b.json", "[]")
    with pytest.raises(UnreadableFile, match=r"a\.csv, b\.json"):
        open_list(archive.getvalue(), "liste.zip")


def test_a_workbook_prefers_the_sheet_of_places_to_a_longer_one() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        codes, lieux = book.add_worksheet("Codes"), book.add_worksheet("Lieux")
        for i in range(50):
            codes.write_row(i, 0, ["code", "sens", "remarque"])
        lieux.write_row(0, 0, ["nom", "adresse", "ville"])
        lieux.write_row(1, 0, ["Le Lab", "1 rue B", "Nantes"])
    assert read(content.getvalue(), "liste.xlsx").rows == [{"nom": "Le Lab", "adresse": "1 rue B", "ville": "Nantes"}]


def row(cells: str) -> str:
    return f"<table:table-row>{cells}</table:table-row>"


def spreadsheet(rows: str) -> bytes:
    """An OpenDocument spreadsheet of one sheet."""
    spaces = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "content.xml",
            f"<office:document-content {declared}><office:body><office:spreadsheet>"
            f'<table:table table:name="Lieux">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return content.getvalue()
