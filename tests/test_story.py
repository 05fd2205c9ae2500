"""The one story everything serves, on SQLite and on PostGIS.

A rural mayor's messy list is imported by RuraConnect, joins what the store knew, is offered, found within a second by a
teleworker of a partner community with reasons, booked to the last seat, gone from the next search; undoing the import
explains why the booked room is closed instead of removed.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from ingest.pipeline import import_file
from service.accounts.api_keys import create_key
from service.app import create_app
from service.communities.community import load_files, sync
from service.container import Services
from service.index.live_search import rebuild
from service.migrations import upgrade
from service.settings import ROOT, Settings

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("Europe/Paris"))

STORY = Path(__file__).parent / "data" / "story"


def product(url: str, folder: Path) -> Services:
    """A store that knows two mairies of Lozère and the four communities, with its index built."""
    services = Services(
        Settings(store=url, index=folder / "index", uploads=folder / "up", mappings=folder / "mappings", refresh_s=0.0),
        lambda: NOW,
    )
    upgrade(services.engine)
    sync(services.engine, load_files(ROOT / "data"))
    report = import_file(services.engine, services.areas, STORY / "mairies.csv", now=NOW)
    assert report.counts["accepted"] == 2
    rebuild(services.engine, services.settings.index, NOW)
    return services


@pytest.fixture
def services(store_url: str, tmp_path: Path) -> Iterator[Services]:
    running = product(store_url, tmp_path)
    yield running
    running.close()


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services.settings, services)) as one:
        yield one


def bearer(services: Services, community: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_key(services.engine, community, NOW)}"}


def rooms(client: TestClient, headers: dict[str, str], **asked: str) -> list[dict[str, Any]]:
    asked = {"where": "Florac Trois Rivières", "at": "2026-11-24T09:00/PT3H", "need": "wifi", "seats": "2"} | asked
    answer = client.get("/api/v1/search", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return [feature["properties"] for feature in answer.json()["features"]]


def test_from_a_messy_list_to_a_booked_room_and_back(client: TestClient, services: Services) -> None:
    mayors, insurer = bearer(services, "ruraconnect"), bearer(services, "hub-generali")
    assert rooms(client, insurer) == []

    # The list is shown first, row by row: what was understood and what was not.
    messy = STORY / "mairies volontaires.csv"  # cp1252, semicolons, capitals, a blank line, a commune that is none
    file = {"file": (messy.name, messy.read_bytes(), "text/csv")}
    shown = client.post("/api/v1/imports", files=file, data={"offered": "true"}, headers=mayors)
    assert shown.status_code == 201, shown.text
    preview = shown.json()
    assert preview["published"] is False
    assert preview["rows"] == 3
    assert sum(preview[name] for name in ("accepted", "merged", "updated", "unchanged", "rejected")) == 3
    (rejection,) = preview["rejections"]
    assert "Trifouillis-les-Oies" in rejection["value"]
    assert rejection["remedy"]
    assert rooms(client, insurer) == []

    # Published, both rooms belong to the mairie that the store knew already.
    published = client.post(f"/api/v1/imports/{preview['token']}/publish", headers=mayors).json()
    assert (published["merged"], published["rejected"]) == (2, 1)

    # A teleworker of a partner community finds the room in the very next search, with reasons that add up.
    (room,) = rooms(client, insurer)
    assert room["name"] == "Mairie de Florac Trois Rivières"
    assert room["space"]["name"] == "Salle du conseil"
    assert room["price_half_day_cents"] == 500
    assert room["communities"] == ["ruraconnect"]
    assert sum(term["contribution"] for term in room["terms"].values()) == pytest.approx(room["score"], abs=1e-6)
    assert room["terms"]["affinity"]["value"] > 0
    assert "RuraConnect" in room["reason"]

    # The last seats are taken, once; the next search no longer shows the room.
    order = {"space_id": room["space_id"], "start": "2026-11-24T09:00+01:00", "duration": "PT3H", "seats": 2}
    booked = client.post("/api/v1/bookings", json=order, headers=insurer | {"Idempotency-Key": "the-last-seats"})
    assert booked.status_code == 201, booked.text
    late = client.post("/api/v1/bookings", json=order, headers=insurer | {"Idempotency-Key": "a-second-late"})
    assert late.status_code == 409
    assert rooms(client, insurer) == []
    assert [one["space"]["name"] for one in rooms(client, insurer, seats="1")] == ["Bureau des permanences"]

    # Taking the list back keeps the promise made to whoever booked, and says so.
    undone = client.post(f"/api/v1/imports/{published['import_id']}/undo", headers=mayors)
    assert undone.status_code == 200, undone.text
    assert [closed["name"] for closed in undone.json()["closed_spaces"]] == ["Salle du conseil"]
    assert "Salle du conseil" in undone.json()["message"]
    assert rooms(client, insurer, seats="1") == []
