"""The published schema: what it says, that it validates, and that what is written comes back the same."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from frictionless import Report, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from geo.errors import InvalidInput, UnreadableFile
from geo.reference.communes import Areas
from geo.reference.toponyms import fold
from geo.types import Amenity, PlaceKind, Precision, SpaceKind
from ingest.exchange.columns import VOCABULARIES, load_declaration, names, one_table_columns
from ingest.exchange.conversion import PLACES, SPACES, place_cells, places_of
from ingest.exchange.formula_guard import is_formula, neutralise, neutralise_column, restore
from ingest.exchange.read import as_one_table, frames_of, is_package, read_package, restore_table
from ingest.exchange.table_schema import Source, licences, one_table_schema, places_schema, spaces_schema
from ingest.exchange.typology import CODE_OF, KIND_OF, OTHER, kind_of
from ingest.exchange.write import write_folder, write_one_table, write_zip
from ingest.mapping.declared import load_all, recognise
from ingest.mapping.model import FIELDS
from ingest.normalise.contact.phone import to_e164
from ingest.readers.common.raw_list import RawTable
from ingest.readers.open import read as read_list
from ingest.rows.diagnostics import Reason
from ingest.rows.list_parser import find_mapping
from ingest.rows.locate import Finder
from ingest.rows.row_parser import Choices, ParseOptions, parse_rows

ROOT = Path(__file__).resolve().parents[3]
PUBLISHED = ROOT / "docs" / "schema"
CREATED = "2026-11-23T09:00:00+00:00"


def faults(report: Report) -> list[tuple[int | None, str | None, str]]:
    """(row, field, type) of every error of a validation."""
    return [tuple(item) for item in report.flatten(["rowNumber", "fieldName", "type"])]


# --- what the schema says -------------------------------------------------------------------------------------------

STANDARD: dict[str, tuple[str, str | None]] = {
    "id": ("string", None),
    "pivot": ("string", "^[a-zA-Z0-9]{9,14}$"),
    "nom": ("string", None),
    "commune": ("string", None),
    "code_postal": ("string", r"^\d{5}$"),
    "code_insee": ("string", r"^([013-9]\d|2[AB1-9])\d{3}$"),
    "adresse": ("string", None),
    "complement_adresse": ("string", None),
    "latitude": ("number", None),
    "longitude": ("number", None),
    "typologie": ("string", None),
    "telephone": ("string", r"^(\+33|\+590|\+594|\+262|\+596|\+269|\+687|\+689|\+508|\+681)(\d){6,9}$"),
    "courriels": ("string", None),
    "site_web": ("string", None),
    "horaires": ("string", None),
    "presentation_resume": ("string", None),
    "source": ("string", None),
    "structure_parente": ("string", None),
    "date_maj": ("date", None),
}
"""Names, types and patterns of the columns shared with "lieux de médiation numérique", in the standard's order."""


def test_the_core_is_that_of_the_standard() -> None:
    core = [column for column in load_declaration().lieux if column.standard]
    assert {item.name: (item.type, item.constraints.get("pattern")) for item in core} == STANDARD
    assert names(tuple(core)) == tuple(STANDARD)
    assert load_declaration().lieux[: len(core)] == tuple(core)
    assert not any(column.standard for column in load_declaration().espaces)


def test_its_vocabularies_are_those_of_the_program() -> None:
    by_name = {column.name: column for column in (*load_declaration().lieux, *load_declaration().espaces)}
    assert by_name["type_lieu"].constraints["enum"] == list(PlaceKind)
    assert by_name["type_espace"].constraints["enum"] == list(SpaceKind)
    assert by_name["precision_position"].constraints["enum"] == list(Precision)
    for prefix in ("equip_", "equip_espace_"):
        named = [name.removeprefix(prefix) for name in by_name if name.startswith(prefix)]
        assert [item for item in named if not item.startswith("espace_")] == list(Amenity)
    assert set(load_declaration().words["kinds"]) == set(PlaceKind)
    assert set(VOCABULARIES["answers"]) == {"oui", "non", "inconnu"}


