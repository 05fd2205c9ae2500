"""Meeting in the middle through its doors: the grammar, API, command line and page, on the small product."""

import html
import json
import re
from contextlib import nullcontext
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo.errors import InvalidInput
from service.cli.meet_command import meet as meet_command
from service.search.meeting_request import Origin

TOMORROW = "2026-11-24T09:00/PT3H"
ADDRESS = "12 rue de Strasbourg, Nantes"
FORM = {"date": "2026-11-24", "from": "09:00", "to": "12:00"}


def posted(client: TestClient, people: list[dict[str, Any]], **asked: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/meet", json={"people": people, **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/geo+json")
    found: dict[str, Any] = answer.json()
    return found


# --- the grammar ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("Nantes", Origin("Nantes")),
        ("Angers:car", Origin("Angers", "car")),
        ("gare de Cholet : bike : 45min", Origin("gare de Cholet", "bike", 45.0)),
        ("47.2,-1.5:12,5 min:WALK", Origin("47.2,-1.5", "walk", 12.5)),
        ("12 rue de Strasbourg, Nantes:", Origin("12 rue de Strasbourg, Nantes")),
    ],
)
def test_a_person_is_a_place_a_way_and_a_limit(text: str, origin: Origin) -> None:
    assert Origin.read(text) == origin


def test_a_way_nobody_knows_lists_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="walk, bike, car"):
        Origin.read("Nantes:horse")


# --- the API ----------------------------------------------------------------------------------------------------------


def test_a_meeting_is_geojson_with_the_minutes_of_everybody(client: TestClient) -> None:
    people = [
        {"where": ADDRESS, "mode": "bike"},
        {"where": "Rezé", "most_minutes": 45},
        {"where": "47.25,-1.6", "mode": "car"},
    ]
    found = posted(client, people, at=TOMORROW, need=["wifi"])
    assert found["type"] == "FeatureCollection"
    assert [one["mode"] for one in found["people"]] == ["bike", "car", "car"]
    assert [one["most_minutes"] for one in found["people"]] == [120, 45, 120]
    assert (found["by"], found["seats"]) == ("worst", 3)
    assert 1 <= len(found["features"]) <= 20
    for feature in found["features"]:
        facts = feature["properties"]
        minutes = [trip["minutes"] for trip in facts["trips"]]
        assert max(minutes) == facts["worst_minutes"]
        assert sum(minutes) == pytest.approx(facts["sum_minutes"])
        assert minutes[1] <= 45
        assert facts["amenities"]["wifi"] == "yes"
        assert facts["seats_left"] >= 3
        assert facts["free_from"] <= "2026-11-24T08:00:00Z"
    worst = [feature["properties"]["worst_minutes"] for feature in found["features"]]
    assert worst == sorted(worst)


def test_what_was_posted_is_kept_by_nobody(client: TestClient) -> None:
    answer = client.post("/api/v1/meet", json={"people": [{"where": ADDRESS}, {"where": "Nantes"}]})
    assert answer.headers["cache-control"] == "no-store"


def test_communes_and_stations_may_be_asked_by_address(client: TestClient) -> None:
    asked = {"from": ["Nantes:bike", "gare de Nantes:walk:60min"], "by": "sum", "at": TOMORROW, "limit": 5}
    by_address = client.get("/api/v1/meet", params=asked).json()
    people = [
        {"where": "Nantes", "mode": "bike"},
        {"where": "gare de Nantes", "mode": "walk", "most_minutes": 60},
    ]
    by_body = posted(client, people, by="sum", at=TOMORROW, limit=5)
    assert by_address["features"] == by_body["features"]
    assert len(by_address["features"]) == 5
    sums = [feature["properties"]["sum_minutes"] for feature in by_address["features"]]
    assert sums == sorted(sums)


@pytest.mark.parametrize("where", [ADDRESS, "47.25,-1.6"])
def test_a_home_does_not_belong_in_an_address(client: TestClient, where: str) -> None:
    answer = client.get("/api/v1/meet", params={"from": ["Nantes", where]}, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "by POST" in answer.json()["detail"]
    assert where not in answer.text


@pytest.mark.parametrize(
    ("people", "asked", "status", "words"),
    [
        (["Nantes"], {}, 422, "2 to 20"),
        ([], {}, 422, "2 to 20"),
        (["Nantes", "Xyzzyville"], {}, 404, "Xyzzyville"),
        (["Nantes", "Saint-Denis"], {}, 409, "several places"),
        (["Nantes", "Rezé"], {"by": "luck"}, 422, "worst, sum"),
        (["Nantes", "Rezé"], {"by": "worst,sum"}, 422, "worst, sum"),
        (["Nantes", "Rezé"], {"mode": "horse"}, 422, "walk, bike, car"),
        (["Nantes", "Rezé"], {"at": TOMORROW, "dates": "some"}, 422, "all, most"),
        (["Nantes", "Rezé"], {"at": "2020-01-01T09:00/PT1H"}, 422, "already past"),
    ],
)
def test_mistakes_are_told(
    client: TestClient, people: list[str], asked: dict[str, str], status: int, words: str
) -> None:
    body = {"people": [{"where": where} for where in people], **asked}
    answer = client.post("/api/v1/meet", json=body, headers={"Accept-Language": "en"})
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]


