"""Decisions of people: two listings are one place, or two. A decision takes effect at once, is kept, and can be undone.

It names listings by list and key, so it outlives imports, undos and ids. Its consequences are published like those of
an import, as a journal entry without rows: `placelibre imports undo` takes both back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from geo.errors import Conflict, InvalidInput, Language, NotFound
from geo.store.engine import reading
from geo.store.schema import listing
from ingest.journal.tables import decision, import_change, import_run
from ingest.publication.plan import Origin, Plan
from ingest.publication.planner import plan_regrouping
from ingest.publication.publisher import OvertakenError, clear_away, publish
from ingest.resolution import stored_listings, verdicts
from ingest.resolution.verdicts import Change, Decision
from ingest.review.queue import Explanation, Page, ReviewPair, explain, uncertain
from ingest.undo.undo import undo

__all__ = ["DecisionResult", "Explanation", "Page", "ReviewPair", "decide_pair", "explain", "uncertain", "undecide"]

SOURCE = "review"
"""The source of decisions in the journal of imports."""
IDLE_S = 600
ATTEMPTS = 4
_ORIGIN = Origin(source=SOURCE, community=None, licence="", trust=0, offered=False)


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The result of a decision. `import_id`: its journal entry (None: it was decided so before); `places`: those of the
    two listings now, None for a listing that exists no longer."""

    change: Change
    import_id: int | None
    places: tuple[int | None, int | None]

    def message(self, language: Language) -> str:
        """One sentence for people."""
        return _MESSAGES[self.change.after][0 if language == "fr" else 1].format(names=self.change.names)

    def to_dict(self, language: Language) -> dict[str, Any]:
        """For `--json` and the API."""
        return {
            "key_a": self.change.key_a,
            "key_b": self.change.key_b,
            "same": self.change.after,
            "import_id": self.import_id,
            "place_a": self.places[0],
            "place_b": self.places[1],
            "message": self.message(language),
        }


_MESSAGES: dict[bool | None, tuple[str, str]] = {
    True: ("{names} : c'est désormais un seul lieu.", "{names}: one place from now on."),
    False: ("{names} : ce sont désormais deux lieux.", "{names}: two places from now on."),
    None: ("{names} : plus aucune décision.", "{names}: no decision any more."),
}


def decide_pair(engine: Engine, key_a: str, key_b: str, same: bool, now: datetime) -> DecisionResult:
    """Decides that two listings (`source|source_key`) are one place, or two, and regroups what that concerns.

    `now` is an aware time. Raises InvalidInput (twice the same key), NotFound (no such listing) and Conflict (other
    decisions say the opposite; others write the same places).
    """
    if key_a == key_b:
        raise InvalidInput(
            field="key_b",
            value=key_b,
            fr="Une fiche ne se compare pas à elle-même ; donnez deux clés différentes.",
            en="A listing is not compared with itself; give two different keys.",
        )
    with reading(engine) as connection:
        _check_keys(connection, key_a, key_b)
        change = verdicts.change_of(connection, key_a, key_b, same)
        if change.before == same:
            return DecisionResult(change, None, _places(connection, change))
    return _apply(engine, key_a, key_b, same, now)


def undecide(engine: Engine, key_a: str, key_b: str, now: datetime) -> DecisionResult:
    """Takes a decision back: exactly when nobody built on it since, else by grouping its listings again.

    Raises NotFound (these two have no decision) and Conflict (others write the same places).
    """
    with reading(engine) as connection:
        change = verdicts.change_of(connection, key_a, key_b, None)
        if change.before is None:
            raise NotFound(
                fr=f"Rien n'est décidé de {change.names} ; « placelibre review list » montre les paires à trancher.",
                en=f"Nothing is decided about {change.names}; “placelibre review list” shows the pairs to decide.",
            )
        entry = _entry_of(connection, change)
    if entry is not None:
        try:
            undo(engine, entry, now)
        except Conflict:
            return _apply(engine, key_a, key_b, None, now)
        with reading(engine) as connection:
            return DecisionResult(change, entry, _places(connection, change))
    return _apply(engine, key_a, key_b, None, now)


