"""`/territoires`: who lives too far from a place, for those who decide where the next one opens."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from geo.coverage import Level
from geo.errors import OperationError, PlaceLibreError
from geo.types import PlaceKind, PlaceStatus
from service.communities.directory import CommunityDirectory
from service.localisation.catalogue import Translator
from service.localisation.formats import Formats
from service.localisation.negotiation import language_of
from service.pages.layout.rendering import KEPT_PARAMETERS, render
from service.planning.coverage_desk import Answer, CoverageDesk, CoverageRequest, percent

FIRST_KINDS = (PlaceKind.COWORKING, PlaceKind.FABLAB)
"""What a visitor sees before asking: the tiers-lieux themselves."""
NEAR_CHOICES = ("1km", "2km", "5km", "10km", "15min")
FAR_CHOICES = ("5km", "10km", "15km", "20km", "30km")
SHOWN_AREAS = 25
STATUSES = (PlaceStatus.OFFERED, PlaceStatus.CANDIDATE)
LEGEND = (1, 100, 500, 2_000, 10_000)
"""Lower bounds of the classes of the map, in people beyond the limit; a hexagon with nobody beyond has its own."""


@dataclass(frozen=True, slots=True)
class PlannerForm:
    """The question as filled in; tuples of words, kept as typed."""

    kind: tuple[str, ...]
    source: str
    status: str
    near: str
    far: str
    by: str

    @classmethod
    def read(cls, given: QueryParams) -> "PlannerForm":
        """The form of a page address; the first visit asks about coworkings and fablabs."""
        return cls(
            kind=tuple(given.getlist("kind")) if "near" in given or "kind" in given else FIRST_KINDS,
            source=given.get("source", "").strip()[:80],
            status=given.get("status", "").strip()[:20],
            near=given.get("near", "").strip()[:20] or "5km",
            far=given.get("far", "").strip()[:20] or "10km",
            by=given.get("by", "").strip()[:20] or str(Level.DEPARTEMENT),
        )

    def parameters(self) -> list[tuple[str, str]]:
        """The same question to the API."""
        pairs = [("within", self.near), ("within", self.far), *(("kind", kind) for kind in self.kind)]
        one = (("source", self.source), ("status", self.status), ("by", self.by))
        return [*pairs, *((name, value) for name, value in one if value)]

    def question(self) -> CoverageRequest:
        return CoverageRequest(
            within=(self.near, self.far),
            kind=self.kind,
            source=(self.source,) if self.source else (),
            status=(self.status,) if self.status else (),
            by=self.by,
        )


def create_router() -> APIRouter:
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/territoires", planner_page, methods=["GET", "HEAD"])
    return router


def planner_page(request: Request) -> Response:
    """The form with its figures, map and table, or with what went wrong and what to do about it."""
    directory: CommunityDirectory = request.app.state.services.directory
    desk: CoverageDesk = request.app.state.services.coverage
    language = language_of(request)
    t, write = Translator(language), Formats(language)
    form = PlannerForm.read(request.query_params)
    visible = directory.visible_to(None)
    context: dict[str, Any] = {"answer": None, "error": ""}
    status = 200
    try:
        context["answer"] = _shown(desk.answer(form.question(), visible), form, t, write)
    except OperationError:
        raise
    except PlaceLibreError as error:
        status, context["error"] = error.http_status, error.message(language)
    return render(request, "planner.html", status_code=status, **context, **_choices(request, desk, visible, form, t))


def _choices(
    request: Request, desk: CoverageDesk, visible: frozenset[str], form: PlannerForm, t: Translator
) -> dict[str, Any]:
    """What the form offers, with a distance or list typed in the address kept even when it is not usual."""
    return {
        "form": form,
        "kept": [(name, request.query_params[name]) for name in KEPT_PARAMETERS if request.query_params.get(name)],
        "kinds": [(str(kind), t.either(f"kind.{kind}", str(kind))) for kind in PlaceKind],
        "sources": [(name, t.either(f"planner.source.{name}", name)) for name in desk.sources(visible)],
        "statuses": [(str(one), t(f"planner.status.{one}")) for one in STATUSES],
        "levels": [(str(level), t(f"planner.level.{level}")) for level in Level],
        "nears": _with(NEAR_CHOICES, form.near, t),
        "fars": _with(FAR_CHOICES, form.far, t),
    }


def _with(choices: tuple[str, ...], chosen: str, t: Translator) -> list[tuple[str, str]]:
    options = choices if chosen in choices else (*choices, chosen)
    return [(option, _distance_words(option, t)) for option in options]


def _distance_words(label: str, t: Translator) -> str:
    """`5km` as people write it; minutes are on foot."""
    number, unit = label.rstrip("abcdefghijklmnopqrstuvwxyz"), label.lstrip("0123456789.,")
    words = f"{number}\u00a0{unit}"
    return t("planner.on_foot", minutes=words) if unit == "min" else words


def _shown(answer: Answer, form: PlannerForm, t: Translator, write: Formats) -> dict[str, Any]:
    """The answer in words and numbers as read."""
    found, language = answer.coverage, write.language
    address = urlencode(form.parameters())
    limit = _distance_words(found.farthest.label, t)
    vague = found.commune_only
    return {
        "places": t.count("planner.places", len(found.places), shown=write.number(len(found.places))),
        "none": not len(found.places),
        "people": write.number(found.people),
        "figures": [
            (
                percent(found.within[reach.label], language),
                t("planner.within", distance=_distance_words(reach.label, t)),
            )
            for reach in found.reaches
        ],
        "beyond": write.number(found.beyond),
        "limit": limit,
        "median": "" if found.median_m is None else write.distance(found.median_m),
        "vague": t.count("planner.vague", vague.places, shown=write.number(vague.places)) if vague.places else "",
        "vague_adds": percent(vague.adds[found.farthest.label], language),
        "near": _distance_words(found.reaches[0].label, t),
        "level": t(f"planner.level.{answer.question.by}"),
        "rows": [_row(answer, number, write) for number in range(len(found.areas))[:SHOWN_AREAS]],
        "areas": write.number(len(found.areas)),
        "legend": _legend(write, t),
        "hexagons": f"/api/v1/coverage/hexagons?{address}",
        "csv": f"/api/v1/coverage/areas.csv?{address}",
        "geopackage": f"/api/v1/coverage/coverage.gpkg?{address}",
        "json": f"/api/v1/coverage?{address}",
    }


def _row(answer: Answer, number: int, write: Formats) -> dict[str, str]:
    row = answer.coverage.areas[number]
    return {
        "name": answer.area_names.get(row.code, row.code),
        "code": row.code,
        "people": write.number(row.people),
        "beyond": write.number(row.beyond),
        "near": percent(row.within[answer.coverage.reaches[0].label], write.language),
        "far": percent(row.within[answer.coverage.farthest.label], write.language),
        "median": "–" if row.median_m is None else write.distance(row.median_m),
    }


def _legend(write: Formats, t: Translator) -> list[tuple[int, str]]:
    """Classes of the map: lower bound and words, in people."""
    classes = [(0, t("planner.legend_none"))]
    for low, following in zip(LEGEND, (*LEGEND[1:], None), strict=True):
        if following is None:
            classes.append((low, t("planner.legend_last", low=write.number(low))))
        else:
            classes.append((low, t("planner.legend_class", low=write.number(low), high=write.number(following - 1))))
    return classes
