"""Pages of the API: every place once, in the one order there is, by a cursor that belongs to one search."""

import pytest
from fastapi.testclient import TestClient

from matching.query.query import Cursor
from service.container import Services
from service.search.cursors import read_cursor
from service.search.request import SearchRequest

ASKED = {"where": "Nantes", "within": "30km", "candidates": "true", "preset": "closest"}


def pages(client: TestClient, limit: int, most: int) -> list[int]:
    """Places of so many pages, in order."""
    told: list[int] = []
    after: dict[str, str] = {}
    for _ in range(most):
        answer = client.get("/api/v1/search", params={**ASKED, "limit": str(limit), **after}).json()
        told += [feature["id"] for feature in answer["features"]]
        if answer["next"] is None:
            break
        after = {"after": answer["next"]}
    return told


def test_small_pages_put_together_are_the_large_one(client: TestClient) -> None:
    large = pages(client, 100, 1)
    assert len(large) == 100
    assert pages(client, 7, 15)[:100] == large


def test_every_place_is_on_one_page_and_the_last_has_no_cursor(client: TestClient) -> None:
    every = pages(client, 100, 1_000)
    total = client.get("/api/v1/search", params=ASKED).json()["total"]
    assert len(every) == len(set(every)) == total


@pytest.mark.parametrize("change", [{"preset": "cheapest"}, {"seats": "2"}, {"where": "Angers"}])
def test_a_cursor_belongs_to_one_search(client: TestClient, change: dict[str, str]) -> None:
    after = client.get("/api/v1/search", params={**ASKED, "limit": "3"}).json()["next"]
    answer = client.get("/api/v1/search", params={**ASKED, "limit": "3", "after": after, **change})
    assert answer.status_code == 422
    assert "première page" in answer.json()["detail"]


def test_pages_may_be_of_different_sizes(client: TestClient) -> None:
    first = client.get("/api/v1/search", params={**ASKED, "limit": "3"}).json()
    second = client.get("/api/v1/search", params={**ASKED, "limit": "10", "after": first["next"]}).json()
    both = [one["id"] for one in (*first["features"], *second["features"])]
    assert both == pages(client, 13, 1)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "é", "gA" * 60])
def test_what_is_no_cursor_is_refused_in_one_sentence(client: TestClient, text: str) -> None:
    answer = client.get("/api/v1/search", params={**ASKED, "after": text})
    assert answer.status_code == 422
    assert "after" in answer.text


def test_a_cursor_names_the_version_of_the_index_and_where_the_page_ended(
    client: TestClient, small_services: Services
) -> None:
    first = client.get("/api/v1/search", params={"where": "Nantes", "limit": "3"}).json()
    page = read_cursor(first["next"], SearchRequest("Nantes", limit=3), None)
    last = first["features"][-1]["properties"]
    assert page.cursor == Cursor(round(last["score"] * 1e6), round(last["distance_m"] * 10), last["place_id"])
    assert (small_services.settings.index / page.index_version).is_dir()
