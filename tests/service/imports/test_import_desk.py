"""The import desk: what was dropped is shown, published once, taken back; each community behind its own key."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from geo.errors import KeyMissing, NotAllowed, NotFound, StorageFull, UnreadableFile, UserError
from geo.geocoder.geocoder import Geocoder
from geo.reference.communes import Areas
from geo.store.engine import reading, writing
from geo.store.schema import listing, place, space
from service.accounts.api_keys import create_key
from service.bookings.booking import book
from service.communities.community import add
from service.fetching.file_names import safe_name
from service.imports.import_desk import KEPT, LIMIT_BYTES, MAX_SOURCE, ImportDesk, ListTooLarge, source_of

DATA = Path(__file__).parents[3] / "data"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROOMS = """Nom;Adresse;CP;Ville;Latitude;Longitude;Horaires;Nombre de places;Tarif demi-journée
Mairie de Rezé;Place Jean-Baptiste Daviais;44400;Rezé;47.1833;-1.5497;Mo-Fr 09:00-12:00,14:00-18:00;6;5 €
Mairie de Bouaye;12 rue de Pornic;44830;Bouaye;47.1436;-1.6906;Mo-Fr 09:00-12:00;4;3 €
Sans lieu;;;;;;;;
""".encode()


@dataclass
class Clock:
    """A clock that a test moves."""

    moment: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
def desk(store: Engine, areas: Areas, uploads: Path, clock: Clock) -> ImportDesk:
    add(store, slug="one")
    add(store, slug="two")
    return ImportDesk(store, Geocoder(areas), uploads, clock)


@pytest.fixture
def one(desk: ImportDesk, store: Engine) -> str:
    return create_key(store, "one", NOW)


@pytest.fixture
def two(desk: ImportDesk, store: Engine) -> str:
    return create_key(store, "two", NOW)


def names(store: Engine) -> list[str]:
    with reading(store) as connection:
        return sorted(connection.execute(select(place.c.name).where(place.c.status != "closed")).scalars())


def test_a_preview_says_what_would_happen_and_changes_nothing(desk: ImportDesk, store: Engine, one: str) -> None:
    preview = desk.preview(one, "salles.csv", ROOMS)
    told = preview.report.to_dict("fr")
    assert (told["rows"], told["accepted"], told["rejected"]) == (3, 2, 1)
    assert told["rejections"][0]["row"] == 3
    assert names(store) == [] and desk.imports(one) == []


def test_publishing_does_what_the_preview_said_under_the_community(desk: ImportDesk, store: Engine, one: str) -> None:
    preview = desk.preview(one, "salles.csv", ROOMS)
    done = desk.publish(one, preview.token).to_dict("fr")
    told = preview.report.to_dict("fr")
    assert {key: done[key] for key in ("rows", "accepted", "rejected")} == {
        key: told[key] for key in ("rows", "accepted", "rejected")
    }
    assert names(store) == ["Mairie de Bouaye", "Mairie de Rezé"]
    with reading(store) as connection:
        rows = connection.execute(select(listing.c.community, listing.c.source).distinct()).all()
    assert [tuple(row) for row in rows] == [("one", "one:salles")]
    (mine,) = desk.imports(one)
    assert mine["community"] == "one" and mine["accepted"] == 2


def test_the_same_file_twice_changes_nothing(desk: ImportDesk, store: Engine, one: str) -> None:
    desk.publish(one, desk.preview(one, "Salles.csv", ROOMS).token)
    again = desk.publish(one, desk.preview(one, "salles.CSV", ROOMS).token).to_dict("fr")
    assert (again["unchanged"], again["accepted"], again["merged"], again["updated"]) == (2, 0, 0, 0)


def test_the_same_file_of_two_communities_is_two_lists_of_the_same_places(
    desk: ImportDesk, store: Engine, one: str, two: str
) -> None:
    desk.publish(one, desk.preview(one, "salles.csv", ROOMS).token)
    done = desk.publish(two, desk.preview(two, "salles.csv", ROOMS).token).to_dict("fr")
    assert done["merged"] == 2
    assert names(store) == ["Mairie de Bouaye", "Mairie de Rezé"]


@pytest.mark.parametrize("offered", [True, False])
def test_places_are_offered_only_when_the_community_says_that_hosts_agreed(
    desk: ImportDesk, store: Engine, one: str, offered: bool
) -> None:
    desk.publish(one, desk.preview(one, "salles.csv", ROOMS, offered=offered).token)
    with reading(store) as connection:
        statuses = set(connection.execute(select(place.c.status)).scalars())
    assert statuses == {"offered" if offered else "candidate"}


def test_columns_can_be_named_and_the_choice_is_kept_until_publication(
    desk: ImportDesk, store: Engine, one: str
) -> None:
    odd = b"Zut;Ville;lat;lon\nLa Ruche;Nantes;47.21;-1.55\n"
    desk.publish(one, desk.preview(one, "odd.csv", odd, column_map={"Zut": "name"}, kind="coworking").token)
    with reading(store) as connection:
        assert [tuple(row) for row in connection.execute(select(place.c.name, place.c.kind))] == [
            ("La Ruche", "coworking")
        ]


def test_undo_takes_back_everything(desk: ImportDesk, store: Engine, one: str) -> None:
    desk.publish(one, desk.preview(one, "salles.csv", ROOMS, offered=True).token)
    (mine,) = desk.imports(one)
    desk.undo(one, mine["import_id"])
    with writing(store) as connection:
        assert connection.execute(select(space.c.id)).all() == []
        assert connection.execute(select(listing.c.id)).all() == []
    assert names(store) == []


def test_undo_closes_a_room_that_was_booked_and_says_so(desk: ImportDesk, store: Engine, one: str) -> None:
    desk.publish(one, desk.preview(one, "salles.csv", ROOMS, offered=True).token)
    with reading(store) as connection:
        room = connection.execute(select(space.c.id).join(place).where(place.c.name == "Mairie de Rezé")).scalar_one()
    start = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    book(store, space_id=room, start=start, stop=start + timedelta(hours=3), seats=6, community="two", now=NOW)
    (mine,) = desk.imports(one)
    report = desk.undo(one, mine["import_id"])
    with reading(store) as connection:
        assert [tuple(row) for row in connection.execute(select(space.c.id, space.c.closed))] == [(room, True)]
    assert "Rezé" in str(report.to_dict("fr"))


# --- keys ----------------------------------------------------------------------------------------


def test_nothing_works_without_a_key(desk: ImportDesk, one: str, uploads: Path) -> None:
    token = desk.preview(one, "salles.csv", ROOMS).token
    attempts: list[Callable[[], object]] = [
        lambda: desk.preview(None, "salles.csv", ROOMS),
        lambda: desk.preview("plk_wrong", "salles.csv", ROOMS),
        lambda: desk.publish(None, token),
        lambda: desk.undo(None, 1),
        lambda: desk.imports(""),
    ]
    for attempt in attempts:
        with pytest.raises(KeyMissing):
            attempt()
    assert [folder.name for folder in uploads.iterdir()] == [token]


def test_a_community_neither_publishes_nor_undoes_nor_sees_what_is_of_another(
    desk: ImportDesk, store: Engine, one: str, two: str
) -> None:
    preview = desk.preview(one, "salles.csv", ROOMS)
    with pytest.raises(NotFound):
        desk.publish(two, preview.token)
    desk.publish(one, preview.token)
    (mine,) = desk.imports(one)
    with pytest.raises(NotAllowed):
        desk.undo(two, mine["import_id"])
    with pytest.raises(NotFound):
        desk.undo(one, mine["import_id"] + 1)
    assert desk.imports(two) == [] and len(names(store)) == 2


# --- what waits ----------------------------------------------------------------------------------


def test_a_list_is_published_once(desk: ImportDesk, one: str, uploads: Path) -> None:
    token = desk.preview(one, "salles.csv", ROOMS).token

    def publish(_: int) -> str:
        try:
            desk.publish(one, token)
        except NotFound:
            return "gone"
        return "published"

    with ThreadPoolExecutor(6) as clicks:
        assert sorted(clicks.map(publish, range(6))) == ["gone"] * 5 + ["published"]
    assert len(desk.imports(one)) == 1 and list(uploads.iterdir()) == []


def test_a_list_waits_for_a_day(desk: ImportDesk, one: str, uploads: Path, clock: Clock) -> None:
    token = desk.preview(one, "salles.csv", ROOMS).token
    clock.moment = NOW + KEPT
    assert desk.purge() == 0
    clock.moment += timedelta(seconds=2)
    with pytest.raises(NotFound):
        desk.publish(one, token)
    newer = desk.preview(one, "salles.csv", ROOMS).token
    assert [folder.name for folder in uploads.iterdir()] == [newer]


def test_what_is_not_ours_in_the_folder_is_left_alone(desk: ImportDesk, uploads: Path, clock: Clock) -> None:
    (uploads / "notes").mkdir(parents=True)
    clock.moment += timedelta(days=9)
    assert desk.purge() == 0 and (uploads / "notes").is_dir()


def test_a_token_is_never_a_path(desk: ImportDesk, one: str) -> None:
    for token in ("", ".", "..", "../..", "a/b", "0" * 40, "00000000-" + "A" * 22):
        with pytest.raises(NotFound):
            desk.publish(one, token)


def test_a_list_that_could_not_be_published_still_waits(
    desk: ImportDesk, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk.preview(one, "salles.csv", ROOMS).token
    with monkeypatch.context() as patch:

        def broken(*_: object, **__: object) -> None:
            raise StorageFull(path="store")

        patch.setattr("service.imports.import_desk.import_file", broken)
        with pytest.raises(StorageFull):
            desk.publish(one, token)
    assert desk.publish(one, token).to_dict("fr")["accepted"] == 2


# --- bad files -----------------------------------------------------------------------------------


NO_LISTS: list[tuple[str, bytes, type[UserError]]] = [
    ("photo.jpg", b"\xff\xd8\xff", UnreadableFile),
    ("list", ROOMS, UnreadableFile),
    ("", ROOMS, UnreadableFile),
    ("list.csv", b"", UnreadableFile),
    ("list.xlsx", b"PK\x03\x04 half", UnreadableFile),
    ("list.geojson", b'{"type": "FeatureColl', UnreadableFile),
    ("list.csv", b"\x1f\x8b\x08\x00", UnreadableFile),
    ("list.csv.gz", b"\x1f\x8b\x08\x00", UnreadableFile),
    ("list.csv", b"a" * (LIMIT_BYTES + 1), ListTooLarge),
]


def test_a_file_that_is_no_list_leaves_nothing_behind(desk: ImportDesk, one: str, uploads: Path) -> None:
    for file_name, content, error in NO_LISTS:
        with pytest.raises(error) as caught:
            desk.preview(one, file_name, content)
        assert caught.value.message("fr") != caught.value.message("en")
        assert not uploads.exists() or list(uploads.iterdir()) == [], file_name


def test_a_list_too_large_is_http_413() -> None:
    assert ListTooLarge(limit_mb=20).http_status == 413
    assert "20 Mo" in ListTooLarge(limit_mb=20).message("fr")


def test_a_full_disk_is_said_and_leaves_nothing(
    desk: ImportDesk, one: str, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageFull):
        desk.preview(one, "salles.csv", ROOMS)
    assert list(uploads.iterdir()) == []


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("salles.csv", "salles.csv"),
        ("Mes salles (été).XLSX", "Mes salles (été).xlsx"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\moi\\liste.csv", "liste.csv"),
        ("a\x00b\nc.csv", "a_b_c.csv"),
        ("...csv", "csv"),
        ("", "list"),
        ("/", "list"),
    ],
)
def test_a_file_name_is_only_a_name(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(st.text(max_size=300))
def test_a_safe_name_stays_in_its_folder_and_safe(given_name: str) -> None:
    name = safe_name(given_name)
    assert name == Path(name).name and name not in {"", ".", ".."}
    assert len(name.encode()) <= 255 and name.isprintable()
    assert safe_name(name) == name


@given(st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,10}){0,4}", fullmatch=True), st.text(max_size=100))
def test_a_source_fits_and_says_whose_it_is(community: str, file_name: str) -> None:
    source = source_of(community, file_name)
    assert len(source) <= MAX_SOURCE and source.isascii()
    assert source == source_of(community, file_name)
    assert source.startswith(f"{community}:") or len(community) > 50


def test_sources_differ_by_community_and_by_file() -> None:
    assert source_of("one", "Salles été.csv") == source_of("one", "salles_ete.xlsx") == "one:salles-ete"
    assert (
        len(
            {
                source_of("a", "b-c.csv"),
                source_of("a-b", "c.csv"),
                source_of("a", "東京.csv"),
                source_of("a", "大阪.csv"),
            }
        )
        == 4
    )
    long = "x" * 90
    assert source_of("one", long + "1.csv") != source_of("one", long + "2.csv")
