"""A filter is declared once and every door has it: API, command line, pages, meeting, relaxation, cursor, fast path."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
import typer
from msgspec import structs
from starlette.datastructures import QueryParams

from geo.gazetteer.location import Located
from geo.types import Point, Precision
from matching.query.query import Query
from matching.relaxation.changes import Change, DropNeeds, LargerRadius, OtherMode, OtherTime, TimeChange
from service.api.search_fast_path import parse
from service.app import create_app
from service.cli.main import app
from service.localisation.catalogue import catalogue
from service.pages.search.filter_controls import CONTROLS
from service.pages.search.search_form import SearchForm
from service.search.cursors import _digest
from service.search.filters import Filter
from service.search.meeting_request import ROOM_FILTERS, MeetingRequest, Origin, build_room
from service.search.relaxation import code_of, parameters_of
from service.search.request import FILTERS, SearchRequest, build_request, query_at
from service.settings import Settings

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
NANTES = Located(Point(-1.55, 47.21), "Nantes (44)", "commune", "44109", "Europe/Paris", Precision.COMMUNE, "Nantes")
CHANGED: dict[str, Any] = {
    "at": ("2026-11-24T09:00/PT3H",),
    "any": "3h",
    "between": "2026-11-24T08:00/2026-11-24T19:00",
    "weeks": 2,
    "dates": "most",
    "seats": 3,
    "need": ("wifi", "screen"),
    "wish": ("quiet",),
    "kind": ("mairie", "library"),
    "space_kind": ("meeting_room",),
    "max_price": 12.5,
    "max_seats": 12,
    "community": "ruraconnect",
    "within": "20min",
    "mode": "bike",
    "preset": "closest",
    "candidates": True,
    "to_confirm": True,
    "limit": 5,
    "per_host": 2,
    "new_floor": 0.1,
}
"""Each filter with a value that is not its default."""
NOT_IN_A_QUERY = {"per_host", "new_floor"}
each_filter = pytest.mark.parametrize("declared", FILTERS, ids=lambda declared: declared.name)
each_room_filter = pytest.mark.parametrize("declared", ROOM_FILTERS, ids=lambda declared: declared.name)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """The OpenAPI description."""
    return create_app(Settings()).openapi()


def options_of(command: str) -> dict[str, Any]:
    """The options of a command, by their long name."""
    root = typer.main.get_command(app)
    return {option: each for each in root.commands[command].params for option in each.opts}  # type: ignore[attr-defined]


def with_one(name: str) -> SearchRequest:
    """A request that differs from the plain one by one filter, and by those that it goes with."""
    together = {"any": ("any", "between"), "between": ("any", "between"), "weeks": ("at", "weeks")}
    names = together.get(name, (name,))
    return SearchRequest("Nantes", **{each: CHANGED[each] for each in names})


def test_every_field_of_a_request_but_where_declares_a_filter() -> None:
    assert ["where", *(declared.name for declared in FILTERS)] == [
        field.name for field in structs.fields(SearchRequest)
    ]
    assert set(CHANGED) == {declared.name for declared in FILTERS}
    assert all(CHANGED[declared.name] != declared.default for declared in FILTERS)


@each_filter
def test_the_api_describes_it(declared: Filter, description: dict[str, Any]) -> None:
    operation = description["paths"]["/api/v1/search"]["get"]
    parameter = next(each for each in operation["parameters"] if each["name"] == declared.name)
    assert parameter["description"] == declared.parameter_description
    schema = json.dumps(parameter["schema"])
    for word, bound in (("minimum", declared.least), ("maximum", declared.most), ("maxLength", declared.length)):
        assert (f'"{word}": {bound}' in schema) == (bound is not None)


@each_room_filter
def test_a_meeting_asks_it_of_the_room(declared: Filter, description: dict[str, Any]) -> None:
    parameters = {each["name"]: each for each in description["paths"]["/api/v1/meet"]["get"]["parameters"]}
    assert parameters[declared.name]["description"] == declared.parameter_description
    assert declared.name in description["components"]["schemas"]["FromAnywhere"]["properties"]
    assert options_of("meet")[f"--{declared.name.replace('_', '-')}"].help == declared.help


@each_filter
def test_the_command_line_has_it(declared: Filter) -> None:
    assert options_of("search")[f"--{declared.name.replace('_', '-')}"].help == declared.help


@each_filter
def test_a_query_string_repeats_it(declared: Filter) -> None:
    request = with_one(declared.name)
    pairs = "&".join(f"{name}={value}" for name, value in parameters_of(request).items())
    parsed = parse(pairs.encode())
    assert parsed is not None
    assert query_at(parsed[0], NANTES, frozenset(), NOW) == query_at(request, NANTES, frozenset(), NOW)


@each_filter
def test_it_counts_in_the_query(declared: Filter) -> None:
    plain, changed = (
        query_at(each, NANTES, frozenset(), NOW) for each in (SearchRequest("Nantes"), with_one(declared.name))
    )
    assert (plain != changed) == (declared.name not in NOT_IN_A_QUERY)
    if declared.query is not None:
        value = getattr(changed, declared.query.name)
        assert declared.query.write(value) == CHANGED[declared.name]
        assert value != getattr(Query(NANTES.point), declared.query.name)


@each_filter
def test_a_cursor_belongs_to_it(declared: Filter) -> None:
    same = _digest(SearchRequest("Nantes"), None) == _digest(with_one(declared.name), None)
    assert same == (declared.name == "limit")  # pages may be of different sizes


def test_a_cursor_of_an_older_version_still_works() -> None:
    assert _digest(SearchRequest("Nantes", limit=3), None).hex() == "38a9d0c3e34a7766"


@pytest.mark.parametrize("name", CONTROLS)
def test_the_pages_read_it_and_repeat_it(name: str) -> None:
    control = CONTROLS[name]
    form = SearchForm(where="Nantes").changed(**{name: control.typed(CHANGED[name])})
    address = form.url().removeprefix("/?") + "&date="
    again = SearchForm.read(QueryParams(address), NOW.date())
    assert again.filters == form.filters
    assert getattr(again.to_request(), name) == CHANGED[name]


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_the_pages_show_has_a_label(name: str, language: Any) -> None:
    control = CONTROLS[name]
    assert not control.field.is_further or f"search.{name}" in catalogue(language)


def test_a_room_has_the_filters_of_a_meeting_and_as_many_seats_as_people() -> None:
    room = build_room(CHANGED | {"seats": None}, 4)
    names = {declared.name for declared in ROOM_FILTERS}
    expected = {name: value for name, value in CHANGED.items() if name in names} | {"seats": 4}
    assert room == SearchRequest("", **expected)
    assert MeetingRequest((Origin("Nantes"),), room).room == room


def test_several_texts_may_come_as_a_list_and_nothing_is_the_default() -> None:
    request = build_request("Nantes", {"need": ["wifi", "screen"], "seats": None, "kind": [], "unknown": 3})
    assert request == SearchRequest("Nantes", need=("wifi", "screen"))


def test_every_change_of_a_relaxation_has_a_code() -> None:
    apart: dict[type[Any], Change] = {
        LargerRadius: LargerRadius(1.0),
        OtherTime: OtherTime(TimeChange.ANY, 1, ()),
        DropNeeds: DropNeeds(frozenset()),
    }
    declared = {each.relaxable.change for each in FILTERS if each.relaxable is not None}
    assert declared | {*apart, OtherMode} == set(get_args(Change))
    assert [code_of(change) for change in apart.values()] == ["distance", "any_time", "needs"]
