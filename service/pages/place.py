"""The page of a place: what is known, what is not, its spaces and tariffs, and where the facts come from."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from geo.errors import InvalidInput
from geo.opening_hours.patterns import describe_week
from geo.opening_hours.public_holidays import holiday_region
from geo.store.queries import PlaceRecord
from geo.types import Amenity, Precision
from ingest.exchange.columns import SEPARATOR
from service.communities.directory import CommunityDirectory
from service.feedback.consent import agreed
from service.feedback.search_log import IMPRESSION_ID, SearchLog
from service.localisation.catalogue import Translator
from service.localisation.formats import Formats
from service.localisation.negotiation import language_of
from service.pages.errors import error_page
from service.pages.layout.rendering import link, render
from service.pages.search.result_cards import AmenityTag, amenity_tag
from service.search.place_reader import PlaceReader

MAX_PLACE_ID = 2**53
CHOICE = ("impression", "rank")
"""Parameters by which the address of a result tells of which search it was, and where in it."""


@dataclass(frozen=True, slots=True)
class SpaceView:
    """One bookable unit, in words."""

    name: str
    kind: str
    seats: str
    price: str
    member_price: str
    communities: str
    demo: bool
    amenities: tuple[AmenityTag, ...]


def place_page(request: Request, place_id: Annotated[int, Path(ge=1, le=MAX_PLACE_ID)]) -> Response:
    """`/lieux/{id}`: what anybody may see of a place; an old id leads to the place it was merged into."""
    places: PlaceReader = request.app.state.services.places
    record = places.read(place_id)
    language = language_of(request)
    t, fmt = Translator(language), Formats(language)
    if record is None:
        return error_page(request, 404, t("place.gone"))
    _note_choice(request)
    if record.place["id"] != place_id:
        return RedirectResponse(link(request, f"/lieux/{record.place['id']}"), status_code=308)
    directory: CommunityDirectory = request.app.state.services.directory
    return render(request, "place.html", **_view(record, directory.names, t, fmt), back=_back(request))


def _note_choice(request: Request) -> None:
    """Logs that a visitor who agreed to it opened a result of a search; the address says which result."""
    impression, rank = (request.query_params.get(name, "") for name in CHOICE)
    ours = IMPRESSION_ID.fullmatch(impression) and rank.isdecimal() and len(rank) < 4
    if ours and request.method == "GET" and agreed(request):
        log: SearchLog = request.app.state.services.search_log
        log.log_click(impression, int(rank))


def _view(record: PlaceRecord, names: dict[str, str], t: Translator, fmt: Formats) -> dict[str, Any]:
    """The values of the template; `names` of the communities by slug."""
    place = record.place
    answers: dict[str, str] = place["amenities"]
    town = f"{place['postcode']} {place['commune']}".strip()
    tags = [amenity_tag(name, answers.get(name, "unknown"), t) for name in Amenity]
    return {
        "place": place,
        "kind": t.either(f"kind.{place['kind']}", place["kind"]),
        "address": ", ".join(part for part in (place["address"], town) if part),
        "approximate": place["precision"] == Precision.COMMUNE,
        "candidate": place["status"] == "candidate",
        "demo": place["demo"] or any(space["demo"] for space in record.spaces),
        "spaces": [_space(space, names, t, fmt) for space in record.spaces],
        "week": _week(place, t),
        "has": [tag for tag in tags if tag.answer != "unknown"],
        "unknown": [tag for tag in tags if tag.answer == "unknown"],
        "checked_on": fmt.long_day(place["checked_on"]) if place["checked_on"] else "",
        "website": place["website"] if _is_web(place["website"]) else "",
        "sources": _sources(record, names, t),
        "map": {
            "center": [place["lon"], place["lat"]],
            "start": False,
            "radius_m": place["expected_m"] or None,
            "pins": [
                {
                    "id": place["id"],
                    "rank": None,
                    "at": [place["lon"], place["lat"]],
                    "name": place["name"],
                    "approximate": place["precision"] == Precision.COMMUNE,
                }
            ],
            "dots": [],
        },
    }


def _space(space: dict[str, Any], names: dict[str, str], t: Translator, fmt: Formats) -> SpaceView:
    price, member = space["price_half_day_cents"], space["member_price_half_day_cents"]
    return SpaceView(
        name=space["name"],
        kind=t.either(f"space.{space['kind']}", space["kind"]),
        seats=t.count("result.seats", space["seats"]),
        price=_price(price, t, fmt),
        member_price="" if member is None or member == price else _price(member, t, fmt),
        communities=", ".join(names.get(slug, slug) for slug in space["communities"]),
        demo=space["demo"],
        amenities=tuple(amenity_tag(name, answer, t) for name, answer in sorted(space["amenities"].items())),
    )


def _price(cents: int | None, t: Translator, fmt: Formats) -> str:
    if cents is None:
        return t("result.price_unknown")
    return fmt.price(cents) if cents else t("result.free_of_charge")


def _week(place: dict[str, Any], t: Translator) -> list[tuple[str, str]]:
    if not place["opening_hours"]:
        return []
    try:
        return describe_week(place["opening_hours"], t.language, holiday_region=holiday_region(place["insee"] or ""))
    except InvalidInput:
        return [(t("place.hours_raw"), place["opening_hours"])]  # better shown as the list wrote it than hidden


def _sources(record: PlaceRecord, names: dict[str, str], t: Translator) -> list[tuple[str, str, str]]:
    """Each list that names the place, once: `(source, licence, community)`. A list made from others names these."""
    rows = [
        (
            ", ".join(t.either(f"source.{name}", name) for name in (one["sources"] or one["source"]).split(SEPARATOR)),
            " + ".join((one["licence"] or t("place.licence_unknown")).split(SEPARATOR)),
            names.get(one["community"], one["community"]) if one["community"] else "",
        )
        for one in record.listings
    ]
    return list(dict.fromkeys(rows))


def _is_web(address: str | None) -> bool:
    """Only web addresses become links: lists hold anything, `javascript:` included."""
    return bool(address) and str(address).lower().startswith(("https://", "http://"))


def _back(request: Request) -> str:
    """Address of the results one comes from, when the address of this page carries their search."""
    given = request.query_params.multi_items()
    pairs = [(name, value) for name, value in given if len(value) <= 200 and name not in CHOICE]
    return "/?" + urlencode(pairs) if any(name in {"where", "near"} for name, _ in pairs) else ""


def add_routes(router: APIRouter) -> None:
    router.add_api_route("/lieux/{place_id}", place_page, methods=["GET", "HEAD"])
