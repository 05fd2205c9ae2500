"""What would hurt: bombs, entities, links, far-off cells. Refused or bounded, each with one sentence."""

import gzip
import io
import json
import sqlite3
import zipfile
from functools import lru_cache
from pathlib import Path

import pytest
import xlsxwriter

from geo.errors import UnreadableFile
from ingest.readers.open import open_list, read

SAMPLES = Path(__file__).parents[2] / "data" / "readers"
KML = b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>%s</Document></kml>'
PLACE = b"<Placemark><name>A</name><Point><coordinates>2,48</coordinates></Point></Placemark>"
LAUGHS = b'<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def archive(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as writing:
        for name, held in files.items():
            writing.writestr(name.replace("__", "."), held)
    return content.getvalue()


def far_off_cells() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "nom")
        sheet.write(1_000_000, 16_000, "loin")
    return content.getvalue()


def repeated_cells() -> bytes:
    rows = (
        b'<table-row number-rows-repeated="1000000"><table-cell number-columns-repeated="1000"><p>x</p></table-cell>'
        b"</table-row>"
    )
    return archive(content__xml=b'<document><table name="a">' + rows + b"</table></document>")


def virtual_table(path: Path) -> bytes:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE gpkg_contents (table_name TEXT)")
        database.execute("PRAGMA writable_schema = ON")
        database.execute(
            "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, 'CREATE VIRTUAL TABLE x USING VirtualOGR(''/x'')')"
        )
    database.close()
    return path.read_bytes()


@lru_cache
def bombs() -> dict[str, tuple[bytes, str, str]]:
    deep = b"[" * 100_000
    return {
        "gzip": (gzip.compress(b"a,b\n" * 1_000_000), "x.csv.gz", "over 1 MB"),
        "zip": (archive(x__csv=b"a,b\n" * 1_000_000), "x.zip", "over 1 MB"),
        "workbook": (archive(xl__xml=b" " * 500_000_000), "x.xlsx", "over 400 MB"),
        "far-off cells": (far_off_cells(), "x.xlsx", "million cells"),
        "repeated cells": (repeated_cells(), "x.ods", "million cells"),
        "billion laughs": (LAUGHS + KML % b"&b;", "x.kml", "entities"),
        "billion laughs, packed": (archive(doc__kml=LAUGHS + KML % b"&b;"), "x.kmz", "entities"),
        "billion laughs in a spreadsheet": (archive(content__xml=LAUGHS + b"<a>&b;</a>"), "x.ods", "entities"),
        "billion laughs in OSM": (
            LAUGHS.replace(b"kml", b"osm") + b'<osm version="0.6"/>',
            "x.osm",
            "entities",
        ),
        "external entity": (OUTSIDE + KML % b"&a;", "x.kml", "entities"),
        "absurd nesting of XML": (KML % (b"<Folder>" * 100_000), "x.kml", "nested"),
        "absurd nesting of JSON": (deep, "x.json", "nested"),
        "archive in an archive": (archive(a__zip=archive(x__csv=b"a,b\n1,2\n")), "x.zip", "holds no list"),
        "packed too often": (gzip.compress(gzip.compress(gzip.compress(b"a,b"))), "x.csv.gz.gz.gz", "unusual"),
        "too many entries": (archive(**{f"f{i}": b"" for i in range(10_001)}), "x.zip", "10000 files"),
        "random bytes named csv": (bytes(range(256)) * 40, "x.csv", "NUL"),
        "program named csv": (b"\x7fELF" + b"\0" * 100, "x.csv", "a program"),
        "database named csv": (b"SQLite format 3\0", "x.csv", "SQLite"),
        "text named gpkg": (b"<OGRVRTDataSource/>", "x.gpkg", "GeoPackage"),
        "text named parquet": (b"a,b\n1,2\n", "x.parquet", "Parquet"),
        "half a Parquet": ((SAMPLES / "libraries.parquet").read_bytes()[:-100], "x.parquet", "damaged"),
        "half an old workbook": ((SAMPLES / "libraries.xls").read_bytes()[:2_000], "x.xls", "halfway"),
        "html named kml": (b"<html></html>", "x.kml", "KML"),
        "half a KML": ((KML % PLACE)[:90], "x.kml", "halfway"),
        "shapefile without its table": (b"\0\0\x27\x0a", "x.shp", "zip archive"),
        "shapefile that is none": (archive(a__shp=b"abc", a__dbf=b""), "x.zip", "Shapefile"),
        "password": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "x.xlsx", "password"),
    }


