"""Coverage of people by a filter of the store: a question understood once, answered from memory when it can be."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
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
from geo.coverage.supply import known_sources, read_positions
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
KEPT_ANSWERS = 12
"""Answers kept in memory; each holds two numbers per cell, about 6 MB for the shipped grid."""


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
    """The question understood: words of the vocabulary, distances in metres."""

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

    asked: Filter
    coverage: Coverage
    area_names: dict[str, str]
    area_of_cell: npt.NDArray[np.str_] | None


class CoverageDesk:
    """Answers questions about coverage; keeps the census grid and recent answers in memory. Safe between threads."""

    def __init__(self, engine: Engine, data: Path) -> None:
        self.engine = engine
        self._data = data
        self._lock = RLock()
        self._demands: dict[bool, Demand] = {}
        self._communes: dict[bool, npt.NDArray[np.str_]] = {}
        self._outlines: dict[Level, tuple[npt.NDArray[np.str_], npt.NDArray[np.object_]]] = {}
        self._cells: dict[tuple[bool, int], Cells] = {}
        self._answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()

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
        return known_sources(self.engine, visible)

    def answer(self, request: CoverageRequest, visible: frozenset[str] | None = None) -> Answer:
        """The coverage asked for. `visible` holds the communities whose places count; None counts all.

        Raises InvalidInput, UnreadableFile (a demand file) or StoreUnavailable.
        """
        asked = self.understand(request, visible)
        with reading(self.engine) as connection:
            key = (asked, visible, revision(connection))
        with self._lock:
            known = self._answers.get(key) if asked.demand is None else None
            if known is None:
                known = self._compute(asked, visible)
                if asked.demand is None:
                    self._answers[key] = known
                    while len(self._answers) > KEPT_ANSWERS:
                        self._answers.popitem(last=False)
            else:
                self._answers.move_to_end(key)
            return known

    def hexagons(self, answer: Answer, resolution: int) -> Hexagons:
        """The answer summed into H3 cells of a resolution, people beyond its longest distance apart."""
        found = answer.coverage
        with self._lock:
            key = (answer.asked.border_cells, resolution)
            cells = self._cells.get(key) if answer.asked.demand is None else None
            if cells is None:
                cells = cells_of(found.demand.lon.tolist(), found.demand.lat.tolist(), resolution)
                if answer.asked.demand is None:
                    self._cells[key] = cells
        return sum_by_hexagon(cells, found.demand.people, found.distance_m, found.farthest.metres)

    def outlines(self, answer: Answer) -> "GeoDataFrame | None":
        """Simplified outlines of the answer's areas, columns `code` and `geometry`; None when it has no areas."""
        from geopandas import GeoDataFrame

        level = answer.asked.by
        if level is None:
            return None
        if answer.asked.demand is not None:
            codes, shapes = outlines_at(self._data, level, {row.code for row in answer.coverage.areas})
        else:
            with self._lock:
                if level not in self._outlines:
                    self._outlines[level] = outlines_at(self._data, level)
                codes, shapes = self._outlines[level]
        return GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:4326")

    def _compute(self, asked: Filter, visible: frozenset[str] | None) -> Answer:
        demand = self._demand(asked)
        places = read_positions(self.engine, asked.kinds, asked.sources, asked.statuses, visible)
        codes: npt.NDArray[np.str_] | None = None
        names: dict[str, str] = {}
        if asked.by is not None:
            codes, names = self._areas_of_cells(asked, demand, asked.by)
        return Answer(asked, coverage(demand, places, asked.reaches, codes), names, codes)

    def _demand(self, asked: Filter) -> Demand:
        if asked.demand is not None:
            return read_demand(asked.demand, border_cells=asked.border_cells)
        if asked.border_cells not in self._demands:
            grid = reference_file(self._data, POPULATION)
            self._demands[asked.border_cells] = read_demand(grid, border_cells=asked.border_cells)
        return self._demands[asked.border_cells]

    def _areas_of_cells(
        self, asked: Filter, demand: Demand, level: Level
    ) -> tuple[npt.NDArray[np.str_], dict[str, str]]:
        communes = self._communes.get(asked.border_cells) if asked.demand is None else None
        if communes is None:
            census = asked.demand is None and not asked.border_cells
            communes = communes_of(self._data, demand.lon, demand.lat, all_in_france=census)
            if asked.demand is None:
                self._communes[asked.border_cells] = communes
        return codes_at(self._data, communes, level), names_at(self._data, level)

    def _sources(self, given: tuple[str, ...], visible: frozenset[str] | None) -> tuple[str, ...]:
        wanted = tuple(part.strip() for text in given for part in text.split(",") if part.strip())
        if not wanted:
            return ()
        known = self.sources(visible)
        by_lower = {name.lower(): name for name in known}
        for name in wanted:
            if name.lower() not in by_lower:
                listed = ", ".join(known)
                raise InvalidInput(
                    field="source",
                    value=name,
                    fr=f"Aucune liste « {name} » n'a été importée : choisissez parmi {listed}."
                    if known
                    else f"Aucune liste n'a encore été importée, donc pas « {name} » : lancez « placelibre import ».",
                    en=f"No list “{name}” was imported: choose among {listed}."
                    if known
                    else f"No list was imported yet, so not “{name}”: run “placelibre import”.",
                )
        return tuple(dict.fromkeys(by_lower[name.lower()] for name in wanted))


def _reaches(request: CoverageRequest) -> tuple[Reach, ...]:
    """Distances asked, each once, as typed but for spaces and capitals."""
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
    found = answer.coverage
    body: dict[str, Any] = {
        "people": _whole(found.people),
        "within": found.within,
        "beyond": {"limit": found.farthest.label, "people": _whole(found.beyond)},
        "median_m": None if found.median_m is None else round(found.median_m, 1),
        "distances_m": {reach.label: reach.metres for reach in found.reaches},
        "cells": len(found.demand),
        "places": len(found.places),
        "commune_precision": {"places": found.commune_only.places, "adds": found.commune_only.adds},
        "filter": {
            "kind": [str(one) for one in answer.asked.kinds],
            "source": list(answer.asked.sources),
            "status": [str(one) for one in answer.asked.statuses],
        },
    }
    if answer.asked.by is not None:
        body["by"] = str(answer.asked.by)
        body["areas"] = [area_row(answer, row_number) for row_number in range(len(found.areas))[:limit]]
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
