"""Names for the maps without a basemap: communes of a département, railway stations."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geo.reference import files
from service.container import Services
from service.localisation.catalogue import Translator
from service.localisation.negotiation import language_of

KEPT = {"Cache-Control": "public, max-age=86400", "Vary": "Accept-Language, Cookie"}


def commune_labels(request: Request, departement: Annotated[str, Path(pattern=r"^(\d{2,3}|2[AB])$")]) -> Response:
    """`[name, lon, lat, population]` of each commune, the most populated first; whole cities, not arrondissements."""
    services: Services = request.app.state.services
    found = [one for one in services.areas.communes if one.departement == departement and one.kind == "COM"]
    found.sort(key=lambda one: -one.population)
    rows = [[one.name, round(one.lon, 5), round(one.lat, 5), one.population] for one in found]
    return JSONResponse(rows, headers=KEPT)


def station_labels(request: Request) -> Response:
    """`[name, lon, lat, 0]` of each passenger station, in the language of the page."""
    services: Services = request.app.state.services
    t = Translator(language_of(request))
    stations = files.rows(services.settings.data, files.STATIONS)
    rows = [[t("map.station", name=name), float(lon), float(lat), 0] for name, lon, lat, _insee in stations]
    return JSONResponse(rows, headers=KEPT)


def add_routes(router: APIRouter) -> None:
    router.add_api_route("/outlines/names/{departement}.json", commune_labels, methods=["GET", "HEAD"])
    router.add_api_route("/outlines/stations.json", station_labels, methods=["GET", "HEAD"])
