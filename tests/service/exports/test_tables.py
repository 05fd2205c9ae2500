"""Exports of a real store in the published schema: valid, complete, honest about what it holds, whole or not at all."""

import csv
import errno
import gzip
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from frictionless import validate
from polars.testing import assert_frame_equal
from sqlalchemy import Engine, insert, select, update
from typer.testing import CliRunner

from geo.errors import InvalidInput, StorageFull
from geo.reference.communes import Areas
from geo.store.engine import open_store
from geo.store.schema import community, listing, place, space, space_community
from ingest.exchange.read import as_one_table, frames_of, is_package, read_package, restore_table
from ingest.exchange.write import write_one_table
from ingest.pipeline import import_file
from ingest.publication.report import ImportReport
from ingest.readers.common.raw_list import RawTable
from ingest.readers.open import read as read_list
from ingest.rows.keys import public_key
from ingest.rows.list_parser import find_mapping
from ingest.rows.locate import Finder
from ingest.rows.row_parser import Choices, ParseOptions, parse_rows
from service.cli.main import app
from service.container import Services
from service.exports import published_schema
from service.exports.published_schema import export_schema
from service.exports.tables import write_table
from tests.conftest import DATA, NOW

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schema"

ROOMS = """Nom;Adresse;CP;Ville;Latitude;Longitude;Horaires;Salle;Nombre de places;Tarif demi-journée;Tarif adhérent demi-journée;Wifi
Mairie de Rezé;Place Jean-Baptiste Daviais;44400;Rezé;47.1833;-1.5497;Mo-Fr 09:00-12:00,14:00-18:00;Salle du conseil;6;5 €;3,50 €;oui
Mairie de Rezé;Place Jean-Baptiste Daviais;44400;Rezé;47.1833;-1.5497;Mo-Fr 09:00-12:00,14:00-18:00;Bureau 2;2;0 €;;oui
=Lab;12 rue de Pornic;44830;Bouaye;47.1436;-1.6906;;Plateau;4;;;non
@Home;;44830;Bouaye;;;;;;;;
"""  # noqa: E501
LISTS = {"mairies": 150, "libraries": 150, "france_services": 80, "hotels": 400, "cget_2019": 150}


def first_rows(name: str, rows: int, folder: Path) -> Path:
    """The beginning of a shipped list."""
    path = folder / f"{name}.csv"
    with gzip.open(DATA / "lists" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as source:
        first = source.readline()
        source.seek(0)
        delimiter = ";" if first.count(";") > first.count(",") else ","
        read = csv.reader(source, delimiter=delimiter)
        with path.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, delimiter=delimiter).writerows(
                row for row, _ in zip(read, range(rows + 1), strict=False)
            )
    return path


@pytest.fixture
def real_store(store: Engine, areas: Areas, tmp_path: Path) -> Engine:
    """Some hundred places of five shipped lists, and rooms that hosts agreed to offer."""
    add_community(store)
    for name, rows in LISTS.items():
        import_file(store, areas, first_rows(name, rows, tmp_path), now=NOW)
    import_file(store, areas, ROOMS.encode(), name="salles.csv", community="ruraconnect", offered=True, now=NOW)
    return store


def add_community(engine: Engine) -> None:
    blank = {"colours": {}, "values": [], "words": "", "partners": [], "website": None, "sharing": "network"}
    with engine.begin() as connection:
        connection.execute(insert(community), [{"slug": "ruraconnect", "name": "RuraConnect", **blank}])


def stored(engine: Engine) -> tuple[list[Any], list[Any]]:
    with engine.connect() as connection:
        places = connection.execute(select(place).where(place.c.status != "closed").order_by(place.c.id)).all()
        spaces = connection.execute(select(space).where(space.c.closed.is_(False)).order_by(space.c.id)).all()
    return list(places), list(spaces)


def test_a_real_export_validates_and_holds_every_place(real_store: Engine, tmp_path: Path) -> None:
    out = tmp_path / "export"
    written = export_schema(real_store, out, NOW)
    report = validate("datapackage.json", basepath=str(out))
    assert report.flatten(["rowNumber", "fieldName", "type", "message"]) == []
    places, spaces = frames_of(read_package(out))
    kept, rooms = stored(real_store)
    assert written == places.height == len(kept) > 600
    assert spaces.height == len(rooms) == 3
    assert {path.name for path in out.iterdir()} == {"datapackage.json", "lieux.csv", "espaces.csv"}


