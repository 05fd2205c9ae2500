"""The API keeps what its OpenAPI description says, for generated requests to every operation."""

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
OPERATIONS = [
    "GET /api/v1/search",
    "GET /api/v1/suggest",
    "GET /api/v1/meet",
    "POST /api/v1/meet",
    "GET /api/v1/places/{place_id}",
    "GET /api/v1/coverage",
    "POST /api/v1/bookings",
    "GET /api/v1/bookings/{booking_id}",
    "DELETE /api/v1/bookings/{booking_id}",
    "POST /api/v1/impressions/{impression_id}/clicks",
    "GET /api/v1/imports",
    "POST /api/v1/imports",
    "POST /api/v1/imports/{token}/publish",
    "POST /api/v1/imports/{import_id}/undo",
]


@pytest.fixture
def api(small_app: FastAPI) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", small_app)


def operations(api: schemathesis.BaseSchema) -> dict[str, schemathesis.APIOperation]:
    found = [result.ok() for result in api.get_all_operations()]
    return {f"{one.method.upper()} {one.path}": one for one in found}


def test_every_operation_is_listed_here(api: schemathesis.BaseSchema) -> None:
    described = set(operations(api))
    assert set(OPERATIONS) <= described
    assert {name for name in described if "coverage" not in name} == {
        name for name in OPERATIONS if "coverage" not in name
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_conform_to_the_description(api: schemathesis.BaseSchema, name: str) -> None:
    @given(case=operations(api)[name].as_strategy())
    @settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def conforms(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    conforms()
