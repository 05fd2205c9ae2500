"""One way to make a page: a template, a language, a brand, and headers that keep browsers from doing harm.

`render(request, "name.html", **context)` is all a handler needs. Templates hold no words: they call
`t("key")`, `t.count("key", n)` or `t.html("key", ...)`, and format with `fmt.distance(...)`.
"""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from geo.errors import LANGUAGES
from service.localisation.catalogue import Translator
from service.localisation.formats import Formats
from service.localisation.negotiation import COOKIE, language_of, same_page_in
from service.pages.layout.assets import asset
from service.pages.layout.brand import brand_of

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
ONE_YEAR_S = 365 * 24 * 3600
KEPT_PARAMETERS = ("lang", "community")
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob: https://data.geopf.fr",
        "connect-src 'self' https://data.geopf.fr",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)


@cache
def environment() -> Environment:
    """The template environment; strict, so that a missing value is an error and not a hole in a page."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = asset
    return made


def link(request: Request, path: str, **parameters: object) -> str:
    """Address of another page, keeping the language and the community the visitor chose in the address."""
    kept: list[tuple[str, object]] = [
        (name, request.query_params[name])
        for name in KEPT_PARAMETERS
        if request.query_params.get(name) and name not in parameters
    ]
    query = urlencode([*kept, *((name, value) for name, value in parameters.items() if value is not None)])
    return f"{path}?{query}" if query else path


def render(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """The page as a response. Templates also get `t`, `fmt`, `lang`, `brand`, `link(path)` and `settings`."""
    language = language_of(request)
    services = getattr(request.app.state, "services", None)
    settings = getattr(services, "settings", None)
    html = (
        environment()
        .get_template(template)
        .render(
            {
                "t": Translator(language),
                "fmt": Formats(language),
                "lang": language,
                "other_languages": [(code, same_page_in(request, code)) for code in LANGUAGES if code != language],
                "brand": brand_of(request),
                "link": lambda path, **parameters: link(request, path, **parameters),
                "path": request.url.path,
                "basemap": getattr(settings, "basemap", "auto"),
                **context,
            }
        )
    )
    response = HTMLResponse(html, status_code=status_code)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language, Cookie"
    if request.query_params.get("lang") == language:
        response.set_cookie(COOKIE, language, max_age=ONE_YEAR_S, samesite="lax", httponly=True)
    return response
