"""Diversity of the first page: a maximum of results per host, and a minimum share of new spaces.

It rearranges the exact order and does not change scores; switched off, it changes nothing. The caller says who hosts a
place and which spaces are new, because the ranking does not depend on either.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from geo.errors import InvalidInput
from matching.query.query import MAX_LIMIT, Cursor, Query
from matching.search.hits import Hits, combine_pages

FIRST_PAGE = 20
MAX_SCANNED = 500
"""Results of the exact order considered for the first page."""

Find = Callable[[Query, Cursor | None], Hits]
DescribeHosts = Callable[[Sequence[tuple[int, int]]], Sequence[tuple[Hashable, bool]]]
"""From (place id, space id or 0 for a candidate) to (host, whether the space is new), in the same order."""


@dataclass(frozen=True, slots=True)
class Variety:
    """What the first page must satisfy; None means no condition. Raises InvalidInput for a value out of range."""

    per_host: int | None = None
    """Most results of one host, 1 to MAX_LIMIT."""
    new_floor: float | None = None
    """Share of the page reserved for new spaces, 0 to 1, if there are any."""
    page: int = FIRST_PAGE
    """Results on the first page."""

    def __post_init__(self) -> None:
        if self.per_host is not None and not 1 <= self.per_host <= MAX_LIMIT:
            raise InvalidInput(
                field="per_host",
                value=self.per_host,
                fr=f"Le nombre de résultats par hôte va de 1 à {MAX_LIMIT} : changez-le, ou n'en donnez pas.",
                en=f"The number of results per host is 1 to {MAX_LIMIT}: change it, or give none.",
            )
        if self.new_floor is not None and not 0 <= self.new_floor <= 1:
            raise InvalidInput(
                field="new_floor",
                value=self.new_floor,
                fr="La part des nouveaux espaces va de 0 à 1 : donnez par exemple 0.1.",
                en="The share of new spaces is 0 to 1: give for example 0.1.",
            )

    @property
    def is_off(self) -> bool:
        return self.per_host is None and not self.new_floor

    @property
    def reserved_for_new(self) -> int:
        """Results of the page reserved for new spaces: the share, rounded up."""
        return math.ceil(round((self.new_floor or 0.0) * self.page, 9))


class Page:
    """Fills the first page greedily from results added in the exact order."""

    def __init__(self, variety: Variety) -> None:
        self._variety = variety
        self._hosts: Counter[Hashable] = Counter()
        self._old = 0
        """Results on the page that are not new."""
        self._positions: list[int] = []
        self._deferred: list[tuple[int, Hashable]] = []
        self._added = 0

    @property
    def is_full(self) -> bool:
        return len(self._positions) >= self._variety.page

    def add(self, host: Hashable, new: bool) -> None:
        """Places the next result on the page, or defers it."""
        at, self._added = self._added, self._added + 1
        if self.is_full:
            return
        if self._is_crowded(host) or (not new and self._old >= self._variety.page - self._variety.reserved_for_new):
            self._deferred.append((at, host))
        else:
            self._place(at, host)
            self._old += not new

    def positions(self) -> list[int]:
        """Positions in the exact order of the results on the page, ascending.

        If the conditions leave room, deferred results fill it: first those of hosts below their maximum, then any.
        """
        for also_crowded in (False, True):
            for at, host in self._deferred:
                if not self.is_full and at not in self._positions and (also_crowded or not self._is_crowded(host)):
                    self._place(at, host)
        return sorted(self._positions)

    def _is_crowded(self, host: Hashable) -> bool:
        return self._variety.per_host is not None and self._hosts[host] >= self._variety.per_host

    def _place(self, at: int, host: Hashable) -> None:
        self._positions.append(at)
        self._hosts[host] += 1


def diversify(find: Find, query: Query, variety: Variety, describe_hosts: DescribeHosts) -> Hits:
    """The hits of a query: a diverse first page, then the others in the exact order, up to `query.limit`.

    `find` gives a page of the exact order after a cursor. The hits have no next page, unless `variety` is off.
    """
    if variety.is_off:
        return find(query, None)
    wide = replace(query, limit=MAX_LIMIT)
    pages = [find(wide, None)]
    page = Page(variety)
    scanned = _add_hits(page, pages[0], describe_hosts)
    while not page.is_full and pages[-1].next_cursor is not None and scanned < MAX_SCANNED:
        pages.append(find(wide, pages[-1].next_cursor))
        scanned += _add_hits(page, pages[-1], describe_hosts)
    first = page.positions()
    order = [*first, *sorted(set(range(scanned)) - set(first))]
    return combine_pages(pages, order[: query.limit], query)


def _add_hits(page: Page, hits: Hits, describe_hosts: DescribeHosts) -> int:
    """Adds all hits to the page; returns how many."""
    spaces = [(place, space) for _, _, place, space in hits.keys.tolist()]
    for host, new in describe_hosts(spaces):
        page.add(host, new)
    return len(spaces)
