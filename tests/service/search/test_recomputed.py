"""What `docs/ranking.md` promises: every term of a result can be recomputed from the rows that are exported.

The formulas are typed once more, from the page alone; everything they use stands in the two exported tables, but the
community's declared partners.
"""

import csv
import json
import math
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from geo.types import Amenity
from ingest.pipeline import import_file
from service.container import Services
from service.exports.published_schema import export_schema
from service.index.live_search import rebuild
from service.search.request import SearchRequest

HEADER = Path("docs/schema/exemple-une-table-valide.csv")
NANTES = (47.2173, -1.5417)
WEIGHTS = {"proximity": 0.40, "wishes": 0.20, "price": 0.12, "affinity": 0.13, "fit": 0.05, "trust": 0.10}
ASKED = SearchRequest(
    where=f"{NANTES[0]},{NANTES[1]}",
    seats=3,
    wish=("quiet", "screen", "coffee"),
    community="rebondsconnect",
    limit=100,
)

Row = dict[str, str]


def offered(drawn: random.Random, columns: list[str]) -> list[Row]:
    """Forty rooms of thirty places around Nantes, each telling something else."""
    rows = []
    for number in range(30):
        place = dict.fromkeys(columns, "") | {
            "id": f"{number}",
            "nom": f"Maison {drawn.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}{number} des Communs",
            "commune": "Nantes",
            "code_postal": "44000",
            "code_insee": "44109",
            "adresse": f"{number + 1} rue Paul Bellamy" if drawn.random() < 0.8 else "",
            "latitude": f"{NANTES[0] + drawn.gauss(0, 0.02):.6f}",
            "longitude": f"{NANTES[1] + drawn.gauss(0, 0.02):.6f}",
            "telephone": f"+3324{drawn.randrange(10**7):07}" if drawn.random() < 0.5 else "",
            "horaires": drawn.choice(["Mo-Fr 09:00-18:00", "24/7", ""]),
            "source": "maisons",
            "date_maj": f"{drawn.choice([2024, 2025, 2026])}-0{drawn.randrange(1, 10)}-15",
            "type_lieu": "coworking",
            "precision_position": drawn.choice(["exact", "street"]),
            "fuseau_horaire": "Europe/Paris",
            "communautes": "ruraconnect",
            "accord_hote": "oui",
            "licences": "Licence Ouverte 2.0",
        }
        for amenity in Amenity:
            place[f"equip_{amenity}"] = drawn.choice(["oui", "non", ""])
        for room in range(drawn.choice([1, 1, 2])):
            price = drawn.choice(["", "0", "6.00", "12.50", "40.00"])
            row = place | {
                "id_espace": f"{number}-{room}",
                "nom_espace": f"Salle {room}",
                "type_espace": "meeting_room",
                "places": drawn.choice(["3", "8", "20", "120"]),
                "tarif_demi_journee": price,
                "tarif_demi_journee_membre": "3.00" if price == "6.00" else "",
                "horaires_espace": "Mo-Fr 08:00-20:00" if not place["horaires"] else "",
                "equip_espace_quiet": drawn.choice(["oui", "non", ""]),
                "communautes_espace": "ruraconnect",
            }
            rows.append(row)
    return rows


def table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def answers(small_services: Services, tmp_path: Path) -> tuple[list[dict[str, Any]], dict[str, Row], dict[str, Row]]:
    """Properties of the results of the imported list, and the exported rows of places and of spaces by id."""
    columns = HEADER.read_text(encoding="utf-8").splitlines()[0].split(",")
    path = tmp_path / "maisons.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(offered(random.Random(9), columns))
    now, engine = small_services.now(), small_services.engine
    report = import_file(
        engine, small_services.areas, path, now=now, source="maisons", community="ruraconnect", offered=True
    )
    assert report.counts["accepted"] == 30
    export_schema(engine, tmp_path / "export", now)
    rebuild(engine, small_services.settings.index, now)
    located, found = small_services.searches.find(ASKED)
    collection = json.loads(small_services.searches.as_geojson(located, found, ASKED, "fr"))
    spaces = {row["id_espace"]: row for row in table(tmp_path / "export" / "espaces.csv")}
    ours = [one["properties"] for one in collection["features"] if str(one["properties"]["space_id"]) in spaces]
    return ours, {row["id"]: row for row in table(tmp_path / "export" / "lieux.csv")}, spaces


def values(place: Row, space: Row, distance_m: float, today: date) -> dict[str, float]:
    """As the page has it, for a seeker of a community that names RuraConnect as its partner."""
    known = {name: space[f"equip_espace_{name}"] or place[f"equip_{name}"] for name in Amenity}
    wishes = [{"oui": 1.0, "non": 0.0, "": 0.4}[known[Amenity(wish)]] for wish in ASKED.wish]
    price, seats = space["tarif_demi_journee"], int(space["places"])
    age = (today - date.fromisoformat(place["date_maj"])).days
    told = [
        place["adresse"] != "",
        place["precision_position"] != "commune",
        (space["horaires_espace"] or place["horaires"]) != "",
        (place["telephone"] or place["site_web"]) != "",
        price != "",
        sum(answer != "" for answer in known.values()) >= 3,
    ]
    return {
        "proximity": 2 ** (-distance_m / 3000),
        "wishes": sum(wishes) / len(wishes),
        "price": 0.4 if price == "" else 2 ** (-float(price) / 15),
        "affinity": 0.7,
        "fit": 1.0 if seats <= 2 * ASKED.seats else max(0.2, 1 - 0.8 * math.log10(seats / (2 * ASKED.seats))),
        "trust": min(1.0, max(0.0, (730 - age) / 547)) * sum(told) / 6,
    }


def test_every_term_is_recomputed_from_the_exported_rows(
    answers: tuple[list[dict[str, Any]], dict[str, Row], dict[str, Row]], small_services: Services
) -> None:
    results, places, spaces = answers
    assert len(results) > 20
    told: set[tuple[str, float]] = set()
    for result in results:
        place, space = places[str(result["place_id"])], spaces[str(result["space_id"])]
        expected = values(place, space, result["distance_m"], small_services.now().date())
        terms = result["terms"]
        assert {name: term["weight"] for name, term in terms.items()} == pytest.approx(WEIGHTS, abs=1e-12)
        assert {name: term["value"] for name, term in terms.items()} == pytest.approx(expected, abs=1e-9)
        assert result["score"] == pytest.approx(sum(WEIGHTS[name] * expected[name] for name in WEIGHTS), abs=1e-9)
        told |= {(name, round(value, 3)) for name, value in expected.items()}
    for name in ("proximity", "wishes", "price", "fit", "trust"):
        assert len([one for one, _ in told if one == name]) >= 3, name


def test_the_distance_is_recomputed_from_the_exported_position(
    answers: tuple[list[dict[str, Any]], dict[str, Row], dict[str, Row]],
) -> None:
    results, places, _ = answers
    for result in results:
        place = places[str(result["place_id"])]
        lat, lon = math.radians(float(place["latitude"])), math.radians(float(place["longitude"]))
        here_lat, here_lon = (math.radians(degrees) for degrees in NANTES)
        half = math.sin((lat - here_lat) / 2) ** 2
        half += math.cos(lat) * math.cos(here_lat) * math.sin((lon - here_lon) / 2) ** 2
        assert result["distance_m"] == pytest.approx(2 * 6_371_008.8 * math.asin(math.sqrt(half)), abs=0.06)