def test_every_column_has_texts_in_both_languages_and_an_example_that_fits(tmp_path: Path) -> None:
    columns = one_table_columns()
    for column in columns:
        texts = (column.title, column.title_en, column.description, column.description_en, column.example)
        assert all(text.strip() and "{" not in text for text in texts), column.name
    pl.DataFrame({column.name: [column.example] for column in columns}).write_csv(tmp_path / "one.csv")
    (tmp_path / "schema.json").write_text(json.dumps(one_table_schema()), encoding="utf-8")
    assert faults(validate("one.csv", schema="schema.json", basepath=str(tmp_path))) == []


def test_what_is_published_is_what_the_program_writes() -> None:
    for name, schema in (
        ("schema.json", places_schema()),
        ("schema-espaces.json", spaces_schema()),
        ("schema-une-table.json", one_table_schema()),
    ):
        assert json.loads((PUBLISHED / name).read_text(encoding="utf-8")) == schema


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        ("exemple-valide.csv", "schema.json"),
        ("exemple-espaces-valide.csv", "schema-espaces.json"),
        ("exemple-une-table-valide.csv", "schema-une-table.json"),
        ("datapackage.json", None),
    ],
)
def test_the_valid_examples_are_valid(data: str, schema: str | None) -> None:
    assert faults(validate(data, schema=schema, basepath=str(PUBLISHED))) == []


def test_the_invalid_example_has_one_fault_of_each_kind() -> None:
    assert faults(validate("exemple-invalide.csv", schema="schema.json", basepath=str(PUBLISHED))) == [
        (3, "id", "unique-error"),
        (3, None, "primary-key"),
        (4, "nom", "constraint-error"),
        (5, "code_postal", "constraint-error"),
        (6, "telephone", "constraint-error"),
        (7, "longitude", "type-error"),
        (8, "type_lieu", "constraint-error"),
        (9, "date_maj", "type-error"),
    ]


def test_the_valid_example_reads_as_it_was_meant() -> None:
    table = restore_table(read_list(PUBLISHED / "exemple-une-table-valide.csv"))
    places, spaces = frames_of(table)
    assert places["name"].to_list()[:2] == ["La Fabrique du Coin", "@Bureau"]
    assert places["agreed"].to_list() == [True, False, True, False, False]
    assert spaces.select("name", "place_id", "price_half_day_cents").rows() == [
        ("Le plateau", "1", 1250),
        ("Salle Ouessant", "1", 4000),
        ("Salle du conseil", "3", 0),
    ]


# --- cells that a spreadsheet would run -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=SOMME(A1:A9)", "'=SOMME(A1:A9)"),
        ('=HYPERLINK("http://x";"y")', '\'=HYPERLINK("http://x";"y")'),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@Home", "'@Home"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("'L'atelier", "'L'atelier"),
        ("- 12 rue", "'- 12 rue"),
        # Signed numbers are no formulas: telephones and longitudes stay right.
        ("+33240123456", "+33240123456"),
        ("-1.5536", "-1.5536"),
        ("-1,5536", "-1,5536"),
        ("-6.1e-05", "-6.1e-05"),
        ("", ""),
    ],
)
def test_formulas_are_made_harmless_and_restored(text: str, cell: str) -> None:
    assert neutralise(text) == cell
    assert restore(cell) == text


TRICKY = st.text(st.sampled_from("=+-@\t\r\n'＝＋－＠0123456789., eEaé\"|;"), max_size=8) | st.text(max_size=12)


@given(text=TRICKY)
def test_no_cell_is_run_and_every_cell_comes_back(text: str) -> None:
    cell = neutralise(text)
    assert restore(cell) == text
    assert not cell.startswith(tuple("=@\t\r＝＋－＠"))
    assert not cell.startswith(("+", "-")) or not is_formula(cell)


