"""Scripts and styles: named by their content and kept for ever, compressed when built; pages compressed when sent."""

import gzip
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.pages.layout.assets import STATIC

SEARCH = "/?where=gare+de+Nantes&date=2026-11-24&from=09:00&to=12:00"


@pytest.fixture
def browser(small_app: FastAPI) -> Iterator[TestClient]:
    """A client that accepts gzip, as every browser does."""
    with TestClient(small_app, headers={"Accept-Encoding": "gzip, br"}) as client:
        yield client


def test_a_built_file_is_named_by_its_content_and_kept_for_ever(client: TestClient) -> None:
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', client.get(SEARCH).text)
    assert [re.sub(r"-[\w-]{8}\.", ".", address) for address in addresses] == ["/static/site.css", "/static/search.js"]
    for address in addresses:
        assert client.get(address).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/favicon.svg").headers["cache-control"] == "no-cache"


def test_scripts_name_the_scripts_they_load_by_content_too() -> None:
    scripts = list(STATIC.glob("*.js"))
    loaded = {name for path in scripts for name in re.findall(r'"\./([^"]+\.js)"', path.read_text("utf-8"))}
    assert loaded
    assert loaded <= {path.name for path in scripts}


def test_nothing_outside_the_built_files_is_served(client: TestClient) -> None:
    for path in ("../router.py", "%2e%2e/pages/router.py", "%2e%2e/pages/router.py.gz", "favicon.svg.gz"):
        assert client.get(f"/static/{path}").status_code == 404


def test_every_text_has_a_compressed_copy_of_the_same_content() -> None:
    texts = [path for path in STATIC.iterdir() if path.suffix in {".js", ".css", ".svg"}]
    assert len(texts) > 10
    for path in texts:
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == path.read_bytes(), path.name
    assert {path.name for path in STATIC.glob("*.gz")} == {f"{path.name}.gz" for path in texts}


def test_a_browser_gets_the_compressed_copy(browser: TestClient) -> None:
    script = next(STATIC.glob("maplibre-????????.js"))
    answer = browser.get(f"/static/{script.name}")
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert int(answer.headers["content-length"]) < script.stat().st_size / 3
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.content == script.read_bytes()
    assert browser.head(f"/static/{script.name}").headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", [SEARCH, "/api/v1/search?where=Nantes", "/api/v1/meet?from=Nantes&from=Rez%C3%A9"])
def test_pages_and_answers_are_compressed_for_those_who_accept_it(
    browser: TestClient, client: TestClient, path: str
) -> None:
    compressed = browser.get(path)
    assert compressed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in compressed.headers["vary"]
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == compressed.text
    assert compressed.num_bytes_downloaded < plain.num_bytes_downloaded / 2
