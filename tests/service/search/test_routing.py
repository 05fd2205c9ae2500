"""Travel times at the doors: built by a command, told by the CLI, the API and the page, missed without harm."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from geo.errors import LANGUAGES, PlaceLibreError
from geo.travel.router import Floats, RoutingUnavailable
from geo.travel.valhalla_tiles import current
from geo.types import Point
from ingest.pipeline import import_file
from service.app import create_app
from service.cli.main import app
from service.container import Services
from service.localisation.catalogue import Translator
from service.operations.checks import run_checks
from service.search import routing as routing_module
from service.search.routing import PausingRouter, Routing
from tests.conftest import NETWORKS, NOW

BONDY = "48.9098,2.4845"


NAMES = (
    *("Mairie", "Bibliothèque", "Café du Canal", "Hôtel Pasteur", "Fablab des Coquetiers", "Maison Jaurès"),
    *("Espace Saint-Just", "Relais Polissard", "Atelier Carnot", "Salle Léo-Lagrange", "Bureau Gallieni", "La Ruche"),
)
ROWS = [
    f"{name};{at} rue de la République;93140;Bondy;{48.9072 + at % 4 * 0.0016:.4f};{2.479 + at // 4 * 0.005:.4f}"
    for at, name in enumerate(NAMES, start=1)
]


@pytest.fixture
def services_on(small_services: Services, tmp_path: Path) -> Iterator[Any]:
    """The small product with a dozen places in Bondy and another network."""
    made: list[Services] = []
    lines = ["Nom;Adresse;CP;Ville;Latitude;Longitude", *ROWS]
    (tmp_path / "bondy.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    import_file(small_services.engine, small_services.areas, tmp_path / "bondy.csv", now=NOW)

    def on(setting: str) -> Services:
        made.append(Services(replace(small_services.settings, routing=setting), lambda: NOW))
        return made[-1]

    yield on
    for one in made:
        one.close()


def collection(services: Services, **asked: str) -> dict[str, Any]:
    with TestClient(create_app(services.settings, services)) as client:
        answer = client.get("/api/v1/search", params={"where": BONDY, "candidates": "true", **asked})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def page(services: Services, **asked: str) -> str:
    with TestClient(create_app(services.settings, services), headers={"Accept-Language": "fr"}) as client:
        return client.get("/", params={"where": BONDY, "date": "", "candidates": "1", **asked}).text


def test_minutes_by_the_network_are_told_and_ranked_by(services_on: Any, networks: dict[str, Path]) -> None:
    found = collection(services_on(str(networks["bondy"])), mode="bike", within="5km", limit="100")
    assert found["mode"] == "bike"
    assert found["travel"]["by"] == "network" and found["travel"]["fallback"] is None
    assert 0 < found["travel"]["routed"] <= found["travel"]["within_reach"] == found["total"]
    told = [one["properties"] for one in found["features"]]
    assert {one["minutes_by"] for one in told} <= {"network", "straight_line"}
    assert any(one["minutes_by"] == "network" for one in told)
    for one in told:
        assert one["terms"]["proximity"]["value"] == pytest.approx(2 ** (-one["minutes"] / 13), abs=1e-9)
        assert sum(term["contribution"] for term in one["terms"].values()) == pytest.approx(one["score"], abs=1e-6)


def test_within_minutes_means_minutes(services_on: Any, networks: dict[str, Path]) -> None:
    services = services_on(str(networks["bondy"]))
    found = collection(services, within="12min", limit="100")
    assert found["mode"] == "walk"
    assert found["total"] == len(found["features"]) > 0
    assert all(one["properties"]["minutes"] <= 12 for one in found["features"])
    assert found["travel"]["all_counted"]
    wider = collection(services, within="20min", limit="100")
    assert wider["total"] >= found["total"]


def test_without_a_network_minutes_are_estimated_and_nothing_is_amiss(services_on: Any) -> None:
    found = collection(services_on(""), within="20min", mode="bike")
    assert found["travel"] == {
        "by": "straight_line",
        "fallback": None,
        "routed": 0,
        "within_reach": 0,
        "all_counted": True,
    }
    for one in found["features"]:
        facts = one["properties"]
        assert facts["minutes"] == pytest.approx(facts["distance_m"] / (250 / 1.3), abs=0.1)
    assert collection(services_on(""))["travel"] is None


def test_a_network_that_is_down_is_said(services_on: Any, tmp_path: Path) -> None:
    for setting in (str(tmp_path / "gone"), "http://127.0.0.1:9"):
        services = services_on(setting)
        found = collection(services, mode="car")
        assert found["features"]
        assert (found["travel"]["by"], found["travel"]["fallback"]) == ("straight_line", "routing_unavailable")
        text = json.dumps(found)
        assert str(tmp_path) not in text and "127.0.0.1" not in text, "what is wrong where is the operator's to know"
        assert Translator("fr")("search.routing_unavailable") in page(services, reach="20min-car")
        broken = [one for one in run_checks(services) if one.name == "routing"]
        assert [one.ok for one in broken] == [False]


def test_the_page_says_how_minutes_were_found(services_on: Any, networks: dict[str, Path]) -> None:
    t = Translator("fr")
    by_network = page(services_on(str(networks["bondy"])), reach="20min-walk")
    assert t("search.by_network") in by_network
    assert "min à pied" in by_network.replace("\u00a0", " ")
    elsewhere = page(services_on(str(networks["monaco"])), reach="20min-walk")
    assert t("search.off_the_network") in elsewhere
    plain = page(services_on(""), reach="20min-walk")
    assert not any(t(f"search.{key}") in plain for key in ("by_network", "off_the_network", "routing_unavailable"))
    assert "env. " in plain


PEOPLE = [
    {"where": BONDY, "mode": "walk"},
    {"where": "48.9120,2.4890", "mode": "bike"},
    {"where": "48.9072,2.4790", "mode": "car"},
]


def meeting(services: Services, **asked: Any) -> dict[str, Any]:
    with TestClient(create_app(services.settings, services)) as client:
        answer = client.post("/api/v1/meet", json={"people": PEOPLE, "candidates": True, "seats": 1, **asked})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def meeting_page(services: Services) -> str:
    fields: dict[str, Any] = {"person": [one["where"] for one in PEOPLE], "date": "", "candidates": "1", "seats": "1"}
    with TestClient(create_app(services.settings, services), headers={"Accept-Language": "fr"}) as client:
        return client.post("/se-retrouver", data=fields).text


def test_a_meeting_is_by_the_minutes_of_the_network(services_on: Any, networks: dict[str, Path]) -> None:
    services = services_on(str(networks["bondy"]))
    for goal, shown in (("worst", "worst_minutes"), ("sum", "sum_minutes")):
        found = meeting(services, by=goal)
        assert found["travel"]["by"] == "network" and found["travel"]["fallback"] is None
        assert found["travel"]["routed"] >= len(found["features"]) > 5 and found["travel"]["exact"]
        told = [one["properties"] for one in found["features"]]
        assert [one[shown] for one in told] == sorted(one[shown] for one in told)
        assert all(trip["minutes_by"] == "network" for trip in told[0]["trips"])
    plain = meeting(services_on(""))
    assert plain["travel"]["by"] == "straight_line"
    minutes = [[one["properties"]["trips"] for one in answer["features"]] for answer in (found, plain)]
    assert minutes[0] != minutes[1]
    by_network = meeting_page(services)
    assert Translator("fr")("search.by_network") in by_network
    assert "min en voiture" in by_network.replace("\u00a0", " ")


def test_a_meeting_says_that_the_network_is_down_or_far(
    services_on: Any, networks: dict[str, Path], tmp_path: Path
) -> None:
    t = Translator("fr")
    plain = meeting(services_on(""))
    for setting, code in (
        (str(tmp_path / "gone"), "routing_unavailable"),
        (str(networks["monaco"]), "off_the_network"),
    ):
        services = services_on(setting)
        found = meeting(services)
        assert (found["travel"]["by"], found["travel"]["fallback"]) == ("straight_line", code)
        assert found["features"] == plain["features"]
        assert t(f"search.{code}") in meeting_page(services)
    assert t("meet.about") in meeting_page(services_on(""))


def test_too_long_a_way_is_refused_with_the_bound(services_on: Any) -> None:
    services = services_on("")
    with TestClient(create_app(services.settings, services)) as client:
        answer = client.get("/api/v1/search", params={"where": "Nantes", "within": "121min"})
    assert answer.status_code == 422
    assert "120 minutes" in answer.json()["detail"]


def test_build_puts_a_network_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACELIBRE_ROUTING", str(tmp_path / "net"))
    monkeypatch.setenv("PLACELIBRE_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    built = CliRunner().invoke(app, ["routing", "build", str(NETWORKS / "bondy.osm.pbf"), "--json"])
    assert built.exit_code == 0, built.output
    figures = json.loads(built.stdout)
    assert figures["source"] == "bondy.osm.pbf" and figures["tiles"] > 0
    assert current(tmp_path / "net").tiles == figures["tiles"]
    other = CliRunner().invoke(
        app, ["routing", "build", str(NETWORKS / "monaco.osm.pbf"), "--out", str(tmp_path / "b")]
    )
    assert other.exit_code == 0
    assert current(tmp_path / "b").source == "monaco.osm.pbf"
    damaged = tmp_path / "half.osm.pbf"
    damaged.write_bytes((NETWORKS / "monaco.osm.pbf").read_bytes()[:100_000])
    refused = CliRunner().invoke(app, ["routing", "build", str(damaged)])
    assert isinstance(refused.exception, PlaceLibreError)
    assert "half.osm.pbf" in refused.exception.message("fr")
    assert current(tmp_path / "net").source == "bondy.osm.pbf"


def test_build_without_valhalla_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACELIBRE_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(sys.modules, "valhalla.valhalla_build_config", None)
    refused = CliRunner().invoke(app, ["routing", "build", str(NETWORKS / "bondy.osm.pbf")])
    assert isinstance(refused.exception, PlaceLibreError)
    for language in LANGUAGES:
        assert "pip install 'placelibre[routing]'" in refused.exception.message(language)
    assert not (tmp_path / "home").exists()


def test_build_for_a_url_asks_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACELIBRE_ROUTING", "http://127.0.0.1:8002")
    refused = CliRunner().invoke(app, ["routing", "build", str(NETWORKS / "bondy.osm.pbf")])
    assert isinstance(refused.exception, PlaceLibreError)
    assert "--out" in refused.exception.message("en")


def test_a_network_built_while_serving_is_used_at_once(
    services_on: Any, networks: dict[str, Path], tmp_path: Path
) -> None:
    services = services_on(str(tmp_path / "net"))
    assert collection(services, mode="walk")["travel"]["by"] == "straight_line"
    shutil.copytree(networks["bondy"], tmp_path / "net")
    assert collection(services, mode="walk")["travel"]["by"] == "network"


def test_nothing_is_wanted_where_nobody_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Routing("net", is_optional=True).router() is None
    assert Routing(str(tmp_path / "chosen")).router() is not None


def test_an_engine_that_failed_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    class Flaky:
        asked, well = 0, False

        def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
            self.asked += 1
            if not self.well:
                raise RoutingUnavailable(fr="non", en="no")
            return np.zeros(len(points))

    now = [100.0]
    monkeypatch.setattr(routing_module.time, "monotonic", lambda: now[0])
    flaky = Flaky()
    router = PausingRouter(flaky)
    for _ in range(5):
        with pytest.raises(RoutingUnavailable):
            router.minutes(Point(0, 0), np.zeros((1, 2)), "walk")
    assert flaky.asked == 1
    flaky.well = True
    now[0] += routing_module.PAUSE_S
    assert router.minutes(Point(0, 0), np.zeros((1, 2)), "walk").tolist() == [0.0]
    assert flaky.asked == 2
