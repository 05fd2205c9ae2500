"""Survivorship of spaces: the rooms of a place, composed from the lists that name them.

Lists are laid over each other in the order of their imports, so that the newest statement counts: kind, name and seats
always, prices, hours and amenities where the list gives them. A room is open when a list asserts that the host agreed.
It is offered by the communities whose lists name it, or to everybody when a public list offered it before them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ingest.publication.source_records import SourceRecord
from ingest.rows.record import SpaceDraft
from ingest.rows.spaces import number_namesakes

STATED = (
    *("kind", "name", "seats"),
    *("price_half_day_cents", "member_price_half_day_cents", "opening_hours", "amenities"),
)
NOTHING: tuple[Any, ...] = (None, {})


@dataclass(slots=True)
class ComposedSpace:
    """A room as its lists make it: columns of the store (those of `STATED`, and `closed`), the communities that offer
    it, and whether it is offered to everybody instead."""

    values: dict[str, Any]
    communities: set[str] = field(default_factory=set)
    is_public: bool = False


def compose_spaces(records: Iterable[SourceRecord]) -> dict[str, ComposedSpace]:
    """The spaces of a place by key, from all its listings. Rooms whose seats no list knows are left out."""
    spaces: dict[str, ComposedSpace] = {}
    lists = _by_source(records)
    drafts = {source: _drafts(listings) for source, listings in lists.items()}
    for source in sorted(lists, key=lambda name: _last_import(lists[name])):
        for draft in drafts[source]:
            _lay_over(spaces, draft, offered=is_agreed(lists[source]))
    for source, listings in lists.items():
        for draft in drafts[source]:
            _offer(spaces[draft.key], listings[0].community, offered=is_agreed(listings))
    return spaces


def is_agreed(records: Iterable[SourceRecord]) -> bool:
    """Whether any list asserts that the host of this place agreed."""
    return any(record.facts.offered for record in records)


def _by_source(records: Iterable[SourceRecord]) -> dict[str, list[SourceRecord]]:
    """Listings that name spaces, or agree to offer them, list by list: the list that came first comes first."""
    lists: dict[str, list[SourceRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.order):
        if record.facts.spaces or record.facts.offered:
            lists[record.source].append(record)
    return lists


def _drafts(listings: Iterable[SourceRecord]) -> list[SpaceDraft]:
    drafts = number_namesakes(draft for listing in listings for draft in listing.facts.spaces)
    return [draft for draft in drafts if draft.seats is not None]


def _last_import(listings: Iterable[SourceRecord]) -> int:
    return max((listing.import_id for listing in listings if listing.facts.spaces), default=0)


def _lay_over(spaces: dict[str, ComposedSpace], draft: SpaceDraft, *, offered: bool) -> None:
    stated = {name: getattr(draft, name) for name in STATED} | {"kind": str(draft.kind)}
    space = spaces.get(draft.key)
    if space is None:
        # A room without a host's agreement must not become bookable in a place that others offer.
        spaces[draft.key] = ComposedSpace(stated | {"closed": not offered})
        return
    space.values |= {name: value for name, value in stated.items() if value not in NOTHING}
    if offered:
        space.values["closed"] = False


def _offer(space: ComposedSpace, community: str | None, *, offered: bool) -> None:
    """A community that offers a public room too does not close it to others."""
    if community is None:
        space.is_public = space.is_public or (offered and not space.communities)
    elif not space.is_public:
        space.communities.add(community)