@given(texts=st.lists(TRICKY, max_size=20))
def test_a_column_is_made_harmless_as_its_cells_are(texts: list[str]) -> None:
    column = pl.DataFrame({"cell": texts}, schema={"cell": pl.String})
    assert column.select(neutralise_column(pl.col("cell")))["cell"].to_list() == [neutralise(text) for text in texts]


# --- telephones and typologies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "cell"),
    [
        ("02 40 12 34 56", "+33240123456"),
        ("09.70.80.90.10", "+33970809010"),
        ("+33240123456", "+33240123456"),
        ("02 62 12 34 56", "+262262123456"),
        ("02 69 61 00 00", "+262269610000"),
        ("05 90 81 00 00", "+590590810000"),
        ("05 94 30 00 00", "+594594300000"),
        ("05 96 71 00 00", "+596596710000"),
        ("05 08 41 00 00", "+508410000"),
        ("+687 445728", "+687445728"),
        ("39 39", None),
        ("02 40 12 34 5", None),
        ("+377 93150000", None),
        ("+41227000000", None),
    ],
)
def test_telephones_are_written_as_the_standard_asks(stored: str, cell: str | None) -> None:
    assert to_e164(stored) == cell


def test_every_kind_has_a_code_and_a_code_of_its_own_means_that_kind() -> None:
    assert set(CODE_OF) == set(PlaceKind)
    own = {kind: code for kind, code in CODE_OF.items() if code != OTHER}
    assert {kind: KIND_OF[code] for kind, code in own.items()} == {kind: kind for kind in own}
    assert KIND_OF[OTHER] == PlaceKind.OTHER


@pytest.mark.parametrize(
    ("typologie", "kind"),
    [
        ("TIERS_LIEUX|ASSO", PlaceKind.COWORKING),
        ("ASSO|TIERS_LIEUX", PlaceKind.COWORKING),
        ("CCAS", PlaceKind.PUBLIC_BODY),
        ("MUNI|CCAS", PlaceKind.MAIRIE),
        ("Autre", PlaceKind.OTHER),
        ("CODE_DE_DEMAIN", PlaceKind.OTHER),
    ],
)
def test_a_typology_says_what_it_can(typologie: str, kind: PlaceKind) -> None:
    assert kind_of(typologie) == kind


def test_both_mappings_read_the_codes_of_the_table() -> None:
    kinds = {mapping.source: mapping.kind.values for mapping in load_all()}
    table = {fold(code): kind for code, kind in KIND_OF.items()}
    assert kinds["placelibre_schema"] == kinds["mediation_numerique"] == table


def test_the_mapping_reads_every_column_that_it_may() -> None:
    (mapping,) = [item for item in load_all() if item.source == "placelibre_schema"]
    assert set(mapping.amenities) == set(Amenity)
    # Fields that the pipeline comes to know must be read from their columns.
    column_of_field = {
        "complement": "complement_adresse",
        "email": "courriels",
        "siret": "pivot",
        "parent": "structure_parente",
    }
    for name, column in column_of_field.items():
        if name in FIELDS:
            assert mapping.fields.get(name) == ((column,),), f'add `{name} = "{column}"` to placelibre_schema.toml'
    columns = set(names(one_table_columns()))
    assert mapping.recognise <= columns
    assert set(mapping.meaning()) <= columns


# --- what is written comes back the same ----------------------------------------------------------------------------

WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n=+-@'\",;|"), min_size=1, max_size=20
).map(str.strip).filter(bool)  # fmt: skip
SLUGS = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), max_size=3)
NAMES = st.lists(WORDS.map(lambda text: text.replace("|", "/").strip()).filter(bool), max_size=2)
PHONES = st.sampled_from(["+33240123456", "+262262123456", "+41227000000", "39 39", None])
AMENITIES = st.dictionaries(st.sampled_from([str(item) for item in Amenity]), st.sampled_from(["yes", "no"])).map(
    lambda answers: json.dumps(answers, sort_keys=True)
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
CENTS = st.none() | st.integers(0, 200_000)

PLACE_ROWS = st.fixed_dictionaries(
    {
        "name": WORDS,
        "kind": st.sampled_from([str(item) for item in PlaceKind]),
        "agreed": st.booleans(),
        "address": WORDS | st.just(""),
        "complement": WORDS | st.just(""),
        "postcode": st.sampled_from(["", "01000", "97436"]),
        "commune": WORDS | st.just(""),
        "insee": st.sampled_from(["", "01053", "2A004"]),
        "lon": st.floats(-180, 180),
        "lat": st.floats(-90, 90),
        "precision": st.sampled_from([str(item) for item in Precision]),
        "expected_m": st.floats(0, 1e6),
        "score": st.none() | st.floats(0, 1),
        "time_zone": st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Port-au-Prince"]),
        "hours": st.none() | st.just('Mo-Fr 09:00-12:00,14:00-18:00; PH off || "on demand"'),
        "capacity": st.none() | st.integers(1, 100_000),
        "amenities": AMENITIES,
        "phone": PHONES,
        "email": st.none() | st.just("contact@lieu.example"),
        "website": st.none() | st.just("https://lieu.example/?a=1|2"),
        "siret": st.none() | st.just("12345678200010"),
        "parent": st.none() | WORDS,
        "checked_on": st.none() | st.dates(),
        "communities": SLUGS,
        "sources": NAMES,
        "licences": NAMES,
    }
)
SPACE_ROWS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([str(item) for item in SpaceKind]),
        "name": WORDS,
        "seats": st.integers(1, 500),
        "price_half_day_cents": CENTS,
        "member_price_half_day_cents": CENTS,
        "hours": st.none() | st.just("Mo-Fr 09:00-18:00"),
        "amenities": AMENITIES,
        "communities": SLUGS,
    }
)


