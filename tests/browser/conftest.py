"""A real Chromium on a real server: the small product behind uvicorn, in a thread of this process."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from service.accounts.api_keys import create_key
from service.app import create_app
from service.container import Services
from service.settings import Settings

CHROMIUM = Path(os.environ.get("PLACELIBRE_TEST_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("Europe/Paris"))
DESKTOP = {"width": 1440, "height": 1000}
PHONE = {"width": 412, "height": 900}
START_S = 30
PATIENCE_MS = 10_000


@dataclass(frozen=True)
class LiveServer:
    """Where the product answers, and the key of RuraConnect."""

    url: str
    key: str


@pytest.fixture(scope="session")
def live_server(small_product_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The application over HTTP, on its own copy of the small product."""
    folder = tmp_path_factory.mktemp("live") / "product"
    shutil.copytree(small_product_template, folder)
    settings = Settings(
        store=f"sqlite:///{folder / 'store.db'}",
        index=folder / "index",
        uploads=folder / "uploads",
        mappings=folder / "mappings",
        basemap="offline",
    )
    services = Services(settings, lambda: NOW)
    key = create_key(services.engine, "ruraconnect", NOW)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(create_app(settings, services), log_level="error", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + START_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                pytest.fail("the server did not start")
            time.sleep(0.05)
        yield LiveServer(f"http://127.0.0.1:{port}", key)
        server.should_exit = True
        thread.join(START_S)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; skipped with its remedy where there is none, except in CI."""
    if not CHROMIUM.exists():
        message = f"{CHROMIUM} is missing: sudo apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """Opens pages and remembers what went wrong in them."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.context = context
        self.base_url = base_url
        self.errors: list[str] = []

    def open(self, address: str = "/") -> Page:
        """A page on `address`, its map drawn if it has one."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None)
        page.on("request", lambda request: self._check_host(request.url))
        page.goto(self.base_url + address)
        wait_for_map(page)
        return page

    def _check_host(self, url: str) -> None:
        if not url.startswith((self.base_url, "blob:", "data:")):
            self.errors.append(f"asked another host: {url}")


def wait_for_map(page: Page) -> None:
    """Waits until the map of the page, if any, is drawn."""
    if page.locator("#map").count():
        page.wait_for_selector("#map[data-ready]", timeout=20_000)


def _visitor(chromium: Browser, server: LiveServer, viewport: dict[str, int], **options: object) -> Iterator[Visitor]:
    context = chromium.new_context(viewport=viewport, locale="fr-FR", reduced_motion="reduce", **options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(context, server.url)
    yield visitor
    context.close()
    assert visitor.errors == []


@pytest.fixture
def desktop(chromium: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    yield from _visitor(chromium, live_server, DESKTOP)


@pytest.fixture
def phone(chromium: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    yield from _visitor(chromium, live_server, PHONE, has_touch=True, is_mobile=True)


@pytest.fixture
def plain(chromium: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    """A browser that runs no scripts."""
    yield from _visitor(chromium, live_server, DESKTOP, java_script_enabled=False)
