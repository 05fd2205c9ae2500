"""All pages under one router, and the scripts and styles they need."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from service.communities.directory import CommunityDirectory
from service.pages import about, imports, map_labels, place, privacy
from service.pages.errors import PageRoute
from service.pages.layout.assets import STATIC
from service.pages.layout.brand import brand_css
from service.pages.meeting import meeting_page
from service.pages.search import search_page


def create_router() -> APIRouter:
    """The pages, as a router of the application; handlers find the product in `request.app.state.services`."""
    router = APIRouter(include_in_schema=False, route_class=PageRoute)
    for page in (search_page, meeting_page, place, imports, about, privacy, map_labels):
        page.add_routes(router)
    router.add_api_route("/brand/{slug}.css", brand_stylesheet, methods=["GET", "HEAD"])
    router.add_api_route("/static/{path:path}", _static_files(), methods=["GET", "HEAD"])
    return router


def brand_stylesheet(request: Request, slug: str) -> Response:
    """The colours of one community, as custom properties; empty for a community we do not know."""
    directory: CommunityDirectory = request.app.state.services.directory
    community = directory.find(slug)
    css = "" if community is None else brand_css(community.colours)
    return Response(css, media_type="text/css", headers={"Cache-Control": "max-age=300"})


def _static_files() -> Any:
    """Handler of built files: kept for a year when the address carries a fingerprint, revalidated otherwise."""
    files = StaticFiles(directory=STATIC, check_dir=False)

    async def static_file(request: Request, path: str) -> Response:
        response = await files.get_response(path, request.scope)
        kept = "v" in request.query_params
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return static_file
