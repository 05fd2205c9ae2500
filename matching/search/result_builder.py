"""What was found, place by place: the facts of its row, its terms, and when it is free."""

from typing import Any

from matching.affinity.affinities import NO_KINSHIP
from matching.query.query import slot_start
from matching.query.results import Result, SearchResults, TermScore
from matching.query.weights import TERM_NAMES
from matching.search.hits import Found
from matching.snapshot.layout import UNKNOWN_CENTS


def told(found: Found) -> SearchResults:
    """All that was found, in words and numbers for people."""
    return SearchResults(
        query=found.query,
        results=tuple(result(found, at) for at in range(len(found.order))),
        total=found.total,
        to_confirm=found.to_confirm,
        as_of=found.as_of,
        index_version=found.index_version,
        travel=found.travel,
    )


def result(found: Found, rank: int) -> Result:
    """The place of that rank, 0 being the best."""
    searchable, query = found.searchables[found.order[rank][0]], found.query
    snapshot = searchable.snapshot
    row, cents, windows, left = (int(found.told(name)[rank]) for name in ("rows", "cents", "windows", "left"))
    _, decimetres, place_id, space_id = found.keys[rank].tolist()
    slugs = searchable.seen(query, int(snapshot.columns.set_id[row]))
    facts: dict[str, Any] = snapshot.facts.of(row) | {"communities": sorted(slugs)}
    values = dict(zip(TERM_NAMES, found.values[rank].tolist(), strict=True))
    terms = tuple(TermScore(name, values[name], weight) for name, weight in found.weights.items())
    first = snapshot.meta.first_slot
    closest = slugs[0] if slugs and query.community is not None else None
    affinities = snapshot.affinities
    return Result(
        place_id=place_id,
        space_id=space_id or None,
        other_spaces=int(found.told("other_spaces")[rank]),
        score=sum(term.contribution for term in terms),
        distance_m=decimetres / 10,
        terms=terms,
        facts=facts,
        seats_left=left if windows else None,
        free_from=slot_start(first + int(found.told("start")[rank])) if windows else None,
        free_until=slot_start(first + int(found.told("stop")[rank])) if windows else None,
        free_windows=tuple(bool(windows >> number & 1) for number in range(len(query.windows))),
        price_cents=None if cents == UNKNOWN_CENTS else cents,
        wishes=query.wishes,
        minutes=found.journeys[rank].minutes if found.journeys else None,
        minutes_by=found.journeys[rank].by if found.journeys else None,
        closest_community=closest,
        kinship=affinities.kinship(query.community, closest) if query.community and closest else NO_KINSHIP,
    )