def test_every_value_of_the_store_comes_back(real_store: Engine, tmp_path: Path) -> None:
    export_schema(real_store, tmp_path / "lieux.zip", NOW)
    places, spaces = frames_of(read_package(tmp_path / "lieux.zip"))
    kept, rooms = stored(real_store)
    same = (
        "name",
        "kind",
        "address",
        "postcode",
        "commune",
        "insee",
        "lon",
        "lat",
        "precision",
        "expected_m",
    )
    more = ("time_zone", "capacity", "website", "checked_on")
    for row, read in zip(kept, places.iter_rows(named=True), strict=True):
        assert {name: read[name] for name in (*same, *more)} == {name: getattr(row, name) for name in (*same, *more)}
        assert (read["id"], read["hours"]) == (str(row.id), row.opening_hours)
        assert json.loads(read["amenities"]) == row.amenities
        assert (read["phone"] or "")[-9:].replace(" ", "") == (row.phone or "").replace(" ", "")[-9:]
    prices = ("seats", "price_half_day_cents", "member_price_half_day_cents", "kind", "name")
    for row, read in zip(rooms, spaces.sort(pl.col("id").cast(int)).iter_rows(named=True), strict=True):
        assert {name: read[name] for name in prices} == {name: getattr(row, name) for name in prices}
        assert (read["id"], read["place_id"], read["hours"]) == (str(row.id), str(row.place_id), row.opening_hours)
        assert json.loads(read["amenities"]) == row.amenities
        assert read["communities"] == ["ruraconnect"]


def test_all_three_forms_hold_the_same(real_store: Engine, tmp_path: Path) -> None:
    for name in ("folder", "lieux.zip", "lieux.csv"):
        export_schema(real_store, tmp_path / name, NOW)
    places, spaces = frames_of(read_package(tmp_path / "folder"))
    for table in (read_package(tmp_path / "lieux.zip"), restore_table(read_list(tmp_path / "lieux.csv"))):
        assert_frame_equal(frames_of(table)[0], places)
        assert_frame_equal(frames_of(table)[1], spaces)


def test_a_place_of_a_closed_circle_says_whose_it_is(real_store: Engine, tmp_path: Path) -> None:
    export_schema(real_store, tmp_path / "lieux.csv", NOW)
    rows = {row["nom"]: row for row in read_list(tmp_path / "lieux.csv").rows}
    assert rows["'=Lab"]["communautes"] == "ruraconnect"
    assert rows["'=Lab"]["source"] == "ruraconnect:salles"
    public = [row for row in rows.values() if row["source"] == "mairies"]
    assert public
    assert {row["communautes"] for row in public} == {""}


def test_the_agreement_is_that_of_hosts_somebody_vouched_for(real_store: Engine, tmp_path: Path) -> None:
    export_schema(real_store, tmp_path / "lieux.csv", NOW)
    agreed = {row["nom"] for row in read_list(tmp_path / "lieux.csv").rows if row["accord_hote"] == "oui"}
    assert agreed == {"Mairie de Rezé", "'=Lab"}  # the second lacks hours to be offered


def test_closed_places_and_spaces_are_left_out(real_store: Engine, tmp_path: Path) -> None:
    with real_store.begin() as connection:
        connection.execute(update(place).where(place.c.name == "=Lab").values(status="closed"))
        connection.execute(update(space).where(space.c.name == "Bureau 2").values(closed=True))
    export_schema(real_store, tmp_path / "export", NOW)
    places, spaces = frames_of(read_package(tmp_path / "export"))
    assert "=Lab" not in set(places["name"])
    assert spaces["name"].to_list() == ["Salle du conseil"]


def test_the_lists_and_their_licences_are_told(real_store: Engine, tmp_path: Path) -> None:
    export_schema(real_store, tmp_path / "export", NOW)
    descriptor = json.loads((tmp_path / "export" / "datapackage.json").read_text(encoding="utf-8"))
    assert {one["title"] for one in descriptor["sources"]} == {*LISTS, "ruraconnect:salles"}
    assert {one["name"] for one in descriptor["licenses"]} == {"etalab-2.0", "notspecified"}
    assert descriptor["created"] == "2026-11-23T15:00:00+01:00"


def test_demonstration_offers_are_no_facts(small_services: Services, tmp_path: Path) -> None:
    with small_services.engine.connect() as connection:
        assert connection.execute(select(space.c.id).where(space.c.demo)).first() is not None
    export_schema(small_services.engine, tmp_path / "export", NOW)
    places, spaces = frames_of(read_package(tmp_path / "export"))
    assert not places["agreed"].any()
    assert spaces.is_empty()
    with small_services.engine.connect() as connection:
        assumed = set(map(str, connection.execute(select(place.c.id).where(place.c.hours_assumed)).scalars()))
    assert places.filter(pl.col("id").is_in(list(assumed)))["hours"].null_count() == len(assumed) > 0
    assert validate("datapackage.json", basepath=str(tmp_path / "export")).valid


