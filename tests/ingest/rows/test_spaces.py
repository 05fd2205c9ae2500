"""From a row to bookable units: which rooms a row describes, under which keys, with what is known of them."""

from typing import Any

import pytest

from geo.types import SpaceKind
from ingest.mapping.model import Mapping
from ingest.rows.diagnostics import Note
from ingest.rows.record import Record, SpaceDraft
from ingest.rows.space_columns import Content, read_header
from ingest.rows.spaces import number_namesakes, read_space, space_columns

FIELDS: dict[str, Any] = {
    name: ((name,),)
    for name in ("space_name", "space_kind", "seats", "price_half_day", "price_day", "price_hour", "member_price_day")
} | {name: ((name,),) for name in ("space_hours", "space_amenities")}


def units(row: dict[str, str], as_space: SpaceKind | None = None, **more: Any) -> tuple[list[SpaceDraft], Record]:
    """What is read of a row whose mapped columns have the names of their fields."""
    mapping = Mapping("essai", FIELDS)
    record = Record(1, 1, row, **more)
    read_space(record, mapping, as_space, space_columns(row, mapping))
    return record.spaces, record


def test_a_room_in_its_own_row() -> None:
    (room,), _ = units(
        {
            "space_name": "SALLE DU CONSEIL",
            "seats": "12 places",
            "price_day": "20 €",
            "space_hours": "Du lundi au vendredi de 9h à 17h",
            "space_amenities": "vidéoprojecteur, tableau blanc",
        }
    )
    assert (room.key, room.kind, room.name) == ("meeting_room:salle du conseil", "meeting_room", "Salle du Conseil")
    assert (room.seats, room.price_half_day_cents, room.opening_hours) == (12, 1000, "Mo-Fr 09:00-17:00")
    assert room.amenities == {"video": "yes", "whiteboard": "yes"}


@pytest.mark.parametrize("name", ["Salle du conseil", "SALLE DU CONSEIL", " salle  du Conseil "])
def test_the_key_does_not_depend_on_how_the_name_is_written(name: str) -> None:
    (room,), _ = units({"space_name": name, "seats": "8"})
    assert room.key == "meeting_room:salle du conseil"


def test_a_row_without_rooms_makes_none() -> None:
    assert units({"space_name": "", "seats": ""})[0] == []


def test_a_row_can_be_one_space_itself() -> None:
    (desk,), _ = units({"nom": "La Cale"}, SpaceKind.DESK, capacity=6)
    assert (desk.key, desk.name, desk.seats) == ("desk:poste de travail", "Poste de travail", 6)


def test_the_capacity_of_a_room_is_its_seats_but_that_of_a_place_is_not() -> None:
    (room,), _ = units({"space_kind": "Salle de réunion"}, capacity=14)
    assert room.seats == 14
    (priced,), _ = units({"price_day": "10"}, capacity=14)
    assert priced.seats is None


@pytest.mark.parametrize(
    ("header", "kind", "name", "asks", "unit"),
    [
        ("Nombre de bureaux fermés", "private_office", "Bureau fermé", Content.COUNT, ""),
        ("Nb places open space", "open_space", "Open space", Content.SEATS, ""),
        ("Salle de réunion (capacité)", "meeting_room", "Salle de réunion", Content.SEATS, ""),
        ("Capacité de la salle du conseil", "meeting_room", "Salle du conseil", Content.SEATS, ""),
        ("Espace de coworking (nb postes)", "open_space", "Espace de coworking", Content.SEATS, ""),
        ("Tarif demi-journée salle de réunion (€ HT)", "meeting_room", "Salle de réunion", Content.PRICE, "half_day"),
        ("Salle 2 : prix à l'heure", "meeting_room", "Salle 2", Content.PRICE, "hour"),
        ("Bureaux fermés : tarif adhérent / jour", "private_office", "Bureau fermé", Content.MEMBER_PRICE, "day"),
        ("Horaires salle polyvalente", "event_room", "Salle polyvalente", Content.HOURS, ""),
        ("Open space", "open_space", "Open space", Content.PRESENCE, ""),
    ],
)
def test_headers_that_speak_of_one_sort_of_room(header: str, kind: str, name: str, asks: Content, unit: str) -> None:
    found = read_header(header)
    assert found is not None
    assert (found.kind, found.name, found.content, found.unit) == (kind, name, asks, unit)


@pytest.mark.parametrize(
    "header", ["Nom de la salle", "Nombre de places", "Code salle", "salles", "Équipement de la salle"]
)
def test_headers_that_do_not(header: str) -> None:
    assert read_header(header) is None


