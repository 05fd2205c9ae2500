"""The HTTP API as its callers meet it, on the small product."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.accounts.api_keys import create_key
from service.container import Services

TOMORROW = "2026-11-24T09:00/PT3H"


def search(client: TestClient, **asked: str) -> dict[str, Any]:
    answer = client.get("/api/v1/search", params={"where": "Nantes", **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_search_is_a_geojson_collection_whose_terms_sum_to_the_score(client: TestClient) -> None:
    found = search(client, at=TOMORROW, need="wifi")
    assert found["type"] == "FeatureCollection"
    assert 1 <= len(found["features"]) <= 20
    for feature in found["features"]:
        facts = feature["properties"]
        assert feature["geometry"]["type"] == "Point"
        assert facts["amenities"]["wifi"] == "yes"
        assert facts["space_id"] is not None
        total = sum(term["contribution"] for term in facts["terms"].values())
        assert total == pytest.approx(facts["score"], abs=1e-9)
        assert facts["free_from"] <= "2026-11-24T08:00:00Z"
        assert facts["free_until"] >= "2026-11-24T11:00:00Z"


def test_results_come_best_first_and_no_more_than_asked(client: TestClient) -> None:
    found = search(client, limit="5")
    scores = [feature["properties"]["score"] for feature in found["features"]]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert found["total"] >= 5


def test_the_radius_holds(client: TestClient) -> None:
    found = search(client, within="2km")
    assert all(feature["properties"]["distance_m"] <= 2000 for feature in found["features"])


def test_candidates_are_shown_only_when_asked_for(client: TestClient) -> None:
    assert all(one["properties"]["status"] == "offered" for one in search(client)["features"])
    with_candidates = search(client, candidates="true", preset="closest", limit="100")
    shown = [one["properties"] for one in with_candidates["features"] if one["properties"]["status"] == "candidate"]
    assert shown
    assert all(facts["space_id"] is None for facts in shown)


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"where": "Xyzzyville"}, 404, "Xyzzyville"),
        ({"where": "95,200"}, 422, "limites"),
        ({"where": "Nantes", "at": "2026-11-24T12:00/09:00"}, 422, "fin du créneau"),
        ({"where": "Nantes", "at": "2026-11-01T09:00/PT3H"}, 422, "passé"),
        ({"where": "Nantes", "at": "2027-11-24T09:00/PT3H"}, 422, "24/01/2027"),
        ({"where": "Nantes", "need": "swimming_pool"}, 422, "wifi"),
        ({"where": "Nantes", "within": "far"}, 422, "10km"),
        ({"where": "Nantes", "limit": "0"}, 422, "limit"),
        ({}, 422, "where"),
    ],
)
def test_a_wrong_question_gets_one_sentence_with_a_remedy(
    client: TestClient, asked: dict[str, str], status: int, words: str
) -> None:
    answer = client.get("/api/v1/search", params=asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert words in problem["detail"]


NARROW = {"where": "Mende", "at": "2026-11-24T09:00/PT3H", "need": "wifi,video", "seats": "30", "within": "1km"}
NARROW["relaxations"] = "true"


@pytest.mark.parametrize("changes", [{}, {"any": "2h", "between": "2026-11-24T08:00/2026-11-24T12:00", "at": None}])
def test_too_few_results_come_with_searches_that_give_more(client: TestClient, changes: dict[str, str | None]) -> None:
    asked = {name: value for name, value in {**NARROW, **changes}.items() if value is not None}
    found = client.get("/api/v1/search", params=asked).json()
    assert 1 <= len(found["relaxations"]) <= 5
    for one in found["relaxations"]:
        other = client.get("/api/v1/search", params=one["parameters"]).json()
        assert (other["total"], other["to_confirm"]) == (one["total"], one["to_confirm"])
        assert one["more"] == one["total"] - found["total"] > 0
        first = [feature["properties"]["place_id"] for feature in other["features"][:3]]
        assert [place["place_id"] for place in one["first"]] == first
        assert one["text"] and one["changes"]
    costs = [one["cost"] for one in found["relaxations"]]
    assert costs == sorted(costs)


def test_relaxations_speak_the_language_asked_for_and_come_only_when_needed(client: TestClient) -> None:
    english = client.get("/api/v1/search", params={**NARROW, "lang": "en"}).json()["relaxations"][0]["text"]
    french = client.get("/api/v1/search", params=NARROW).json()["relaxations"][0]["text"]
    assert " : " in french and " : " not in english
    assert "relaxations" not in search(client, limit="1", relaxations="true")
    assert "relaxations" not in search(client, within="1m")


def test_an_ambiguous_place_lists_choices_that_resolve(client: TestClient) -> None:
    answer = client.get("/api/v1/search", params={"where": "Saint-Martin"})
    assert answer.status_code == 409
    choices = answer.json()["choices"]
    assert len(choices) > 1
    assert client.get("/api/v1/search", params={"where": choices[0]}).status_code == 200


def test_problems_speak_the_language_asked_for(client: TestClient) -> None:
    english = client.get("/api/v1/search", params={"where": "95,200"}, headers={"Accept-Language": "en"})
    assert "out of range" in english.json()["detail"]


def test_a_place_tells_its_spaces_and_where_its_facts_come_from(client: TestClient) -> None:
    place_id = search(client)["features"][0]["properties"]["place_id"]
    answer = client.get(f"/api/v1/places/{place_id}")
    facts = answer.json()["properties"]
    assert answer.headers["content-type"] == "application/geo+json"
    assert facts["place_id"] == place_id
    assert facts["spaces"]
    assert all(listing["licence"] for listing in facts["listings"])
    assert "match_key" not in facts


def test_a_place_that_is_not_there_is_a_problem(client: TestClient) -> None:
    answer = client.get("/api/v1/places/999999999")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_suggestions_ignore_accents_and_case(client: TestClient) -> None:
    labels = [one["label"] for one in client.get("/api/v1/suggest", params={"q": "saint etien"}).json()]
    assert any("Saint-Étienne" in label for label in labels)


def test_a_wrong_key_is_refused_and_none_is_needed_to_search(client: TestClient) -> None:
    answer = client.get("/api/v1/search", params={"where": "Nantes"}, headers={"Authorization": "Bearer plk_wrong"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_booking_needs_a_key_and_is_decided_once(client: TestClient, small_services: Services) -> None:
    found = search(client, at=TOMORROW)["features"][0]["properties"]
    body = {
        "space_id": found["space_id"],
        "start": "2026-11-24T09:00+01:00",
        "duration": "PT3H",
        "seats": found["seats_left"],
    }
    headers = {"Idempotency-Key": "story-0001"}
    assert client.post("/api/v1/bookings", json=body, headers=headers).status_code == 401
    headers["Authorization"] = "Bearer " + create_key(small_services.engine, "ruraconnect", small_services.now())
    first = client.post("/api/v1/bookings", json=body, headers=headers)
    assert first.status_code == 201, first.text
    assert first.json()["state"] == "confirmed"
    again = client.post("/api/v1/bookings", json=body, headers=headers)
    assert again.json()["id"] == first.json()["id"]
    other = client.post("/api/v1/bookings", json=body, headers=headers | {"Idempotency-Key": "story-0002"})
    assert other.status_code == 409
    shown = {one["properties"]["space_id"] for one in search(client, at=TOMORROW, limit="100")["features"]}
    assert found["space_id"] not in shown
    cancelled = client.delete(f"/api/v1/bookings/{first.json()['id']}", headers=headers)
    assert cancelled.json()["state"] == "cancelled"
    shown = {one["properties"]["space_id"] for one in search(client, at=TOMORROW, limit="100")["features"]}
    assert found["space_id"] in shown


def test_a_booking_is_read_by_the_community_that_made_it_and_by_no_other(
    client: TestClient, small_services: Services
) -> None:
    def bearer(community: str) -> dict[str, str]:
        return {"Authorization": "Bearer " + create_key(small_services.engine, community, small_services.now())}

    ours, theirs = bearer("ruraconnect"), bearer("hub-generali")
    space_id = search(client, at=TOMORROW)["features"][0]["properties"]["space_id"]
    body = {"space_id": space_id, "start": "2026-11-24T09:00+01:00", "duration": "PT3H"}
    booked = client.post("/api/v1/bookings", json=body, headers=ours | {"Idempotency-Key": "story-0001"}).json()
    address = f"/api/v1/bookings/{booked['id']}"
    assert client.get(address, headers=ours).json() == booked
    assert client.get(address).status_code == 401
    others, unknown = client.get(address, headers=theirs), client.get("/api/v1/bookings/999999", headers=ours)
    assert (others.status_code, unknown.status_code) == (404, 404)
    assert others.json()["detail"].replace(str(booked["id"]), "999999") == unknown.json()["detail"]
    client.delete(address, headers=ours)
    assert client.get(address, headers=ours).json() == booked | {"state": "cancelled"}


def test_outlines_are_served_for_maps_without_a_tile_server(client: TestClient) -> None:
    country = client.get("/outlines/departements.geojson")
    assert len(country.json()["features"]) >= 96
    assert client.get("/outlines/communes/48.geojson").json()["features"]
    assert client.get("/outlines/communes/99.geojson").status_code == 404


def test_every_answer_carries_security_headers(client: TestClient) -> None:
    for path in ("/", "/api/v1/suggest?q=nantes", "/static/favicon.svg", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/api/v1/imports", "/importer"])
def test_what_is_too_large_is_refused_before_it_is_read(client: TestClient, path: str) -> None:
    declared = client.post(path, content=b"x", headers={"Content-Length": "99000000"})
    endless = client.post(path, content=iter([b"x" * 10]))
    assert (declared.status_code, endless.status_code) == (413, 413)
    assert "20" in declared.text


def test_pages_and_programs_are_answered_in_one_and_the_same_language(client: TestClient) -> None:
    for path in ("/api/v1/places/999999999", "/lieux/999999999"):
        liked_less = client.get(path, headers={"Accept-Language": "en;q=0.1, fr;q=0.9"}).text
        chosen = client.get(path, headers={"Accept-Language": "fr", "Cookie": "placelibre_lang=en"}).text
        assert "recherche" in liked_less
        assert "search" in chosen.lower()
        assert liked_less != chosen
