"""All pages under one router, and the scripts and styles they need."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.communities.directory import CommunityDirectory
from service.pages import about, imports, map_labels, place, privacy
from service.pages.errors import PageRoute
from service.pages.layout.assets import static_files
from service.pages.layout.brand import brand_css
from service.pages.meeting import meeting_page
from service.pages.search import search_page


def create_router() -> APIRouter:
    """The pages, as a router of the application; handlers find the product in `request.app.state.services`."""
    router = APIRouter(include_in_schema=False, route_class=PageRoute)
    for page in (search_page, meeting_page, place, imports, about, privacy, map_labels):
        page.add_routes(router)
    router.add_api_route("/brand/{slug}.css", brand_stylesheet, methods=["GET", "HEAD"])
    router.add_api_route("/static/{path:path}", static_files(), methods=["GET", "HEAD"])
    return router


def brand_stylesheet(request: Request, slug: str) -> Response:
    """The colours of one community, as custom properties; empty for a community we do not know."""
    directory: CommunityDirectory = request.app.state.services.directory
    community = directory.find(slug)
    css = "" if community is None else brand_css(community.colours)
    return Response(css, media_type="text/css", headers={"Cache-Control": "max-age=300"})
