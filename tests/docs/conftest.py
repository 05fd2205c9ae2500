"""A reader's working folder: the small product of today, and every file that an example names."""

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from fastapi.testclient import TestClient

from geo.geocoder.ban_index_builder import build
from geo.reference.communes import Areas
from ingest.review.queue import uncertain
from matching.learning.simulator import PLANTED
from service.accounts.api_keys import create_key
from service.app import create_app
from service.communities.community import load_files, sync
from service.container import Services
from service.index.live_search import rebuild
from service.settings import ROOT, STORE_FILE, Settings
from tests.docs.examples import shell_commands

TEST_DATA = ROOT / "tests" / "data"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who follows the pages: a working folder, a client of the API, and what the examples leave to choose."""

    folder: Path
    client: TestClient
    variables: dict[str, str]
    placeholders: dict[str, str]

    def commands(self, text: str) -> list[list[str]]:
        """The commands of a shell block, with real values for the words that stand for one."""
        recorded = shell_commands(text, self.folder / "programs", **self.variables)
        return [[self.placeholders.get(word, word) for word in words] for words in recorded]


def _write_workbook(path: Path) -> None:
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet()
    with (TEST_DATA / "story" / "mairies volontaires.csv").open(encoding="cp1252", newline="") as source:
        for number, row in enumerate(csv.reader(source, delimiter=";")):
            sheet.write_row(number, 0, row)
    workbook.close()


def _write_proposal(path: Path) -> None:
    path.write_text(json.dumps({"format": 1, "made_at": "2026-11-23", "weights": dict(PLANTED)}), encoding="utf-8")


EXAMPLE_FILES = {
    "mairies-volontaires.xlsx": _write_workbook,
    "lieux.csv": lambda path: shutil.copy(ROOT / "docs/schema/exemple-valide.csv", path),
    "pays-de-la-loire-latest.osm.pbf": lambda path: shutil.copy(TEST_DATA / "networks/monaco.osm.pbf", path),
    "var/weights.proposal.json": _write_proposal,
    "data": lambda path: path.symlink_to(ROOT / "data"),
}
"""The files that examples name, relative to the working folder, each with what makes a small one.

`var/addresses` is made beside them, of the houses of Bondy.
"""


@pytest.fixture(scope="module")
def reader(small_product_template: Path, areas: Areas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader of today: commands and server use the real clock, so that a date of the past fails."""
    folder = tmp_path_factory.mktemp("reader")
    home = folder / "var"
    shutil.copytree(small_product_template, home)
    (home / "store.db").rename(home / STORE_FILE)
    for name, write in EXAMPLE_FILES.items():
        write(folder / name)
    build([TEST_DATA / "ban" / "bondy.csv.gz"], home / "addresses", areas)
    services = Services(Settings(home=home, routing="", basemap="offline", refresh_s=0.0))
    sync(services.engine, load_files(services.settings.data))
    rebuild(services.engine, services.settings.index, services.now())
    with TestClient(create_app(services.settings, services)) as client:
        place = _free_place(client)
        pair = uncertain(services.engine, limit=1).pairs[0]
        yield Reader(
            folder,
            client,
            {"KEY": create_key(services.engine, "ruraconnect", services.now()), "SPACE": str(place["space_id"])},
            {"PLACE_ID": str(place["place_id"]), "KEY_A": pair.left.key, "KEY_B": pair.right.key},
        )
    services.close()


def _free_place(client: TestClient) -> dict[str, Any]:
    """A place with two seats free tomorrow at 9:00 in winter time, for three hours, in summer too."""
    answer = client.get("/api/v1/search", params={"where": "Nantes", "at": "demain 9h-13h", "seats": 2, "limit": 1})
    properties: dict[str, Any] = answer.json()["features"][0]["properties"]
    return properties
