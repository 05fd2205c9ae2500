"""Names for the maps without a basemap: communes of a département, railway stations."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from geo.reference import files
from geo.reference.communes import Areas
from service.localisation.catalogue import Translator
from service.localisation.negotiation import language_of

KEPT = {"Cache-Control": "public, max-age=86400", "Vary": "Accept-Language, Cookie"}


def commune_labels(request: Request, departement: Annotated[str, Path(pattern=r"^(\d{2,3}|2[AB])$")]) -> Response:
    """`[name, lon, lat, population]` of each commune, the most populated first; whole cities, not arrondissements."""
    areas: Areas = request.app.state.services.areas
    communes = [row for row in areas.communes if row.departement == departement and row.kind == "COM"]
    communes.sort(key=lambda commune: -commune.population)
    rows = [[row.name, round(row.lon, 5), round(row.lat, 5), row.population] for row in communes]
    return JSONResponse(rows, headers=KEPT)


def station_labels(request: Request) -> Response:
    """`[name, lon, lat, 0]` of each passenger station, in the language of the page."""
    data = request.app.state.services.settings.data
    t = Translator(language_of(request))
    stations = files.rows(data, files.STATIONS)
    rows = [[t("map.station", name=name), float(lon), float(lat), 0] for name, lon, lat, _insee in stations]
    return JSONResponse(rows, headers=KEPT)


def add_routes(router: APIRouter) -> None:
    router.add_api_route("/outlines/names/{departement}.json", commune_labels, methods=["GET", "HEAD"])
    router.add_api_route("/outlines/stations.json", station_labels, methods=["GET", "HEAD"])