@pytest.mark.parametrize("case", bombs())
def test_what_would_hurt_is_refused_in_one_sentence(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if case in ("gzip", "zip"):
        monkeypatch.setattr("ingest.readers.open.MAX_STREAMED_MB", 1)
    content, name, words = bombs()[case]
    with pytest.raises(UnreadableFile, match=words) as refusal:
        list(open_list(content, name).batches())
    assert refusal.value.message("fr").endswith(".")


def test_a_geopackage_may_not_read_other_files(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="GeoPackage"):
        open_list(virtual_table(tmp_path / "x.gpkg"), "x.gpkg")


def test_an_archive_may_not_write_outside_its_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(SAMPLES / "libraries_lambert93.zip") as good:
        parts = {Path(name).suffix: good.read(name) for name in good.namelist()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bad:
        for suffix, held in parts.items():
            bad.writestr(f"../../{tmp_path.name}/bib{suffix}", held)
    assert len(read(content.getvalue(), "x.zip").rows) == 6
    assert not list(tmp_path.iterdir())


def test_links_of_a_kml_are_noted_and_not_followed() -> None:
    link = b"<NetworkLink><Link><href>liste.kml</href></Link></NetworkLink>"
    opened = open_list(KML % (PLACE + link * 3), "liste.kml")
    assert len(opened.whole().rows) == 1
    assert [(fault.code, fault.left_out) for fault in opened.faults] == [("link", False)]
    assert "followed: 3" in opened.faults[0].en


def test_a_kml_cut_short_gives_the_places_before_the_cut() -> None:
    opened = open_list((KML % (PLACE * 3))[:-60], "liste.kml")
    assert len(opened.whole().rows) == 2
    assert [fault.code for fault in opened.faults] == ["truncated"]


def test_an_object_nested_beyond_use_costs_that_object_only() -> None:
    deep = json.loads('{"a":' * 50 + "1" + "}" * 50)
    opened = open_list(json.dumps([{"nom": "A"}, deep, {"nom": "B"}]).encode(), "x.json")
    assert [row["nom"] for row in opened.whole().rows] == ["A", "B"]
    assert [(fault.line, fault.code) for fault in opened.faults] == [(2, "nesting")]


def test_a_huge_cell_of_json_costs_its_object_only() -> None:
    opened = open_list(b'{"nom": "A"}\n{"nom": "%s"}\n{"nom": "B"}\n' % (b"x" * 500_000), "x.jsonl")
    assert [row["nom"] for row in opened.whole().rows] == ["A", "B"]
    assert [(fault.line, fault.code) for fault in opened.faults] == [(2, "long_cell")]


def test_a_huge_name_of_json_costs_its_object_only() -> None:
    opened = open_list(b'{"nom": "A"}\n{"%s": "x"}\n{"nom": "B"}\n' % (b"x" * 5_000), "x.jsonl")
    assert [row["nom"] for row in opened.whole().rows] == ["A", "B"]
    assert [(fault.line, fault.code) for fault in opened.faults] == [(2, "long_cell")]


def test_the_faults_kept_are_bounded_and_all_are_counted() -> None:
    opened = open_list(b"nom;ville\nA;B\n" + (b"x" * 200 + b"\0;y\n") * 5_000, "x.csv")
    assert len(opened.whole().rows) == 1
    assert len(opened.faults) == 1_000
    assert opened.lines_left_out == 5_000
