"""Every page under axe, in both languages and both sizes: no violation of WCAG 2.2 A and AA, nor of best practice."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

MEETING = "person=Nantes&person=Rezé:bike&person=gare+de+Nantes:walk&date=2026-11-24"
PAGES = {
    "landing": "/",
    "results": "/?where=gare+de+Nantes&date=2026-11-24&need=wifi&wish=screen&wish=quiet",
    "brand": "/?where=Mende&date=2026-11-24&community=ruraconnect&preset=community&candidates=1&lang=en",
    "generali": "/?where=Nantes&date=&community=hub-generali",
    "empty": "/?where=Mende&date=2026-11-24&need=video&need=wifi&reach=1km",
    "ambiguous": "/?where=Saint-Denis",
    "mistake": "/?where=Nantes&seats=beaucoup",
    "import": "/importer",
    "about": "/a-propos",
    "accessibility": "/accessibilite",
    "privacy": "/confidentialite",
    "planner": "/territoires",
    "meeting": "/se-retrouver",
    "meeting-answer": f"/se-retrouver?{MEETING}&need=wifi",
    "meeting-in-english": f"/se-retrouver?{MEETING}&by=sum&lang=en&community=ruraconnect",
    "meeting-empty": "/se-retrouver?person=Nantes:15min&person=Mende:15min&date=2026-11-24",
    "meeting-mistake": "/se-retrouver?person=Nantes&person=Saint-Denis",
    "missing": "/nulle-part",
}


def violations(page: Page) -> list[str]:
    """What axe finds wrong, in words: rule, element, reason."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(desktop: Any, name: str) -> None:
    assert violations(desktop.open(PAGES[name])) == []


@pytest.mark.parametrize("name", ["landing", "results", "import", "meeting", "meeting-answer"])
def test_axe_finds_nothing_on_a_phone(phone: Any, name: str) -> None:
    assert violations(phone.open(PAGES[name])) == []


def test_axe_finds_nothing_in_open_panels(desktop: Any) -> None:
    page = desktop.open(PAGES["results"])
    page.locator("summary", has_text="Plus de critères").click()
    assert violations(page) == []
    page.locator("summary", has_text="Il me faut").click()
    page.locator("#where").fill("")
    page.locator("#where").press_sequentially("Ren", delay=20)
    page.wait_for_selector("[role=option]")
    assert violations(page) == []


def test_axe_finds_nothing_on_a_place(desktop: Any) -> None:
    page = desktop.open(PAGES["results"])
    address = page.locator("article.card h2 a").first.get_attribute("href")
    assert violations(desktop.open(address)) == []
