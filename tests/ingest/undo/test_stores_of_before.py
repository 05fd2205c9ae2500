"""Stores made before listings kept their spaces: a migration tells them, and undo works as in a new store."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, select

import service.migrations
from geo.store.schema import listing
from ingest.history import undo
from ingest.journal.tables import import_change

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = ("id", "nom", "adresse", "code postal", "commune", "salle", "nombre de places", "tarif", "horaires")
TOWN_HALL = ("Mairie", "1 place de la Mairie", "44110", "Châteaubriant")
HOURS = "Lundi-Vendredi 9h-18h"
COUNCIL = ["1", *TOWN_HALL, "Salle du conseil", "12", "5 €", HOURS]
OFFICE = ["2", *TOWN_HALL, "Bureau 2", "2", "gratuit", HOURS]
BEFORE = "0007"

Bring = Callable[..., Any]


def migrate(store: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(service.migrations.__file__).parent))
    with store.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if revision == BEFORE else command.upgrade)(config, revision)


def facts(store: Engine) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return list(connection.execute(select(listing.c.facts).order_by(listing.c.id)).scalars())


@pytest.fixture
def two_lists(store: Engine, bring: Bring, communities: None) -> tuple[int, int]:
    """Two lists that name one room, as a store of before keeps them; their imports."""
    first = bring([COUNCIL, OFFICE], header=HEADER, name="a.csv", community="ruraconnect", offered=True)
    second = bring(
        [["9", *TOWN_HALL, "Salle du conseil", "14", "", HOURS]],
        header=HEADER,
        name="b.csv",
        community="base10",
        offered=True,
    )
    return first.import_id, second.import_id


def test_listings_learn_the_spaces_they_name(store: Engine, seen: Any, two_lists: tuple[int, int]) -> None:
    before = seen.dump()
    migrate(store, BEFORE)
    assert not any({"spaces", "offered"} & said.keys() for said in facts(store))
    migrate(store, "head")
    assert [said["offered"] for said in facts(store)] == [True, True, True]
    assert [[room["name"] for room in said["spaces"]] for said in facts(store)] == [
        ["Salle du conseil", "Bureau 2"],
        ["Salle du conseil", "Bureau 2"],
        ["Salle du conseil"],
    ]
    assert {name: rows for name, rows in seen.dump().items() if name != "listing"} == {
        name: rows for name, rows in before.items() if name != "listing"
    }


def test_an_undo_leaves_the_room_that_the_other_list_names(
    store: Engine, seen: Any, two_lists: tuple[int, int]
) -> None:
    migrate(store, BEFORE)
    migrate(store, "head")
    undo(store, two_lists[0], NOW)
    assert [(item.name, item.seats, item.closed) for item in seen.spaces()] == [("Salle du conseil", 14, False)]
    assert [item.status for item in seen.places()] == ["offered"]
    undo(store, two_lists[1], NOW)
    assert not any(seen.dump().values())


def test_a_row_that_was_updated_before_can_still_be_undone(
    store: Engine, seen: Any, bring: Bring, two_lists: tuple[int, int]
) -> None:
    changed = [*COUNCIL[:6], "16", *COUNCIL[7:]]
    third = bring([changed, OFFICE], header=HEADER, name="a.csv", community="ruraconnect", offered=True)
    migrate(store, BEFORE)
    migrate(store, "head")
    with store.connect() as connection:
        images = connection.execute(
            select(import_change.c.before).where(
                import_change.c.import_id == third.import_id, import_change.c.table_name == "listing"
            )
        ).scalars()
        assert ['"seats":14' in image for image in images] == [True]
    undo(store, third.import_id, NOW)
    assert {item.name: item.seats for item in seen.spaces()} == {"Salle du conseil": 14, "Bureau 2": 2}
