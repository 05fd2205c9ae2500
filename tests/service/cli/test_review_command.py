"""`placelibre review` as a person and a script meet it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from geo.errors import NotFound
from geo.reference.communes import Areas
from geo.store.schema import listing
from ingest.pipeline import import_file
from service.cli.main import app

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEADER = "id,nom,adresse,code postal,commune,lat,lon,téléphone\n"
LAB = "1,Le Lab Nantais,3 rue Crébillon,44000,Nantes,47.2131,-1.5600,02 40 11 22 33\n"
AGAIN = "9,Lab Nantais,3 rue Crebillon,44000,Nantes,47.2132,-1.5601,02 40 11 22 33\n"
UNSURE = "4,Le Lab,9 rue Crébillon,44000,Nantes,47.2134,-1.5600,\n"
Run = Callable[..., Result]


@pytest.fixture
def review(store: Engine, store_url: str, areas: Areas, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `placelibre review` on a store with three lists of one doubtful street."""
    for source, row in (("a", LAB), ("b", AGAIN), ("c", UNSURE)):
        import_file(store, areas, (HEADER + row).encode(), name=f"{source}.csv", source=source, now=NOW)
    monkeypatch.setenv("PLACELIBRE_STORE", store_url)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), catch_exceptions=False)

    return run


def places(store: Engine) -> dict[str, int]:
    with store.connect() as connection:
        return {row.source: row.place_id for row in connection.execute(select(listing))}


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_list_gives_pairs_with_reasons(review: Run) -> None:
    told = read(review("review", "list", "--json"))
    assert told["next"] is None
    assert told["pairs"]
    for pair in told["pairs"]:
        assert {"key", "name", "place_id"} <= pair["a"].keys()
        assert pair["decided"] is None
        assert pair["reasons"]
    assert "téléphone manquant" in review("review").stdout
    assert read(review("review", "list", "--source", "nobody", "--json"))["pairs"] == []


def test_a_decision_and_back(review: Run, store: Engine) -> None:
    before = places(store)
    assert before["a"] == before["b"]
    done = read(review("review", "different", "a|1", "b|9", "--json"))
    assert done["same"] is False and done["place_a"] != done["place_b"]
    runs = read(review("imports", "list", "--json"))
    assert (runs[0]["source"], runs[0]["rows"]) == ("review", 0)
    read(review("imports", "undo", str(done["import_id"]), "--json"))
    assert places(store) == before
    assert "imports undo" in review("review", "different", "a|1", "b|9").stdout
    assert read(review("review", "forget", "b|9", "a|1", "--json"))["same"] is None
    assert places(store) == before


def test_same_and_explain(review: Run, store: Engine) -> None:
    former = places(store)["c"]
    read(review("review", "same", "a|1", "c|4", "--json"))
    told = read(review("review", "explain", str(former), "--json"))
    assert {one["key"] for one in told["listings"]} >= {"a|1", "c|4"}
    assert told["fields"]["phone"]["source"] == "a"
    assert [pair["decided"] for pair in told["pairs"] if {pair["a"]["key"], pair["b"]["key"]} == {"a|1", "c|4"}] == [
        True
    ]
    shown = review("review", "explain", str(former)).stdout
    assert "Le Lab Nantais" in shown
    assert "numéros de rue différents (3 et 9)" in shown


def test_a_stranger_is_one_sentence(review: Run) -> None:
    with pytest.raises(NotFound, match="nobody"):
        review("review", "same", "a|1", "nobody|1")
