"""Plain searches are answered before the framework: the same bytes, and only those it would answer."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from service.api.search_fast_path import QuickSearch, parse
from service.app import create_app
from service.container import Services
from service.feedback import accepted_weights
from service.search.request import SearchRequest

PLAIN = [
    "where=Nantes",
    "where=Nantes&at=2026-11-24T09:00/PT3H&need=wifi&limit=3",
    "where=gare+de+Nantes&any=2h&between=2026-11-24T08:00/2026-11-24T19:00&seats=2&wish=quiet,screen",
    "where=47.2173,-1.5417&within=20min&mode=bike&preset=closest&candidates=true",
    "where=Nantes&at=2026-11-24T09:00/PT3H&weeks=4&dates=most&max_price=12.5&community=ruraconnect",
    "where=Nantes&kind=mairie&kind=library&space_kind=desk",
    "where=44000+Nantes&need=",
]
NOT_PLAIN = [
    "where=Nantes&limit=0",
    "where=Nantes&limit=101",
    "where=Nantes&seats=many",
    "where=Nantes&seats=0",
    "where=Xyzzyville",
    "where=Nantes&lang=en",
    "where=Nantes&at=2020-01-01T09:00/PT3H",
    "where=Nantes&after=nonsense",
    "where=Nantes&weeks=99",
    "where=Nantes&max_price=nan",
    "limit=3",
    "where=Nantes&relaxations=true",
    "where=Nantes&lang=en",
    "where=Nantes&unheard=of",
    "where=" + "x" * 2_000,
    "where",
]


@pytest.fixture
def rested(small_services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The small product, which looked for changes a moment ago, and will not for an hour."""
    monkeypatch.setattr(accepted_weights, "LOOKED_AT_EVERY_S", 3_600.0)
    services = Services(replace(small_services.settings, refresh_s=3_600.0), small_services.now)
    services.live.refresh()
    services.searches.find(SearchRequest(where="Nantes"))  # nothing is due, all is open
    yield services
    services.close()


@pytest.fixture
def quick(rested: Services) -> QuickSearch:
    return QuickSearch(create_app(rested.settings, rested), lambda: rested.searches, rested.settings.language, {})


@pytest.fixture
def whole(rested: Services) -> Iterator[TestClient]:
    """The application, the quick way included."""
    with TestClient(create_app(rested.settings, rested)) as one:
        yield one


def scope(query: str, *headers: tuple[bytes, bytes]) -> dict[str, object]:
    path = "/api/v1/search"
    return {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": list(headers)}


@pytest.mark.parametrize("query", PLAIN)
def test_a_plain_search_has_the_answer_of_the_documented_way(
    query: str, quick: QuickSearch, client: TestClient
) -> None:
    answered = client.get(f"/api/v1/search?{query}")
    assert answered.status_code == 200
    assert quick.answer(scope(query)) == answered.content


@pytest.mark.parametrize("query", NOT_PLAIN)
def test_what_is_wrong_or_special_goes_the_documented_way(query: str, quick: QuickSearch) -> None:
    assert quick.answer(scope(query)) is None


@pytest.mark.parametrize("header", [(b"authorization", b"Bearer plk_x"), (b"cookie", b"placelibre_lang=en")])
def test_keys_and_cookies_go_the_documented_way(header: tuple[bytes, bytes], quick: QuickSearch) -> None:
    assert quick.answer(scope("where=Nantes")) is not None
    assert quick.answer(scope("where=Nantes", header)) is None


def test_the_answer_speaks_the_language_of_the_browser(quick: QuickSearch) -> None:
    english = quick.answer(scope("where=Nantes", (b"accept-language", b"en-GB,en;q=0.9")))
    french = quick.answer(scope("where=Nantes", (b"accept-language", b"fr-FR")))
    assert english is not None and french is not None and english != french


def test_a_search_that_might_wait_for_the_store_goes_the_documented_way(quick: QuickSearch, rested: Services) -> None:
    rested.live.touch()
    assert quick.answer(scope("where=Nantes")) is None


@pytest.mark.parametrize(
    ("encoding", "more"), [("identity", {"content-length"}), ("gzip", {"content-encoding", "vary"})]
)
def test_through_the_application_both_ways_give_the_same(whole: TestClient, encoding: str, more: set[str]) -> None:
    headers = {"accept-encoding": encoding}
    plain = whole.get("/api/v1/search?where=Nantes&limit=5", headers=headers)
    with_cookie = whole.get("/api/v1/search?where=Nantes&limit=5", headers=headers | {"cookie": "a=b"})
    assert plain.content == with_cookie.content
    same = {"content-type", "x-content-type-options", "content-security-policy"} | more
    assert {name: plain.headers[name] for name in same} == {name: with_cookie.headers[name] for name in same}


@pytest.mark.parametrize("query", ["seats=1.5&where=x", "candidates=perhaps&where=x", "after=a&after=b&where=x"])
def test_only_what_the_documentation_says_is_understood(query: str) -> None:
    parsed = parse(query.encode())
    assert parsed is None or parsed[1] == "b"
