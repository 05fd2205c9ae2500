"""Makes the pictures of the README: the search page, wide and on a phone, as this build shows it."""

import os
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
# `make pictures` writes those of the README; an ordinary run leaves them alone.
IMAGES = ROOT / os.environ.get("PLACELIBRE_PICTURES", "tests/output")
SEARCH = "/?where=gare+de+Nantes&date=2026-11-24&from=09:00&to=12:00&seats=2&need=wifi&wish=quiet&wish=screen&reach=5km"


def test_picture_of_the_search_page(desktop: Any, phone: Any) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    for visitor, name in ((desktop, "search.png"), (phone, "search-phone.png")):
        page = visitor.open(SEARCH)
        assert page.locator("article.card").count() >= 3
        page.wait_for_timeout(500)
        page.screenshot(path=IMAGES / name)
        assert (IMAGES / name).stat().st_size > 20_000
