"""Pages of plain text: where the data comes from, and how accessible the pages are."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from matching.query.query import Preset
from matching.query.weights import PRESETS
from service.feedback.accepted_weights import AcceptedWeights
from service.pages.layout.rendering import render

SOURCES = (
    "communes",
    "mairies",
    "cget",
    "libraries",
    "hotels",
    "france_services",
    "stations",
    "osm",
    "population",
    "basemap",
)
"""Keys of `about.source.*` in the messages, in the order shown."""


def about(request: Request) -> Response:
    accepted_weights: AcceptedWeights = request.app.state.services.accepted_weights
    accepted = accepted_weights.current()
    weights = PRESETS[Preset.BALANCED] if accepted is None else accepted.weights
    return render(request, "about.html", sources=SOURCES, weights=weights, learned=accepted is not None)


def accessibility(request: Request) -> Response:
    return render(request, "accessibility.html")


def add_routes(router: APIRouter) -> None:
    router.add_api_route("/a-propos", about, methods=["GET", "HEAD"])
    router.add_api_route("/accessibilite", accessibility, methods=["GET", "HEAD"])
