"""`placelibre search` as a person reads it: a sentence, a table, and what else would help."""

import json
import re
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from service.cli.main import app
from service.container import Services

Search = Callable[..., str]


@pytest.fixture
def search(small_services: Services, monkeypatch: pytest.MonkeyPatch) -> Search:
    """What the command prints, in French unless told otherwise."""
    monkeypatch.setattr("service.cli.search_command.services", lambda: nullcontext(small_services))

    def run(*arguments: str, language: str = "fr") -> str:
        monkeypatch.setenv("PLACELIBRE_LANGUAGE", language)
        answer = CliRunner().invoke(app, ["search", *arguments])
        assert answer.exit_code == 0, answer.exception
        return answer.output

    return run


def test_of_several_dates_the_table_says_on_how_many_each_place_is_free(search: Search) -> None:
    dates = ("--at", "2026-11-24T09:00/PT3H", "--at", "2026-11-29T09:00/PT3H", "--dates", "most", "--limit", "40")
    french, english = search("Mende", *dates), search("Mende", *dates, language="en")
    assert re.search(r"km +Dates +Prix", french)
    assert "2 sur 2" in french and "1 sur 2" in french  # a hotel opens on Sundays, a mairie does not
    assert "2 of 2" in english and "1 of 2" in english


def test_one_date_needs_no_column(search: Search) -> None:
    assert "Dates" not in search("Mende", "--at", "2026-11-24T09:00/PT3H")


def test_the_first_line_counts_as_people_do(search: Search) -> None:
    assert re.match(r"\d+ lieux près de Nantes \(44\)\n", search("Nantes"))
    assert re.match(r"1 lieu près de Mende \(48\)\n", search("Mende", "--within", "100m"))
    assert re.match(r"1 place near Mende \(48\)\n", search("Mende", "--within", "100m", language="en"))


def test_where_nothing_is_known_it_says_so(search: Search) -> None:
    told = search("Mata-Utu")
    assert told.startswith("Aucun lieu libre près de Mata-Utu (986)\nAucun changement simple ne suffit")


def test_minutes_are_never_minus_nothing(search: Search) -> None:
    told = search("Mende", "--within", "20min", "--mode", "walk")
    assert "~0" in told
    assert "-0" not in told


def test_prices_are_written_as_in_each_language(search: Search) -> None:
    assert re.search(r"\d\s€", search("Mende"))
    assert re.search(r"€\d", search("Mende", language="en"))


def test_kinds_of_space_are_asked_as_at_the_other_doors(search: Search) -> None:
    answer = json.loads(search("Nantes", "--space-kind", "meeting_room", "--json"))
    assert {one["properties"]["space"]["kind"] for one in answer["features"]} == {"meeting_room"}