def test_twenty_one_people_are_refused_before_anybody_is_looked_up(client: TestClient) -> None:
    assert client.post("/api/v1/meet", json={"people": [{"where": "Nantes"}] * 21}).status_code == 422
    assert client.get("/api/v1/meet", params={"from": ["Nantes"] * 21}).status_code == 422


def test_seats_are_as_many_as_people_unless_given(client: TestClient) -> None:
    people = [{"where": "Nantes"}] * 6
    assert all(one["properties"]["space"]["seats"] >= 6 for one in posted(client, people)["features"])
    assert posted(client, people, seats=1)["seats"] == 1


def test_the_same_hours_of_several_weeks_are_asked_at_once(client: TestClient) -> None:
    people = [{"where": "Nantes"}, {"where": "Rezé"}]
    every = posted(client, people, at=TOMORROW, weeks=4, limit=100)["features"]
    most = posted(client, people, at=TOMORROW, weeks=4, dates="most", limit=100)["features"]
    assert every and all(one["properties"]["free_windows"] == [True] * 4 for one in every)
    dates = [sum(one["properties"]["free_windows"]) for one in most]
    assert dates == sorted(dates, reverse=True)
    ids = [[one["id"] for one in features] for features in (every, most)]
    assert ids[1][: len(ids[0])] == ids[0]
    two = ["2026-11-24T09:00/PT3H", "2026-12-01T09:00/PT3H"]
    by_body = posted(client, people, at=two)
    assert by_body["features"] == posted(client, people, at=TOMORROW, weeks=2)["features"]
    assert len(by_body["features"][0]["properties"]["free_windows"]) == 2
    asked = {"from": ["Nantes", "Rezé"], "at": two}
    assert client.get("/api/v1/meet", params=asked).json()["features"] == by_body["features"]
    assert "free_windows" not in posted(client, people, at=TOMORROW)["features"][0]["properties"]


def test_it_says_how_minutes_were_found(client: TestClient) -> None:
    found = posted(client, [{"where": "Nantes"}, {"where": "Rezé"}])
    assert found["travel"] == {"by": "straight_line", "fallback": None, "routed": 0, "exact": True}
    assert {trip["minutes_by"] for one in found["features"] for trip in one["properties"]["trips"]} == {"straight_line"}


# --- the page ---------------------------------------------------------------------------------------------------------


def lines(people: list[tuple[str, str, str]]) -> dict[str, list[str]]:
    return dict(
        zip(("person", "travel", "patience"), (list(column) for column in zip(*people, strict=True)), strict=True)
    )


def test_communes_get_an_address_to_share(client: TestClient) -> None:
    people = lines([("Nantes", "car", "120"), ("Rezé", "bike", "60"), ("", "car", "120")])
    sent = client.post("/se-retrouver", data={**people, **FORM, "do": "find"}, follow_redirects=False)
    assert sent.status_code == 303
    address = sent.headers["location"]
    assert address.startswith("/se-retrouver?person=Nantes&person=Rez%C3%A9%3Abike%3A60min&date=2026-11-24")
    page = client.get(address)
    assert page.status_code == 200
    assert page.text.count('<article class="card') >= 3
    assert "entre Nantes (44) et Rezé (44)" in html.unescape(page.text)
    assert page.text.count('name="person"') == 2
    assert '<option value="bike" selected>' in page.text
    assert '<option value="60" selected>' in page.text


def test_a_home_is_answered_and_never_in_an_address(client: TestClient) -> None:
    people = lines([("Nantes", "car", "120"), (ADDRESS, "walk", "60")])
    sent = client.post("/se-retrouver", data={**people, **FORM}, follow_redirects=False)
    assert sent.status_code == 200
    assert sent.headers["cache-control"] == "no-store"
    assert sent.text.count('<article class="card') >= 1
    assert not re.findall(r'(?:href|action)="[^"]*[Ss]trasbourg', sent.text)
    asked = client.get("/se-retrouver", params={**people, **FORM})
    assert asked.status_code == 422
    assert "historiques" in asked.text
    assert 'value="12 rue de Strasbourg, Nantes"' in asked.text


