"""The shipped files hold what `data/README.md` promises, and nothing personal."""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo.coverage import read_demand
from geo.errors import LANGUAGES
from geo.reference import files

DATA = Path(__file__).resolve().parents[3] / "data"
LISTS = DATA / "lists"
FILES = sorted(path for path in DATA.rglob("*") if path.is_file() and path.suffix in {".gz", ".parquet"})
COMPRESSED = [path for path in FILES if path.suffix == ".gz"]
MIB = 2**20

EMAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+\.\w+")
# Decimals and long identifiers (SIRET) are not telephone numbers.
MOBILE = re.compile(
    r"(?<![\d.,])(?:\+ ?33|00 ?33|0)[ .-]?(?:\(0\)[ .-]?)?[67](?:[ ./-]{0,2}\d{2}){4}(?!\d)"
    r"|\+ ?(?:262|590|594|596|508|687|689)[ .-]?[67]\d"
)


def name(path: Path) -> str:
    return str(path.relative_to(DATA))


def table(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode()
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)


@pytest.mark.parametrize("path", COMPRESSED, ids=name)
def test_no_file_holds_an_email_or_a_mobile_number(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    assert not EMAIL.findall(text)[:3]
    assert not MOBILE.findall(text)[:3]


@pytest.mark.parametrize("number", ["06 60 49 28 40", "+33 6 64 99 09 31", "+33618101727", "0692123456"])
def test_the_scan_would_see_a_mobile_number(number: str) -> None:
    assert MOBILE.search(f"tel {number}")
    assert not MOBILE.search("46.0775527954")
    assert not MOBILE.search("01 77 16 65 24")


def test_columns_about_persons_are_gone() -> None:
    assert not {"CONTACT", "MAIL"} & set(next(table(LISTS / "cget_2019.csv.gz")))
    assert not {"mail", "commentaire"} & set(next(table(LISTS / "france_services.csv.gz")))
    for path in (LISTS / "osm_cities").iterdir():
        for feature in json.loads(gzip.decompress(path.read_bytes()))["features"]:
            personal = {"email", "contact:email", "mobile", "contact:mobile", "operator"}
            assert not personal & set(feature["properties"])


def test_ordinary_telephones_of_bodies_stay() -> None:
    assert sum(bool(row["mairie_telephone"]) for row in table(LISTS / "mairies.csv.gz")) > 34_000
    assert sum(bool(row["telephone"]) for row in table(LISTS / "france_services.csv.gz")) > 2_400


@pytest.mark.parametrize(
    ("file", "delimiter", "rows"),
    [
        ("mairies.csv.gz", ",", 35_611),
        ("cget_2019.csv.gz", ",", 1_512),
        ("libraries.csv.gz", ",", 15_702),
        ("france_services.csv.gz", ",", 2_845),
        ("hotels.csv.gz", ";", 21_311),
    ],
)
def test_lists_have_every_row_of_their_source(file: str, delimiter: str, rows: int) -> None:
    assert sum(1 for _ in table(LISTS / file, delimiter)) == rows


def test_the_four_city_lists_have_their_features() -> None:
    counts = {
        path.name.removesuffix(".geojson.gz"): len(json.loads(gzip.decompress(path.read_bytes()))["features"])
        for path in (LISTS / "osm_cities").iterdir()
    }
    assert counts == {"cofee_france": 322, "coworking_france": 212, "libraries_france": 267, "pariswifi_sites": 277}


def test_the_population_grid_is_whole() -> None:
    french = read_demand(DATA / files.POPULATION)
    assert len(french) == 372_427
    assert int(french.people.sum()) == 64_540_441
    assert len(read_demand(DATA / files.POPULATION, border_cells=True)) == 376_608


def test_files_are_small() -> None:
    assert all(path.stat().st_size <= 10 * MIB for path in FILES)
    assert sum(path.stat().st_size for path in FILES) <= 30 * MIB


def test_every_file_is_documented() -> None:
    """In `data/README.md`, with a licence on its line."""
    text = (DATA / "README.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    for path in FILES:
        own = [line for line in lines if f"`{name(path)}`" in line or f"`{name(path.parent)}/*.geojson.gz`" in line]
        assert own, name(path)
        assert re.search(r"Licence Ouverte|ODbL|Eurostat", own[0]), name(path)


def test_outlines_of_departements_cover_france_and_are_light() -> None:
    outlines = files.departement_outlines(DATA)
    codes = [feature["properties"]["code"] for feature in outlines["features"]]
    assert len(codes) == len(set(codes)) == 101
    assert {"2A", "75", "971", "976"} <= set(codes)
    packed = files.departement_outlines_gz(DATA)
    assert json.loads(gzip.decompress(packed)) == json.loads(json.dumps(outlines))
    assert len(packed) < 120_000
    assert packed == files.departement_outlines_gz(DATA)


def test_outlines_of_communes_come_by_departement() -> None:
    outlines = files.commune_outlines(DATA, "44")
    assert outlines is not None
    codes = [feature["properties"]["insee"] for feature in outlines["features"]]
    assert len(codes) == 207
    assert all(code.startswith("44") for code in codes)
    packed = files.commune_outlines_gz(DATA, "62")
    assert packed is not None
    assert len(packed) < 150_000
    assert files.commune_outlines(DATA, "99") is None
    assert files.commune_outlines_gz(DATA, "99") is None


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(files.ReferenceMissing) as caught:
        files.reference_file(tmp_path, files.COMMUNES)
    assert all("data/" in caught.value.message(language) for language in LANGUAGES)