def test_every_row_is_understood_without_help(real_store: Engine, areas: Areas, tmp_path: Path) -> None:
    """What today's import reads of an export: everything it has a field for."""
    export_schema(real_store, tmp_path / "lieux.zip", NOW)
    table = read_package(tmp_path / "lieux.zip")
    mapping = find_mapping(table)
    assert mapping.source == "placelibre_schema"
    choices = Choices(community="ruraconnect")
    records = [one.record for one in parse_rows(table, ParseOptions(mapping, choices), Finder(areas))]
    kept = {row.id: row for row in stored(real_store)[0]}
    understood = (
        "name",
        "kind",
        "address",
        "postcode",
        "commune",
        "insee",
        "capacity",
        "website",
        "phone",
        "checked_on",
    )
    differences = []
    for record in records:
        row = kept[int(record.raw["id"])]
        assert record.rejection is None
        told = {name: getattr(record, name) for name in (*understood, "amenities")} | {"hours": record.hours}
        wanted = {name: getattr(row, name) for name in (*understood, "amenities")} | {"hours": row.opening_hours}
        told |= {"position": (record.lon, record.lat, record.expected_m)}
        wanted |= {"position": (row.lon, row.lat, row.expected_m)}
        differences += [(name, row.insee, told[name]) for name in wanted if wanted[name] != told[name]]
    assert differences == []
    drafts = {draft.name: draft for record in records for draft in record.spaces}
    council = drafts["Salle du conseil"]
    assert (council.seats, council.price_half_day_cents, council.member_price_half_day_cents) == (6, 500, 350)
    assert drafts["Bureau 2"].price_half_day_cents == 0


@pytest.fixture
def other_store(tmp_path: Path, sqlite_template: Path) -> Iterator[Engine]:
    """An empty store that knows the community."""
    shutil.copy(sqlite_template, tmp_path / "other.db")
    engine = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    add_community(engine)
    yield engine
    engine.dispose()


def take_over(engine: Engine, areas: Areas, form: Path) -> list[ImportReport]:
    """Imports an export as everybody's list, then as the community's."""
    content = as_one_table(form)[0] if is_package(form) else form.read_bytes()
    return [
        import_file(engine, areas, content, name="lieux.csv", now=NOW, offered=True, community=community)
        for community in (None, "ruraconnect")
    ]


@pytest.mark.parametrize("form", ["lieux.csv", "lieux.zip"])
def test_an_empty_store_takes_over_everything(
    real_store: Engine, other_store: Engine, areas: Areas, tmp_path: Path, form: str
) -> None:
    export_schema(real_store, tmp_path / form, NOW)
    reports = take_over(other_store, areas, tmp_path / form)
    assert all(report.recognised for report in reports)
    export_schema(other_store, tmp_path / "again", NOW)
    ours, theirs = frames_of(in_one_form(tmp_path / form)), frames_of(read_package(tmp_path / "again"))
    ids = new_ids(other_store)
    places = ours[0].with_columns(pl.col("id").replace_strict(ids))
    assert_frame_equal(places.sort("id"), theirs[0].sort("id"))
    spaces = ours[1].with_columns(pl.col("place_id").replace_strict(ids))
    assert_frame_equal(spaces.drop("id"), theirs[1].drop("id"))
    assert offered(other_store) == offered(real_store) == ["Mairie de Rezé"]
    for report in take_over(other_store, areas, tmp_path / form):
        assert report.counts["unchanged"] + report.counts["rejected"] == report.rows


def in_one_form(path: Path) -> RawTable:
    return read_package(path) if is_package(path) else restore_table(read_list(path))


def new_ids(engine: Engine) -> dict[str, str]:
    """Under which number the places of an export are in the store that took it over."""
    with engine.connect() as connection:
        rows = connection.execute(select(listing.c.source_key, listing.c.place_id)).all()
    return {public_key(row.source_key): str(row.place_id) for row in rows}


def offered(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(place.c.name).where(place.c.status == "offered")).scalars())


def test_what_belongs_to_a_community_does_not_become_public(
    real_store: Engine, other_store: Engine, areas: Areas, tmp_path: Path
) -> None:
    export_schema(real_store, tmp_path / "lieux.csv", NOW)
    content = (tmp_path / "lieux.csv").read_bytes()
    report = import_file(other_store, areas, content, name="lieux.csv", now=NOW, offered=True)
    rows = report.table
    refused = rows.filter(pl.col("outcome") == "rejected")
    assert set(refused["name"]) == {"Mairie de Rezé", "=Lab", "@Home"}
    assert set(refused["reason"]) == {"other_circle"}
    assert stored(other_store)[1] == []  # its rooms neither


