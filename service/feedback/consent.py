"""Whether whoever searches agreed to help improve the ranking. Nothing is logged, and no cookie set, before."""

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "placelibre_consent"
HEADER = "PlaceLibre-Consent"
RANKING = "ranking"
"""The one purpose there is to agree to."""
LASTS_S = 180 * 24 * 3600
"""Six months; then it is asked again."""


def agreed(request: Request) -> bool:
    """By the cookie of the pages. A page that a browser fetched beforehand was seen by nobody."""
    return request.cookies.get(COOKIE) == RANKING and "prefetch" not in request.headers.get("sec-purpose", "")


def from_our_pages(request: Request) -> bool:
    """Whether a form was sent from our own pages: nobody agrees, or withdraws, by visiting another site."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def remember(request: Request, response: Response) -> None:
    """Sets the cookie; on an encrypted site, it never leaves it unencrypted."""
    response.set_cookie(
        COOKIE, RANKING, max_age=LASTS_S, samesite="lax", httponly=True, secure=request.url.scheme == "https"
    )


def withdraw(response: Response) -> None:
    response.delete_cookie(COOKIE, samesite="lax", httponly=True)
