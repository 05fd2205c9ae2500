"""Which language to answer in: what the address says, else the cookie, else the browser, else the settings."""

from urllib.parse import urlencode

from starlette.requests import Request

from geo.errors import LANGUAGES, Language

COOKIE = "placelibre_lang"


def language_of(request: Request) -> Language:
    """`fr` or `en`, from `?lang=`, the cookie, Accept-Language, then the installation's setting."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wanted in LANGUAGES:
            return wanted
    preferred = accepted(request.headers.get("accept-language", ""))
    if preferred is not None:
        return preferred
    services = getattr(request.app.state, "services", None)
    default = services.settings.language if services is not None else "fr"
    return "en" if default == "en" else "fr"


def accepted(header: str) -> Language | None:
    """The best language of ours in an Accept-Language header, None when it names neither."""
    ranked: list[tuple[float, int, Language]] = []
    for position, part in enumerate(header.split(",")):
        tag, _, parameters = part.strip().partition(";")
        base = tag.strip().lower().split("-")[0]
        ranked.extend((-_quality(parameters), position, language) for language in LANGUAGES if base == language)
    return min(ranked)[2] if ranked else None


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def same_page_in(request: Request, language: Language) -> str:
    """Address of the current page in another language. Pages answered to a POST lead back to their form."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    return f"{request.url.path}?{urlencode([*kept, ('lang', language)])}"
