"""The coverage desk: share of people near the places of a filter. Recent answers come from memory."""

from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache, cachedmethod
from sqlalchemy import Engine

from geo.coverage import (
    Coverage,
    Demand,
    Hexagons,
    Level,
    Reach,
    codes_at,
    communes_of,
    coverage,
    names_at,
    outlines_at,
    read_demand,
    sum_by_hexagon,
)
from geo.coverage.supply import list_sources, read_positions
from geo.errors import InvalidInput, Language
from geo.reference.files import POPULATION, reference_file
from geo.spatial.h3_cells import Cells, cells_of
from geo.store.engine import reading
from geo.store.revisions import revision
from geo.types import PlaceKind, PlaceStatus
from matching.query.query import Mode
from service.search.vocabulary import parse_within, words

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

DEFAULT_WITHIN = ("5km", "10km")
MAX_REACHES = 6
RECENT_ANSWERS = 12
"""Answers in memory; each holds two numbers per cell, about 6 MB for the shipped grid."""


@dataclass(frozen=True, slots=True)
class CoverageRequest:
    """A question as typed; distances like `5km` or `15min` (by `mode`, on foot when none is given)."""

    within: tuple[str, ...] = DEFAULT_WITHIN
    kind: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    mode: str | None = None
    by: str | None = None
    demand: Path | None = None
    border_cells: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A request with every word checked: words of the vocabulary, distances in metres."""

    reaches: tuple[Reach, ...]
    kinds: tuple[PlaceKind, ...]
    sources: tuple[str, ...]
    statuses: tuple[PlaceStatus, ...]
    by: Level | None
    demand: Path | None
    border_cells: bool


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A coverage with what is needed to show it: the level of its areas, their names, the code of each cell."""

    question: Filter
    coverage: Coverage
    area_names: dict[str, str]
    area_of_cell: npt.NDArray[np.str_] | None


class CoverageDesk:
    """Answers questions about coverage; keeps the census grid and recent answers in memory. Thread-safe: one question
    is computed at a time."""

    def __init__(self, engine: Engine, data: Path) -> None:
        self.engine = engine
        self._data = data
        self._lock = RLock()
        self._grids: dict[Any, Demand] = {}
        self._communes: dict[Any, npt.NDArray[np.str_]] = {}
        self._outlines: dict[Any, tuple[npt.NDArray[np.str_], npt.NDArray[np.object_]]] = {}
        self._cells: dict[Any, Cells] = {}
        self._answers: LRUCache[Any, Answer] = LRUCache(RECENT_ANSWERS)

    def understand(self, request: CoverageRequest, visible: frozenset[str] | None = None) -> Filter:
        """The question with every word checked. Raises InvalidInput listing what exists."""
        return Filter(
            reaches=_reaches(request),
            kinds=words(PlaceKind, request.kind, "kind"),
            sources=self._sources(request.source, visible),
            statuses=words(PlaceStatus, request.status, "status"),
            by=words(Level, (request.by,), "by")[0] if request.by else None,
            demand=request.demand,
            border_cells=request.border_cells,
        )

    def sources(self, visible: frozenset[str] | None = None) -> list[str]:
        """Lists a filter may name."""
        return list_sources(self.engine, visible)

    def answer(self, request: CoverageRequest, visible: frozenset[str] | None = None) -> Answer:
        """The coverage of a request. `visible` holds the communities whose places count; None counts all.

        Raises InvalidInput, UnreadableFile (a demand file) or StoreUnavailable.
        """
        question = self.understand(request, visible)
        with reading(self.engine) as connection:
            key = (question, visible, revision(connection))
        with self._lock:
            if question.demand is not None:
                return self._compute(question, visible)
            if key not in self._answers:
                self._answers[key] = self._compute(question, visible)
            return self._answers[key]

    def hexagons(self, answer: Answer, resolution: int) -> Hexagons:
        """The answer summed into H3 cells of a resolution, people beyond its longest distance apart."""
        result = answer.coverage
        if answer.question.demand is not None:
            cells = _cells_of(result.demand, resolution)
        else:
            with self._lock:
                cells = self._census_cells(answer.question.border_cells, resolution)
        return sum_by_hexagon(cells, result.demand.people, result.distance_m, result.farthest.metres)

    def outlines(self, answer: Answer) -> "GeoDataFrame | None":
        """Simplified outlines of the answer's areas, columns `code` and `geometry`; None when it has no areas."""
        from geopandas import GeoDataFrame

        level = answer.question.by
        if level is None:
            return None
        if answer.question.demand is not None:
            codes, shapes = outlines_at(self._data, level, {row.code for row in answer.coverage.areas})
        else:
            with self._lock:
                codes, shapes = self._outlines_at(level)
        return GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:4326")

    def _compute(self, question: Filter, visible: frozenset[str] | None) -> Answer:
        if question.demand is not None:
            demand = read_demand(question.demand, border_cells=question.border_cells)
        else:
            demand = self._census(question.border_cells)
        places = read_positions(self.engine, question.kinds, question.sources, question.statuses, visible)
        codes: npt.NDArray[np.str_] | None = None
        names: dict[str, str] = {}
        if question.by is not None:
            if question.demand is not None:
                communes = communes_of(self._data, demand.lon, demand.lat, all_in_france=False)
            else:
                communes = self._census_communes(question.border_cells)
            codes, names = codes_at(self._data, communes, question.by), names_at(self._data, question.by)
        return Answer(question, coverage(demand, places, question.reaches, codes), names, codes)

    @cachedmethod(attrgetter("_grids"))
    def _census(self, border_cells: bool) -> Demand:
        """The census grid; `border_cells`: with the cells shared with another country."""
        return read_demand(reference_file(self._data, POPULATION), border_cells=border_cells)

    @cachedmethod(attrgetter("_communes"))
    def _census_communes(self, border_cells: bool) -> npt.NDArray[np.str_]:
        """INSEE code of the commune of each cell of the grid."""
        grid = self._census(border_cells)
        return communes_of(self._data, grid.lon, grid.lat, all_in_france=not border_cells)

    @cachedmethod(attrgetter("_cells"))
    def _census_cells(self, border_cells: bool, resolution: int) -> Cells:
        """H3 cells of the grid."""
        return _cells_of(self._census(border_cells), resolution)

    @cachedmethod(attrgetter("_outlines"))
    def _outlines_at(self, level: Level) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.object_]]:
        """Codes and simplified outlines of all areas of a level."""
        return outlines_at(self._data, level)

    def _sources(self, texts: tuple[str, ...], visible: frozenset[str] | None) -> tuple[str, ...]:
        """Names of lists as typed, spelled as they were imported. Raises InvalidInput listing those there are."""
        names = tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
        if not names:
            return ()
        sources = self.sources(visible)
        by_lower = {name.lower(): name for name in sources}
        for name in names:
            if name.lower() not in by_lower:
                listed = ", ".join(sources)
                raise InvalidInput(
                    field="source",
                    value=name,
                    fr=f"Aucune liste « {name} » n'a été importée : choisissez parmi {listed}."
                    if sources
                    else f"Aucune liste n'a encore été importée, donc pas « {name} » : lancez « placelibre import ».",
                    en=f"No list “{name}” was imported: choose among {listed}."
                    if sources
                    else f"No list was imported yet, so not “{name}”: run “placelibre import”.",
                )
        return tuple(dict.fromkeys(by_lower[name.lower()] for name in names))