@st.composite
def stores(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Frames of a small store: places, and spaces that are in one of them."""
    places = [row | {"id": str(i)} for i, row in enumerate(draw(st.lists(PLACE_ROWS, min_size=1, max_size=4)), start=1)]
    rows = draw(st.lists(st.tuples(st.sampled_from([item["id"] for item in places]), SPACE_ROWS), max_size=5))
    spaces = [row | {"id": str(i), "place_id": place} for i, (place, row) in enumerate(rows, start=1)]
    return frame(places, PLACES), frame(spaces, SPACES)


def frame(rows: list[dict[str, Any]], schema: Any) -> pl.DataFrame:
    return pl.DataFrame([tuple(row[name] for name in schema) for row in rows], schema=dict(schema), orient="row")


def through_folder(folder: Path, places: pl.DataFrame, spaces: pl.DataFrame) -> RawTable:
    write_folder(folder, places, spaces, [], created=CREATED)
    return read_package(folder)


def through_zip(folder: Path, places: pl.DataFrame, spaces: pl.DataFrame) -> RawTable:
    write_zip(folder / "lieux.zip", folder, write_folder(folder, places, spaces, [], created=CREATED))
    return read_package((folder / "lieux.zip").read_bytes(), "lieux.zip")


def through_one_table(folder: Path, places: pl.DataFrame, spaces: pl.DataFrame) -> RawTable:
    write_one_table(folder / "lieux.csv", places, spaces)
    return restore_table(read_list(folder / "lieux.csv"))


Through = Callable[[Path, pl.DataFrame, pl.DataFrame], RawTable]


@pytest.mark.parametrize("through", [through_folder, through_zip, through_one_table])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(store=stores())
def test_nothing_is_lost_on_the_way_out_and_back(
    through: Through, store: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path
) -> None:
    places, spaces = store
    read_places, read_spaces = frames_of(through(tmp_path, places, spaces))
    assert_frame_equal(read_places, places, check_exact=True)
    assert_frame_equal(read_spaces.sort("id"), spaces.sort("id"), check_exact=True)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(store=stores())
def test_whatever_is_written_validates(store: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path) -> None:
    write_folder(tmp_path, *store, [Source("liste", "ODbL 1.0", 1)], created=CREATED)
    assert faults(validate("datapackage.json", basepath=str(tmp_path))) == []


def example() -> tuple[pl.DataFrame, pl.DataFrame]:
    return frames_of(restore_table(read_list(PUBLISHED / "exemple-une-table-valide.csv")))


def test_the_same_places_give_the_same_bytes(tmp_path: Path) -> None:
    archives = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        through_zip(folder, *example())
        archives.append((folder / "lieux.zip").read_bytes())
    assert archives[0] == archives[1]


def test_the_descriptor_tells_sources_and_each_licence_once(tmp_path: Path) -> None:
    sources = [
        Source("mairies", "Licence Ouverte 2.0", 2),
        Source("libraries", "Licence Ouverte 2.0", 1),
        Source("osm_coworking", "ODbL 1.0", 3),
        Source("base10:salles", "non précisée", 1),
    ]
    write_folder(tmp_path, *example(), sources, created=CREATED)
    descriptor = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert [item["name"] for item in descriptor["licenses"]] == ["etalab-2.0", "ODbL-1.0", "notspecified"]
    assert descriptor["sources"][2] == {"title": "osm_coworking", "licence": "ODbL 1.0", "rows": 3}
    assert "ODbL" in descriptor["description"]
    assert licences([]) == []


def test_a_space_must_be_in_a_place_of_the_package(tmp_path: Path) -> None:
    places, spaces = example()
    write_folder(tmp_path, places, spaces.with_columns(place_id=pl.lit("999")), [], created=CREATED)
    assert {kind for _, _, kind in faults(validate("datapackage.json", basepath=str(tmp_path)))} == {"foreign-key"}


def test_spaces_of_an_unknown_place_keep_their_rows_so_that_the_import_can_reject_them(tmp_path: Path) -> None:
    places, spaces = example()
    table = through_folder(tmp_path, places.filter(pl.col("id") != "3"), spaces)
    assert [(row["id"], row["nom"], row["nom_espace"]) for row in table.rows][-1] == ("3", "", "Salle du conseil")
    assert frames_of(table)[0].height == places.height - 1


def test_a_package_becomes_one_list_that_any_reader_opens(tmp_path: Path) -> None:
    through_zip(tmp_path, *example())
    content, name = as_one_table(tmp_path / "lieux.zip")
    assert name == "lieux.csv"
    assert restore_table(read_list(content, name)).rows == read_package(tmp_path / "lieux.zip").rows
    assert b"'@Bureau" in content


def test_a_package_is_recognised_by_what_is_in_it(tmp_path: Path) -> None:
    members = write_folder(tmp_path, *example(), [], created=CREATED)
    write_zip(tmp_path / "lieux.zip", tmp_path, members)
    (tmp_path / "other.zip").write_bytes(zip_of({"readme.txt": b"x"}))
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    assert is_package(tmp_path)
    assert is_package(tmp_path / "datapackage.json")
    assert is_package(tmp_path / "lieux.zip")
    assert is_package((tmp_path / "lieux.zip").read_bytes(), "LIEUX.ZIP")
    for other in ("other.zip", "broken.zip", "nowhere.zip", "lieux.csv"):
        assert not is_package(tmp_path / other)
    (tmp_path / "empty").mkdir()
    assert not is_package(tmp_path / "empty")


def zip_of(members: dict[str, bytes]) -> bytes:
    from io import BytesIO

    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def test_a_folder_zipped_by_hand_and_saved_by_a_spreadsheet_still_reads(tmp_path: Path) -> None:
    places = (PUBLISHED / "exemple-valide.csv").read_text(encoding="utf-8")
    spaces = (PUBLISHED / "exemple-espaces-valide.csv").read_text(encoding="utf-8")
    second = zip_of(
        {
            "__MACOSX/lieux.csv": b"\0",
            "mes lieux/lieux.csv": as_spreadsheet(places),
            "mes lieux/espaces.csv": as_spreadsheet(spaces),
        }
    )
    result, rooms = frames_of(read_package(second, "mes lieux.zip"))
    assert_frame_equal(result, example()[0])
    assert_frame_equal(rooms, example()[1])


def as_spreadsheet(text: str) -> bytes:
    """A CSV as a French spreadsheet saves it: semicolons, Windows line ends and code page."""
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(csv.reader(io.StringIO(text)))
    return out.getvalue().encode("cp1252")


def test_a_damaged_zip_is_one_sentence() -> None:
    whole = zip_of({"lieux.csv": (PUBLISHED / "exemple-valide.csv").read_bytes() * 3})
    damaged = whole[:60] + b"\xff" * 40 + whole[100:]
    with pytest.raises(UnreadableFile, match=r"lieux\.zip"):
        read_package(damaged, "lieux.zip")


def test_a_cell_that_does_not_fit_is_named() -> None:
    cells = place_cells(example()[0])
    with pytest.raises(InvalidInput, match="capacite") as caught:
        places_of(cells.with_columns(capacite=pl.lit("une quarantaine")))
    assert "une quarantaine" in caught.value.message("fr")


def test_a_file_of_the_standard_alone_reads_too() -> None:
    cells = place_cells(example()[0]).select(*STANDARD)
    places = places_of(cells)
    assert places["kind"].to_list() == ["coworking", "fablab", "mairie", "library", "other"]
    assert not places["agreed"].any()


def test_a_list_of_the_standard_is_recognised_too(areas: Areas) -> None:
    header = (
        "id,pivot,nom,commune,code_postal,code_insee,adresse,typologie,telephone,horaires,itinerance,date_maj,services"
    )
    rows = (
        "a,12345678200010,Le Patio,Nantes,44000,44109,1 rue de Strasbourg,TIERS_LIEUX|ASSO,+33240000000,"
        "Mo-Fr 09:00-12:00,Fixe,2026-06-02,Accès internet et matériel informatique",
        "b,12345678200010,Service insertion,Nantes,44000,44109,2 rue de Strasbourg,CCAS,,,,2026-06-02,",
        "c,12345678200010,Le bus,Nantes,44000,44109,3 rue de Strasbourg,EPN,,,Itinérant,2026-06-02,",
    )
    table = read_list("\n".join((header, *rows)).encode(), "mediation.csv")
    mapping = find_mapping(table)
    assert mapping.source == "mediation_numerique"
    first, second, third = (one.record for one in parse_rows(table, ParseOptions(mapping, Choices()), Finder(areas)))
    assert (first.kind, first.hours) == (PlaceKind.COWORKING, "Mo-Fr 09:00-12:00")
    assert to_e164(first.phone or "") == "+33240000000"
    assert second.kind == PlaceKind.PUBLIC_BODY
    assert third.rejection is not None
    assert third.rejection.reason == Reason.OUT_OF_SCOPE


def test_of_several_addresses_the_first_is_kept() -> None:
    sites = "https://lieu.example/?a=1|2|https://reseau.example/lieu"
    cells = place_cells(example()[0]).with_columns(
        site_web=pl.lit(sites), courriels=pl.lit("contact@a.example|b@a.example")
    )
    first = places_of(cells).row(0, named=True)
    assert (first["website"], first["email"]) == ("https://lieu.example/?a=1|2", "contact@a.example")


def test_both_forms_are_recognised_without_help() -> None:
    for columns in (names(load_declaration().lieux), names(one_table_columns())):
        result = recognise(columns, load_all())
        assert result is not None
        assert result.source == "placelibre_schema"