def _apply(engine: Engine, key_a: str, key_b: str, same: bool | None, now: datetime) -> DecisionResult:
    clear_away(engine, SOURCE, IDLE_S)
    for _ in range(ATTEMPTS):
        with reading(engine) as connection:
            change = verdicts.change_of(connection, key_a, key_b, same)
            ids = stored_listings.ids_by_name(connection, (change.key_a, change.key_b))
            after = verdicts.verdicts_after(connection, change)
            plan = plan_regrouping(connection, _ORIGIN, frozenset(ids.values()), after)
            _refuse_contradiction(connection, plan, change, ids)
        plan.decision = Decision(change, now)
        try:
            written = publish(engine, plan, _run(change, now))
        except OvertakenError:
            continue
        with reading(engine) as connection:
            return DecisionResult(change, written.import_id, _places(connection, change))
    raise Conflict(
        fr="D'autres écrivent ces lieux en ce moment ; rien n'a été modifié : recommencez dans une minute.",
        en="Others are writing these places right now; nothing was changed: try again in a minute.",
    )


def _run(change: Change, now: datetime) -> dict[str, Any]:
    signs = {True: "=", False: "≠", None: "?"}
    return {
        "source": SOURCE,
        "community": None,
        "file_name": f"{change.key_a} {signs[change.after]} {change.key_b}",
        "file_sha256": "",
        "licence": "",
        "started_at": now,
        "published_at": now,
        "undone_at": None,
        "offered": False,
        "counts": dict.fromkeys(("rows", "accepted", "merged", "updated", "unchanged", "rejected"), 0),
    }


def _check_keys(connection: Connection, *keys: str) -> None:
    ids = stored_listings.ids_by_name(connection, keys)
    for key in keys:
        if key not in ids:
            raise NotFound(
                fr=f"Aucune fiche « {key} » ; une clé s'écrit source|clé, comme « placelibre review list » la montre.",
                en=f"There is no listing “{key}”; a key is written source|key, as “placelibre review list” shows it.",
            )


def _places(connection: Connection, change: Change) -> tuple[int | None, int | None]:
    ids = stored_listings.ids_by_name(connection, (change.key_a, change.key_b))
    rows = connection.execute(select(listing.c.id, listing.c.place_id).where(listing.c.id.in_(list(ids.values()))))
    place_of = {row.id: int(row.place_id) for row in rows}
    first, second = (place_of.get(ids.get(key, 0)) for key in (change.key_a, change.key_b))
    return first, second


def _refuse_contradiction(connection: Connection, plan: Plan, change: Change, ids: dict[str, int]) -> None:
    """Raises Conflict when older decisions about third listings keep this one from having an effect."""
    if change.after is None or len(ids) < 2:
        return
    first, second = (_place_after(connection, plan, ids[key]) for key in (change.key_a, change.key_b))
    if (first == second) is change.after:
        return
    raise Conflict(
        fr=f"Des décisions plus anciennes disent le contraire de {change.names} ; retirez-les d'abord avec "
        "« placelibre review forget ».",
        en=f"Earlier decisions say the opposite of {change.names}; take them back first with "
        "“placelibre review forget”.",
    )


def _place_after(connection: Connection, plan: Plan, listing_id: int) -> int:
    row = plan.listings.get(listing_id)
    if row is not None:
        return int(row.now()["place_id"])
    return int(connection.execute(select(listing.c.place_id).where(listing.c.id == listing_id)).scalar_one())


def _entry_of(connection: Connection, change: Change) -> int | None:
    """The import whose undo leaves the pair undecided; None when there is none."""
    rows = connection.execute(
        select(import_change.c.import_id, import_change.c.before)
        .join(import_run, import_run.c.id == import_change.c.import_id)
        .where(import_change.c.table_name == decision.name, import_run.c.state == "published")
        .order_by(import_change.c.import_id.desc())
    )
    for row in rows:
        entry = verdicts.from_journal(row.before)
        if (entry.key_a, entry.key_b) == (change.key_a, change.key_b):
            return int(row.import_id) if entry.before is None else None
    return None