def _cells_of(demand: Demand, resolution: int) -> Cells:
    """H3 cell of each cell of demand."""
    return cells_of(demand.lon.tolist(), demand.lat.tolist(), resolution)


def _reaches(request: CoverageRequest) -> tuple[Reach, ...]:
    """Distances of a request, each once, as typed but for spaces and capitals."""
    labels = [part for text in request.within for part in text.lower().replace(" ", "").split(";") if part]
    labels = list(dict.fromkeys(labels)) or list(DEFAULT_WITHIN)
    if len(labels) > MAX_REACHES:
        raise InvalidInput(
            field="within",
            value=labels,
            fr=f"Donnez {MAX_REACHES} distances au plus.",
            en=f"Give at most {MAX_REACHES} distances.",
        )
    mode = words(Mode, (request.mode,), "mode")[0] if request.mode else None
    return tuple(Reach(label, parse_within(label, mode)) for label in labels)


def as_json(answer: Answer, limit: int | None = None) -> dict[str, Any]:
    """The answer as the CLI and the API print it; `limit` keeps that many areas, those with most people beyond."""
    result = answer.coverage
    body: dict[str, Any] = {
        "people": _whole(result.people),
        "within": result.within,
        "beyond": {"limit": result.farthest.label, "people": _whole(result.beyond)},
        "median_m": None if result.median_m is None else round(result.median_m, 1),
        "distances_m": {reach.label: reach.metres for reach in result.reaches},
        "cells": len(result.demand),
        "places": len(result.places),
        "commune_precision": {"places": result.commune_only.places, "adds": result.commune_only.adds},
        "filter": {
            "kind": [str(kind) for kind in answer.question.kinds],
            "source": list(answer.question.sources),
            "status": [str(status) for status in answer.question.statuses],
        },
    }
    if answer.question.by is not None:
        body["by"] = str(answer.question.by)
        body["areas"] = [area_row(answer, row_number) for row_number in range(len(result.areas))[:limit]]
    return body


def area_row(answer: Answer, row_number: int) -> dict[str, Any]:
    """One line of the table of areas, distances in metres rounded to 0.1."""
    row = answer.coverage.areas[row_number]
    return {
        "code": row.code,
        "name": answer.area_names.get(row.code, row.code),
        "people": _whole(row.people),
        "within": row.within,
        "mean_m": None if row.mean_m is None else round(row.mean_m, 1),
        "median_m": None if row.median_m is None else round(row.median_m, 1),
        "beyond": _whole(row.beyond),
    }


def percent(share: float, language: Language) -> str:
    """`83,4 %` or `83.4%`; never 100 while somebody is left out, nor 0 while somebody is not."""
    value = round(share * 100, 1)
    if 0 < share < 1:
        value = min(max(value, 0.1), 99.9)
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") + "\u00a0%" if language == "fr" else f"{text}%"


def _whole(people: float) -> int | float:
    """Census counts are whole; a planner's own demand may not be."""
    return int(people) if float(people).is_integer() else round(people, 3)
