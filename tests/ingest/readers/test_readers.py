"""Files as people save them become one table; files that cannot be read say why and what to do."""

import datetime
import gzip
import io
import json
from pathlib import Path

import pytest
import xlsxwriter

from geo.errors import UnreadableFile
from ingest.readers.open import read

CSV = "nom;adresse;ville\nMédiathèque;12 rue de l’Église;Orléans\nHôtel de ville;Place où;Besançon\n"


def workbook(*sheets: list[list[object]]) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    style = book.add_format({"num_format": "dd/mm/yyyy"})
    for sheet in sheets:
        page = book.add_worksheet()
        for i, row in enumerate(sheet):
            for j, value in enumerate(row):
                if isinstance(value, datetime.date):
                    page.write_datetime(i, j, datetime.datetime(value.year, value.month, value.day), style)
                elif value is not None:
                    page.write(i, j, value)
    book.close()
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "iso-8859-15", "mac_roman"])
def test_french_text_survives_its_encoding(encoding: str) -> None:
    text = CSV if encoding != "iso-8859-15" else CSV.replace("’", "'")
    table = read((text * 1).encode(encoding), "liste.csv")
    assert table.rows[0]["nom"] == "Médiathèque"
    assert table.rows[1]["ville"] == "Besançon"


def test_a_euro_sign_in_cp1252_is_not_taken_for_another_code_page() -> None:
    table = read("nom,tarif\nLe Bureau – Nîmes,5 €\n".encode("cp1252"), "liste.csv")
    assert table.rows[0] == {"nom": "Le Bureau – Nîmes", "tarif": "5 €"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_found(delimiter: str) -> None:
    quoted = f'"Salle, bar; etc{delimiter} x"'
    text = f"nom{delimiter}ville\n{quoted}{delimiter}Nantes\nB{delimiter}Rezé\n"
    table = read(text.encode(), "liste.csv")
    assert table.columns == ("nom", "ville")
    assert table.rows[0]["nom"] == quoted.strip('"')


def test_blank_lines_are_no_rows_and_lines_are_those_an_editor_shows() -> None:
    table = read(b'nom,ville\n\n"A\nB",Nantes\n,\nC,Rez\xc3\xa9\n', "liste.csv")
    assert [row["nom"] for row in table.rows] == ["A\nB", "C"]
    assert table.lines == [3, 6]


def test_titles_above_the_header_are_skipped() -> None:
    table = read("Lieux de la communauté;;;\n;;;\nnom;adresse;cp;ville\nA;1 rue B;44000;Nantes\n".encode(), "x.csv")
    assert table.columns == ("nom", "adresse", "cp", "ville")
    assert table.rows == [{"nom": "A", "adresse": "1 rue B", "cp": "44000", "ville": "Nantes"}]


def test_repeated_and_missing_headers_get_names_of_their_own() -> None:
    table = read(b"nom,nom,,ville\na,b,c,d\n", "x.csv")
    assert table.columns == ("nom", "nom (2)", "column_3", "ville")


def test_short_rows_are_completed_and_stray_quotes_read() -> None:
    table = read(b'nom,ville,cp\nLe "Lab" du coin,Nantes\n"Le "Bis"",Nantes,44000\n', "x.csv")
    assert table.rows[0] == {"nom": 'Le "Lab" du coin', "ville": "Nantes", "cp": ""}
    assert len(table.rows) == 2


def test_a_gzip_file_is_unpacked() -> None:
    assert read(gzip.compress(CSV.encode()), "liste.csv.gz").rows == read(CSV.encode(), "liste.csv").rows


def test_a_workbook_gives_the_sheet_of_places_as_people_read_it() -> None:
    notes = [["Ce classeur"], ["est une liste"]]
    sheet: list[list[object]] = [
        ["Liste des lieux", None, None, None],
        ["nom", "code postal", "ville", "ouvert le"],
        ["Le Lab", 1000, "Bourg-en-Bresse", datetime.date(2024, 1, 31)],
        [None, None, None, None],
        ["La Cale", 44000.5, True, None],
    ]
    table = read(workbook(notes, sheet), "lieux.xlsx")
    assert table.rows[0] == {
        "nom": "Le Lab",
        "code postal": "1000",
        "ville": "Bourg-en-Bresse",
        "ouvert le": "2024-01-31",
    }
    assert table.rows[1]["code postal"] == "44000.5"
    assert table.lines == [3, 5]


def test_geojson_gives_points_and_centroids_in_lon_lat_order() -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 45], [2, 45], [2, 47], [0, 47], [0, 45]]]}
    features = [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"name": "A"},
            "geometry": {"type": "Point", "coordinates": [-1.5, 47]},
        },
        {"type": "Feature", "properties": {"name": "B"}, "geometry": square},
        {"type": "Feature", "properties": {"name": "C"}, "geometry": None},
    ]
    table = read(json.dumps({"type": "FeatureCollection", "features": features}).encode(), "x.geojson")
    assert [(row["@lon"], row["@lat"]) for row in table.rows] == [("-1.5", "47"), ("1", "46"), ("", "")]
    assert table.rows[0]["@id"] == "7"