def test_people_are_added_and_removed_without_scripts(client: TestClient) -> None:
    people = lines([("Nantes", "car", "120"), ("Rezé", "bike", "60")])
    added = client.post("/se-retrouver", data={**people, "do": "add"}).text
    assert added.count('name="person"') == 3
    assert 'value="Rezé"' in added
    assert "<article" not in added
    three = lines([("Nantes", "car", "120"), ("Rezé", "bike", "60"), ("Angers", "walk", "30")])
    removed = client.post("/se-retrouver", data={**three, "do": "remove-2"}).text
    assert re.findall(r'name="person" value="(\w+)"', removed) == ["Nantes", "Angers"]
    full = lines([("Nantes", "car", "120")] * 20)
    assert 'value="add"' not in client.post("/se-retrouver", data={**full, "do": "add"}).text


def test_an_empty_answer_says_how_long_it_would_take(client: TestClient) -> None:
    people = lines([("Nantes", "walk", "15"), ("Angers", "walk", "15")])
    page = client.get("/se-retrouver", params={**people, **FORM}).text
    assert "Aucune salle à portée de tous" in page
    action = re.findall(r'name="do" value="(patience:\d+)"', page)[0]
    again = client.post("/se-retrouver", data={**people, **FORM, "do": action})
    assert again.text.count('<article class="card') >= 1


def test_several_weeks_are_asked_and_told(client: TestClient) -> None:
    people = lines([("Nantes", "car", "120"), ("Rezé", "bike", "60")])
    sent = client.post("/se-retrouver", data={**people, **FORM, "weeks": "4", "dates": "most"}, follow_redirects=False)
    address = sent.headers["location"]
    assert "weeks=4&dates=most" in address
    page = client.get(address).text
    assert '<option value="4" selected>' in page
    assert "4 semaines de suite" in page
    assert re.search(r"Libre \d fois sur 4", page)


def test_where_no_room_is_free_on_all_dates_those_free_on_some_are_proposed(client: TestClient) -> None:
    """The fifth Friday is Christmas."""
    people = lines([("Nantes", "walk", "15"), ("Nantes", "walk", "15")])
    asked = {**people, **FORM, "date": "2026-11-27", "weeks": "5"}
    assert 'value="most-dates"' in client.get("/se-retrouver", params=asked).text
    again = client.post("/se-retrouver", data={**asked, "do": "most-dates"})
    assert "Libre 4 fois sur 5" in again.text


def test_an_ambiguous_name_is_chosen_with_a_button(client: TestClient) -> None:
    people = lines([("Saint-Denis 97400", "car", "120"), ("Saint-Denis", "car", "120")])
    page = client.post("/se-retrouver", data={**people, **FORM})
    assert page.status_code == 409
    choices = [html.unescape(value) for value in re.findall(r'name="do" value="(choose-2:[^"]+)"', page.text)]
    chosen = next(value for value in choices if "974" in value)
    answer = client.post("/se-retrouver", data={**people, **FORM, "do": chosen}, follow_redirects=False)
    assert answer.status_code == 303


@pytest.mark.parametrize("do", ["remove-99", "remove-x", "choose-0:Nantes", "patience:soon", "nothing", "add-2"])
def test_buttons_nobody_made_do_no_harm(client: TestClient, do: str) -> None:
    people = lines([("Nantes", "car", "120"), ("Rezé", "bike", "60")])
    assert client.post("/se-retrouver", data={**people, **FORM, "do": do}).status_code in {200, 422}


def test_what_people_type_is_never_markup(client: TestClient) -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    people = lines([(hostile, hostile[:10], hostile[:10]), ("Nantes", "car", "120")])
    page = client.post("/se-retrouver", data={**people, **FORM, "by": hostile, "seats": hostile}).text
    assert "<img" not in page


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_command_prints_geojson_and_a_table(
    monkeypatch: pytest.MonkeyPatch, client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    running = client.app.state.services  # type: ignore[attr-defined]
    monkeypatch.setattr("service.cli.meet_command.services", lambda: nullcontext(running))
    options: dict[str, Any] = {"by": "sum", "mode": "car", "most_minutes": 120, "at": [TOMORROW], "limit": 3}
    nothing: dict[str, Any] = dict.fromkeys(("any", "between", "seats", "need", "kind", "max_price", "community"))
    people = [ADDRESS, "Rezé:bike"]
    meet_command(people, **options, **nothing, candidates=False, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert [len(one["properties"]["trips"]) for one in printed["features"]] == [2, 2, 2]
    assert (printed["by"], printed["people"][1]["mode"]) == ("sum", "bike")
    meet_command(people, **options, **nothing, candidates=False, as_json=False)
    table = capsys.readouterr().out
    assert printed["features"][0]["properties"]["name"] in table
    assert "à vol d'oiseau" in table and "~" in table
    meet_command(people, **options, **nothing, weeks=3, dates="most", candidates=False, as_json=False)
    assert "3/3" in capsys.readouterr().out
    meet_command(["Nantes:walk:5min", "Angers:walk:5min"], **options, **nothing, candidates=False, as_json=False)
    assert "--most-minutes" in capsys.readouterr().out