def test_a_room_of_a_community_in_a_public_place_waits_for_it(
    other_store: Engine, areas: Areas, tmp_path: Path
) -> None:
    ours, rooms = frames_of(restore_table(read_list(SCHEMA / "exemple-une-table-valide.csv")))
    ours = ours.with_columns(communities=pl.lit([], pl.List(pl.String)))
    write_one_table(tmp_path / "lieux.csv", ours, rooms.with_columns(communities=pl.lit(["ruraconnect"])))
    content = (tmp_path / "lieux.csv").read_bytes()
    report = import_file(other_store, areas, content, name="lieux.csv", now=NOW, offered=True)
    assert report.counts["rejected"] == 0
    assert stored(other_store)[1] == []
    assert report.table["notes"].str.contains("room_of_others").sum() == rooms.height
    import_file(other_store, areas, content, name="lieux.csv", now=NOW, offered=True, community="ruraconnect")
    assert {row.name for row in stored(other_store)[1]} == set(rooms["name"])


def test_places_told_apart_stay_apart(real_store: Engine, other_store: Engine, areas: Areas, tmp_path: Path) -> None:
    """Two places that look alike, in an export of a store where somebody decided that they are two."""
    export_schema(real_store, tmp_path / "lieux.csv", NOW)
    first = read_list(tmp_path / "lieux.csv").rows[0]
    with (tmp_path / "deux.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, first)
        writer.writeheader()
        writer.writerows([first, first | {"id": "900001"}])
    report = import_file(other_store, areas, tmp_path / "deux.csv", now=NOW)
    assert report.counts["accepted"] == 2


def test_a_public_room_stays_public_when_a_community_offers_it_too(store: Engine, areas: Areas) -> None:
    add_community(store)
    import_file(store, areas, ROOMS.encode(), name="salles.csv", offered=True, now=NOW)
    import_file(store, areas, ROOMS.encode(), name="salles.csv", offered=True, community="ruraconnect", now=NOW)
    with store.connect() as connection:
        assert connection.execute(select(space_community)).all() == []


def test_any_csv_export_is_safe_to_open(tmp_path: Path) -> None:
    table = pl.DataFrame({"name": ["=1+1", "Ici"], "phone": ["+33240123456", None], "lon": [-1.5, 2.0]})
    write_table(table, tmp_path / "places.csv", geometry=True)
    assert (tmp_path / "places.csv").read_text() == "name,phone,lon\n'=1+1,+33240123456,-1.5\nIci,,2.0\n"


@pytest.mark.parametrize("name", ["lieux.csv", "lieux.zip", "export"])
def test_a_full_disk_leaves_yesterdays_export(
    real_store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    out = tmp_path / name
    export_schema(real_store, out, NOW)
    before = snapshot(out)

    def full(path: Path, *_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    def full_folder(folder: Path, *_: object, **__: object) -> None:
        full(folder / "lieux.csv")

    monkeypatch.setattr(published_schema, "write_one_table", full)
    monkeypatch.setattr(published_schema, "write_folder", full_folder)
    with pytest.raises(StorageFull):
        export_schema(real_store, out, NOW)
    assert snapshot(out) == before
    assert not list(tmp_path.glob("**/.*"))


def snapshot(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out.iterdir() if out.is_dir() else [out])}


def test_other_files_of_the_folder_stay(real_store: Engine, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "notes.txt").write_text("à moi")
    export_schema(real_store, tmp_path / "export", NOW)
    assert (tmp_path / "export" / "notes.txt").read_text() == "à moi"


def test_another_extension_and_a_folder_that_is_not_there_are_said(real_store: Engine, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"\.xlsx"):
        export_schema(real_store, tmp_path / "lieux.xlsx", NOW)
    for name in ("lieux.csv", "lieux.zip", "export"):
        with pytest.raises(InvalidInput, match="nowhere"):
            export_schema(real_store, tmp_path / "nowhere" / name, NOW)


def test_the_command_writes_it_and_says_how_many(small_services: Services, tmp_path: Path) -> None:
    environment = {"PLACELIBRE_STORE": small_services.settings.store, "PLACELIBRE_LANGUAGE": "en"}
    runner = CliRunner()
    done = runner.invoke(app, ["export", "--schema", "--out", str(tmp_path / "lieux.zip")], env=environment)
    assert (done.exit_code, done.stdout) == (0, "")
    written = frames_of(read_package(tmp_path / "lieux.zip"))[0].height
    assert done.stderr.startswith(f"{written} places written to ")
    both = runner.invoke(app, ["export", "--schema", "--listings", "--out", "x.csv"], env=environment)
    assert isinstance(both.exception, InvalidInput)
    assert "--listings" in both.exception.message("fr")


def test_a_zip_holds_three_files_of_one_date(real_store: Engine, tmp_path: Path) -> None:
    export_schema(real_store, tmp_path / "lieux.zip", NOW)
    with zipfile.ZipFile(tmp_path / "lieux.zip") as archive:
        assert archive.namelist() == ["lieux.csv", "espaces.csv", "datapackage.json"]
        assert archive.testzip() is None
