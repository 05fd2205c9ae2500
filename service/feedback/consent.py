"""Consent of a visitor to help improve the ranking. Nothing is logged and no cookie is set before."""

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "placelibre_consent"
RANKING = "ranking"
"""The only purpose a visitor can agree to."""
LASTS_S = 180 * 24 * 3600
"""Six months; then the page asks again."""


def agreed(request: Request) -> bool:
    """Whether the cookie says so. Nobody saw a page that a browser prefetched, so it does not count."""
    return request.cookies.get(COOKIE) == RANKING and "prefetch" not in request.headers.get("sec-purpose", "")


def from_our_pages(request: Request) -> bool:
    """Whether a form comes from our own pages: visiting another site must not agree or withdraw for anybody."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def remember(request: Request, response: Response) -> None:
    """Sets the cookie; over HTTPS it is marked secure."""
    response.set_cookie(
        COOKIE, RANKING, max_age=LASTS_S, samesite="lax", httponly=True, secure=request.url.scheme == "https"
    )


def withdraw(response: Response) -> None:
    response.delete_cookie(COOKIE, samesite="lax", httponly=True)
