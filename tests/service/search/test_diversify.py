"""Variety as the service does it: hosts and new spaces from the store, on both databases; off, nothing is different."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select, update

from geo.store.engine import reading, writing
from geo.store.schema import place, space
from ingest.journal.tables import import_range, import_run
from service.container import Services
from service.search.hosts import NEW_FOR, Hosts
from tests.service.bookings.test_booking import add_space

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ASKED = {"where": "Nantes", "limit": "20"}


def shown(place_id: int, space_id: int | None) -> tuple[int, int]:
    return place_id, space_id or 0


def imported(store: Engine, number: int, first: int, last: int, age: timedelta) -> None:
    with writing(store) as connection:
        run: dict[str, Any] = {
            "id": number,
            "source": f"s{number}",
            "file_name": "f",
            "file_sha256": "0" * 64,
            "licence": "l",
            "started_at": NOW - age,
            "published_at": NOW - age,
            "state": "published",
            "offered": True,
            "counts": {},
        }
        connection.execute(insert(import_run).values(run))
        span = {"import_id": number, "table_name": "space", "first_id": first, "last_id": last}
        connection.execute(insert(import_range).values(span))


def test_a_host_is_the_legal_unit_else_the_body_else_the_place(store: Engine) -> None:
    facts: list[dict[str, Any]] = [
        {"siret": "21440109300012"},
        {"siret": "21440109300999"},
        {"siret": None, "parent": "Ville de Nantes"},
        {"siret": "", "parent": "ville de nantes "},
        {"parent": " "},
        {},
    ]
    spaces = [add_space(store, **one) for one in facts]
    with reading(store) as connection:
        place_of = {row.id: row.place_id for row in connection.execute(select(space.c.id, space.c.place_id))}
    hosts = [host for host, _ in Hosts(store, NOW).read([shown(place_of[one], one) for one in spaces])]
    assert hosts[0] == hosts[1] == "214401093"
    assert hosts[2] == hosts[3] == "ville de nantes"
    assert len(set(hosts[4:]) | {hosts[0], hosts[2]}) == 4


def test_new_is_what_imports_brought_in_the_last_days(store: Engine) -> None:
    results = [shown(1, 5), shown(2, 12), shown(3, None)]
    assert [new for _, new in Hosts(store, NOW).read(results)] == [False, False, False]
    imported(store, 1, 1, 9, NEW_FOR + timedelta(days=1))
    imported(store, 2, 10, 19, NEW_FOR - timedelta(days=1))
    assert [new for _, new in Hosts(store, NOW).read(results)] == [False, True, False]


def ids(client: TestClient, **asked: str) -> list[int]:
    answer = client.get("/api/v1/search", params={**ASKED, **asked})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["features"]]


@pytest.fixture
def crowded(client: TestClient, small_services: Services) -> list[int]:
    """The best fifteen results made those of one host; returns all in the exact order."""
    order = ids(client)
    with writing(small_services.engine) as connection:
        connection.execute(update(place).where(place.c.id.in_(order[:15])).values(siret="21440109300012"))
    return order


def test_one_host_holds_at_most_so_many_and_off_is_the_exact_order(client: TestClient, crowded: list[int]) -> None:
    assert ids(client) == ids(client, per_host="0", new_floor="0") == crowded
    varied = ids(client, per_host="2")
    assert varied[:2] == crowded[:2]
    assert set(crowded[2:15]).isdisjoint(varied)
    assert len(varied) == 20
    assert max(Counter(varied).values()) == 1


def test_an_installation_may_have_it_always(small_services: Services, client: TestClient, crowded: list[int]) -> None:
    object.__setattr__(small_services.settings, "per_host", 2)
    small_services.close()  # what opens again has the setting
    assert set(crowded[2:15]).isdisjoint(ids(client))
    assert ids(client, per_host="0") == crowded


@pytest.mark.parametrize("asked", [{"per_host": "-1"}, {"per_host": "101"}, {"new_floor": "1.5"}])
def test_what_cannot_be_is_refused(client: TestClient, asked: dict[str, str]) -> None:
    assert client.get("/api/v1/search", params={**ASKED, **asked}).status_code == 422
