"""Consent: nothing is logged and no cookie set before; agreeing and withdrawing are one click; other sites cannot."""

import html
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from geo.store.engine import reading
from service.accounts.api_keys import create_key
from service.container import Services
from service.feedback.consent import COOKIE
from service.feedback.search_log import LogCounts, count_log
from service.feedback.tables import impression_result

SEARCH = "/?where=Nantes&date=&lang=fr"
API = {"where": "Nantes", "limit": "5"}
AGREED = {"PlaceLibre-Consent": "ranking"}


def log_of(services: Services) -> LogCounts:
    """What is in the log once all has been written."""
    services.search_log.close()
    return count_log(services.engine)


def links(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'<h2><a href="(/lieux/[^"]+)"', page)]


@pytest.fixture
def agreed(client: TestClient) -> Iterator[TestClient]:
    answer = client.post("/confidentialite", data={"agree": "yes", "back": SEARCH}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == SEARCH
    yield client


def test_without_consent_nothing_is_logged_and_no_cookie_set(client: TestClient, small_services: Services) -> None:
    page = client.get(SEARCH.replace("&lang=fr", ""))
    assert "set-cookie" not in page.headers
    address = links(page.text)[0]
    assert "impression" not in address
    assert client.get(f"{address}&impression={'0' * 32}&rank=1").status_code == 200
    answer = client.get("/api/v1/search", params=API)
    assert "placelibre-impression" not in answer.headers
    assert log_of(small_services).impressions == 0


def test_the_question_is_on_the_page_and_agreeing_is_not_the_default(client: TestClient) -> None:
    page = client.get(SEARCH).text
    assert "Aider à améliorer le classement" in page
    assert 'href="/confidentialite?lang=fr"' in page
    answer = client.post("/confidentialite", data={}, follow_redirects=False)
    assert COOKIE not in client.cookies
    assert answer.headers["location"] == "/confidentialite"


def test_with_consent_a_search_and_what_is_opened_are_logged(agreed: TestClient, small_services: Services) -> None:
    page = agreed.get(SEARCH)
    address = links(page.text)[2]
    assert "rank=3" in address
    place = agreed.get(address)
    assert place.status_code == 200
    assert "impression" not in re.findall(r'<p class="back"><a href="([^"]+)"', place.text)[0]
    log = log_of(small_services)
    assert (log.impressions, log.clicks) == (1, 1)
    with reading(small_services.engine) as connection:
        shown = connection.execute(select(func.count()).select_from(impression_result)).scalar_one()
        opened = connection.execute(
            select(impression_result.c.rank, impression_result.c.place_id).where(impression_result.c.clicked)
        ).one()
    assert shown == len(links(page.text))
    assert opened.rank == 3
    assert address.startswith(f"/lieux/{opened.place_id}?")


def test_a_page_that_is_only_looked_up_or_fetched_ahead_is_no_impression(
    agreed: TestClient, small_services: Services
) -> None:
    agreed.head(SEARCH)
    agreed.get(SEARCH, headers={"Sec-Purpose": "prefetch"})
    assert log_of(small_services).impressions == 0


def test_the_cookie_lasts_six_months_and_is_for_this_site_only(client: TestClient) -> None:
    for scheme, secure in (("http", False), ("https", True)):
        answer = client.post(f"{scheme}://testserver/confidentialite", data={"agree": "yes"}, follow_redirects=False)
        cookie = answer.headers["set-cookie"].lower()
        assert "max-age=15552000" in cookie
        assert "samesite=lax" in cookie
        assert "httponly" in cookie
        assert ("secure" in cookie) is secure


def test_withdrawing_is_as_easy_and_ends_the_logging(agreed: TestClient, small_services: Services) -> None:
    page = agreed.get("/confidentialite?lang=fr").text
    assert "Vous aidez à améliorer le classement." in page
    assert 'name="agree" value="no"' in page
    address = links(agreed.get(SEARCH).text)[0]
    agreed.post("/confidentialite", data={"agree": "no"})
    assert COOKIE not in agreed.cookies
    agreed.get(SEARCH)
    agreed.get(address)
    log = log_of(small_services)
    assert (log.impressions, log.clicks) == (1, 0)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://ailleurs.example"}])
def test_another_site_cannot_agree_for_anybody(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/confidentialite", data={"agree": "yes"}, headers=headers, follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("back", ["https://ailleurs.example/", "//ailleurs.example", "/\\ailleurs.example", ""])
def test_the_way_back_stays_on_this_site(client: TestClient, back: str) -> None:
    answer = client.post("/confidentialite", data={"agree": "yes", "back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/confidentialite"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_purpose_basis_and_duration_are_told(client: TestClient, language: str) -> None:
    page = client.get(f"/confidentialite?lang={language}").text
    for words in ("180", "H3", "RGPD" if language == "fr" else "GDPR"):
        assert words in page


def test_an_api_caller_consents_by_a_header_and_tells_clicks(client: TestClient, small_services: Services) -> None:
    answer = client.get("/api/v1/search", params=API, headers=AGREED)
    number = answer.headers["placelibre-impression"]
    assert client.post(f"/api/v1/impressions/{number}/clicks", json={"rank": 4}).status_code == 202
    assert client.post(f"/api/v1/impressions/{number}/clicks", json={"rank": 0}).status_code == 422
    assert client.post("/api/v1/impressions/whatever/clicks", json={"rank": 1}).status_code == 422
    assert client.get("/api/v1/search", params=API, headers={"PlaceLibre-Consent": "no"}).status_code == 200
    log = log_of(small_services)
    assert (log.impressions, log.clicks) == (1, 1)


def test_a_booking_that_follows_from_a_search_is_linked(client: TestClient, small_services: Services) -> None:
    asked = {**API, "at": "2026-11-24T09:00/PT1H"}
    answer = client.get("/api/v1/search", params=asked, headers=AGREED)
    number = answer.headers["placelibre-impression"]
    space_id = next(one["properties"]["space_id"] for one in answer.json()["features"])
    key = create_key(small_services.engine, "ruraconnect", small_services.now())
    booked = client.post(
        "/api/v1/bookings",
        json={"space_id": space_id, "start": "2026-11-24T09:00+01:00", "duration": "PT1H", "impression": number},
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "follows-from-it"},
    )
    assert booked.status_code == 201, booked.text
    assert log_of(small_services).bookings == 1