def test_columns_for_several_spaces_in_one_row_become_several_units() -> None:
    rooms, record = units(
        {
            "Nombre de bureaux fermés": "2",
            "Nb places open space": "10 à 12",
            "Tarif journée open space": "15 € HT",
            "Salle de réunion (capacité)": "8 pers.",
            "Salle de réunion (tarif à l'heure)": "5 €",
            "Phone box": "oui",
        }
    )
    assert [(one.key, one.name, one.seats, one.price_half_day_cents) for one in rooms] == [
        ("private_office:bureau ferme 1", "Bureau fermé 1", None, None),
        ("private_office:bureau ferme 2", "Bureau fermé 2", None, None),
        ("open_space:open space", "Open space", 10, 900),
        ("meeting_room:salle de reunion", "Salle de réunion", 8, 2000),
    ]
    assert [remark.note for remark in record.remarks] == [Note.PRICE_BEFORE_TAX]


@pytest.mark.parametrize("said", ["0", "non", "", "-"])
def test_a_column_may_say_that_there_is_no_such_room(said: str) -> None:
    assert units({"Nb places open space": said, "Salle de réunion": said})[0] == []


def test_a_bare_number_under_a_room_may_count_rooms_or_seats_and_is_not_guessed() -> None:
    (room,), record = units({"Salle de réunion": "6"})
    assert room.seats is None
    assert [remark.note for remark in record.remarks] == [Note.SEATS_NOT_UNDERSTOOD]
    assert units({"Salle de réunion": "6 personnes"})[0][0].seats == 6


def test_seats_of_several_rooms_together_are_not_shared_out() -> None:
    rooms, record = units({"Nombre de salles de réunion": "3", "Salles de réunion (capacité)": "40"})
    assert [(one.name, one.seats) for one in rooms] == [(f"Salle de réunion {n}", None) for n in (1, 2, 3)]
    assert [remark.value for remark in record.remarks] == ["3 × 40"]


def test_a_mapped_column_is_not_read_twice() -> None:
    mapping = Mapping("essai", {"seats": (("Nb places open space",),)})
    row = {"Nb places open space": "9"}
    record = Record(1, 1, row)
    read_space(record, mapping, None, space_columns(row, mapping))
    assert [(one.kind, one.seats) for one in record.spaces] == [("open_space", 9)]


@pytest.mark.parametrize(
    ("cells", "cents", "member_cents", "notes"),
    [
        ({"price_half_day": "5"}, 500, None, []),
        ({"price_half_day": "sur devis", "price_day": "12 €"}, 600, None, [Note.PRICE_NOT_UNDERSTOOD]),
        ({"price_day": "12€/jour - 8€ la 1/2 journée pour les adhérents"}, 600, 800, []),
        ({"price_hour": "3", "member_price_day": "10"}, 1200, 500, []),
        ({"price_half_day": "15 € HT la demi-journée"}, 1800, None, [Note.PRICE_BEFORE_TAX]),
        ({"price_day": "150 € par mois"}, None, None, [Note.PRICE_OTHER_UNIT]),
        ({"price_half_day": "gratuit pour les adhérents, 5 € sinon"}, 500, 0, []),
    ],
)
def test_prices_become_those_of_a_half_day(
    cells: dict[str, str], cents: int | None, member_cents: int | None, notes: list[Note]
) -> None:
    (unit,), record = units({"space_name": "Bureau 1", **cells})
    assert (unit.price_half_day_cents, unit.member_price_half_day_cents) == (cents, member_cents)
    assert [remark.note for remark in record.remarks] == notes


def test_what_a_price_does_not_tell_in_full_stays_as_a_note() -> None:
    (unit,), _ = units({"space_name": "Bureau 1", "price_day": "150 € par mois"})
    assert unit.price_note == "150 € par mois"
    (plain,), _ = units({"space_name": "Bureau 1", "price_day": "15 €"})
    assert plain.price_note is None


def room(seats: int | None = None, cents: int | None = None) -> SpaceDraft:
    return SpaceDraft("meeting_room:salle", SpaceKind.MEETING_ROOM, "Salle", seats, cents)


def test_a_namesake_gets_a_number_and_keeps_it() -> None:
    told = number_namesakes([room(8), room(20), room(8, 500)])
    assert [(one.key, one.name, one.seats) for one in told] == [
        ("meeting_room:salle", "Salle", 8),
        ("meeting_room:salle #2", "Salle (2)", 20),
    ]
    assert told[0].price_half_day_cents == 500, "the third row says more of the first room"
    assert number_namesakes(told) == told