def test_json_records_are_flattened_and_may_be_wrapped() -> None:
    document = {"total": 1, "results": [{"nom": "A", "geo": {"lat": 47.0, "lon": -1.5}, "tags": ["x", "y"], "n": None}]}
    table = read(json.dumps(document).encode(), "x.json")
    assert table.rows == [{"nom": "A", "geo.lat": "47", "geo.lon": "-1.5", "tags": "x;y", "n": ""}]


def test_a_feature_collection_may_call_itself_json() -> None:
    feature = {"type": "Feature", "properties": {"nom": "A"}, "geometry": {"type": "Point", "coordinates": [2.0, 48.0]}}
    table = read(json.dumps({"type": "FeatureCollection", "features": [feature]}).encode(), "x.json")
    assert table.rows[0]["@lon"] == "2"


GOOD_XLSX = workbook([["nom", "ville"], ["A", "Nantes"]])
LAMBERT = {
    "type": "FeatureCollection",
    "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}},
    "features": [{"type": "Feature", "properties": {"a": 1}, "geometry": None}],
}
UNREADABLE = {
    "0 bytes": (b"", "x.csv", "0 octet", "0 bytes"),
    "0 bytes, packed": (gzip.compress(b""), "x.csv.gz", "0 octet", "0 bytes"),
    "unknown format": (b"abc", "x.pdf", ".geojson", ".geojson"),
    "no extension": (b"abc", "x", ".csv", ".csv"),
    "workbook half written": (GOOD_XLSX[: len(GOOD_XLSX) // 2], "x.xlsx", "en cours de route", "halfway"),
    "text named xlsx": (b"nom,ville\n", "x.xlsx", "classeur", "workbook"),
    "workbook named csv": (GOOD_XLSX, "x.csv", "classeur", "workbook"),
    "image named csv": (b"\x89PNG\r\n\x1a\n", "x.csv", "image", "image"),
    "NUL bytes": (b"nom,ville\na\0b,c\n", "x.csv", "octets nuls", "NUL"),
    "gzip cut": (gzip.compress(CSV.encode() * 50)[:-30], "x.csv.gz", "en cours de route", "halfway"),
    "not gzip": (CSV.encode(), "x.csv.gz", "gzip", "gzip"),
    "json cut": (b'[{"nom": "A"}, {"nom": "B', "x.json", "en cours de route", "halfway"),
    "json cut between": (b'[{"nom": "A"},', "x.json", "en cours de route", "halfway"),
    "json wrong": (b'[{"nom": "A"},\n {nom: 1}]', "x.json", "ligne 2", "line 2"),
    "json of numbers": (b"[1, 2, 3]", "x.json", "liste d'objets", "list of objects"),
    "geojson without features": (b'{"type": "FeatureCollection"}', "x.geojson", "liste d'objets", "list of objects"),
    "geojson in Lambert 93": (json.dumps(LAMBERT).encode(), "x.geojson", "WGS 84", "WGS 84"),
    "quote never closed": (b'nom,ville\n"A,Nantes\nB,Rennes\n', "x.csv", "en cours de route", "halfway"),
    "header only": (b"nom,ville\n", "x.csv", "aucune ligne", "no data row"),
    "blank": (b"\n\n  \n", "x.csv", "aucune ligne", "no data row"),
    "no header": (b"1,2,3\n4,5,6\n", "x.csv", "en-tête", "header"),
    "one column": (b"nom\nA\nB\n", "x.csv", "une seule colonne", "only one column"),
    "empty workbook": (workbook([]), "x.xlsx", "aucune ligne", "no data row"),
    "empty json": (b"[]", "x.json", "aucune ligne", "no data row"),
}


@pytest.mark.parametrize(("content", "name", "french", "english"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_file_says_why_in_one_sentence(content: bytes, name: str, french: str, english: str) -> None:
    with pytest.raises(UnreadableFile) as failure:
        read(content, name)
    for language, words in (("fr", french), ("en", english)):
        message = failure.value.message(language)
        assert words in message
        assert name in message
        assert message.endswith(".")


def test_a_missing_file_a_directory_and_a_forbidden_file_differ_in_their_errors(tmp_path: Path) -> None:
    folder = tmp_path / "liste.csv"
    folder.mkdir()
    with pytest.raises(UnreadableFile, match="directory"):
        read(folder)
    with pytest.raises(UnreadableFile, match="no such file"):
        read(tmp_path / "absent.csv")


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "liste.csv"
    path.write_bytes(CSV.encode())

    def refuse(_: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadableFile, match="not permitted"):
        read(path)


def test_a_bomb_is_refused_before_it_fills_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.open.MAX_MB", 1)
    with pytest.raises(UnreadableFile, match="over 1 MB"):
        read(gzip.compress(b"a,b\n" * 1_000_000), "x.csv.gz")
