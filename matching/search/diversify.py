"""Variety and fairness of the first page: at most so many results per host, some places kept for new spaces.

Applied over the exact order, which it only walks: off, nothing is different. Hosts and newness are the caller's to
tell, for the ranking does not depend on them.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from geo.errors import InvalidInput
from matching.query.query import MAX_LIMIT, Cursor, Query
from matching.search.hits import Found, put_together

FIRST_PAGE = 20
MOST_WALKED = 500
"""Results of the exact order looked through for a page: further down, nothing is worth being moved up."""

Find = Callable[[Query, Cursor | None], Found]
Told = Callable[[Sequence[tuple[int, int]]], Sequence[tuple[Hashable, bool]]]
"""Of each place and space (0: a candidate): who hosts it, and whether it is new."""


@dataclass(frozen=True, slots=True)
class Variety:
    """`per_host`: results of one host at most; `new_floor`: share of the page that new spaces get, if there are any.
    None: as the exact order has it. Raises InvalidInput for what cannot be."""

    per_host: int | None = None
    new_floor: float | None = None
    page: int = FIRST_PAGE

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
    def off(self) -> bool:
        return self.per_host is None and not self.new_floor

    @property
    def kept_for_new(self) -> int:
        """Places of the page that only new spaces may take while there are any; a tenth of 20 is 2, rounded up."""
        return math.ceil(round((self.new_floor or 0.0) * self.page, 9))


class Page:
    """Fills the first page from results told one after the other in the exact order."""

    def __init__(self, variety: Variety) -> None:
        self._variety = variety
        self._hosts: Counter[Hashable] = Counter()
        self._old = 0
        self._taken: list[int] = []
        self._aside: list[tuple[int, Hashable]] = []
        self._seen = 0

    @property
    def full(self) -> bool:
        return len(self._taken) >= self._variety.page

    def tell(self, host: Hashable, new: bool) -> None:
        """The next result."""
        at, self._seen = self._seen, self._seen + 1
        if self.full:
            return
        if self._crowded(host) or (not new and self._old >= self._variety.page - self._variety.kept_for_new):
            self._aside.append((at, host))
        else:
            self._take(at, host)
            self._old += not new

    def picked(self) -> list[int]:
        """Positions on the page, ascending. What too few new spaces leave goes to old ones, and what too few hosts
        leave to the best of the others: an empty place helps nobody."""
        for crowded in (False, True):
            for at, host in self._aside:
                if not self.full and at not in self._taken and (crowded or not self._crowded(host)):
                    self._take(at, host)
        return sorted(self._taken)

    def _crowded(self, host: Hashable) -> bool:
        return self._variety.per_host is not None and self._hosts[host] >= self._variety.per_host

    def _take(self, at: int, host: Hashable) -> None:
        self._taken.append(at)
        self._hosts[host] += 1


def varied(find: Find, query: Query, variety: Variety, told: Told) -> Found:
    """What is found for a query, with a varied first page, then the others in the exact order, up to the query's limit.
    No page follows it."""
    if variety.off:
        return find(query, None)
    wide = replace(query, limit=MAX_LIMIT)
    pages = [find(wide, None)]
    page = Page(variety)
    walked = _tell(page, pages[0], told)
    while not page.full and pages[-1].next is not None and walked < MOST_WALKED:
        pages.append(find(wide, pages[-1].next))
        walked += _tell(page, pages[-1], told)
    picked = page.picked()
    order = [*picked, *sorted(set(range(walked)) - set(picked))]
    return put_together(pages, order[: query.limit], query)


def _tell(page: Page, found: Found, told: Told) -> int:
    """How many were told."""
    shown = [(place, space) for _, _, place, space in found.keys.tolist()]
    for host, new in told(shown):
        page.tell(host, new)
    return len(shown)
