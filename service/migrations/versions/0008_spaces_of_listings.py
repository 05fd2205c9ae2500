"""Listings keep the spaces that they name, so that an undo leaves what other lists say

Earlier imports kept spaces without the listings that name them. Each is now written into the facts of the listings of
its place whose list inserted, changed or offered it; images of these listings in the import journal follow.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Values = dict[str, Any]
Rewrite = Callable[[int, Values, int | None], Values]
"""(listing, its facts, the import that found them so; None: as they are now) -> its facts"""

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
CHUNK = 5_000
SPACE = ("key", "kind", "name", "seats", "price_half_day_cents", "member_price_half_day_cents", "opening_hours")
LISTING = (
    *("id", "source", "source_key", "fingerprint", "raw", "facts", "trust", "place_id", "community", "licence"),
    *("import_id", "has_own_key"),
)
space = sa.table(
    "space",
    *(sa.column(name) for name in ("id", "place_id", *SPACE)),
    *(sa.column("amenities", Json), sa.column("closed", sa.Boolean()), sa.column("demo", sa.Boolean())),
)
listing = sa.table(
    "listing",
    *(sa.column(name, Json if name in {"raw", "facts"} else None) for name in LISTING[:-1]),
    sa.column("has_own_key", sa.Boolean()),
)
run = sa.table(
    "import_run", sa.column("id"), sa.column("source"), sa.column("offered", sa.Boolean()), sa.column("state")
)
span = sa.table("import_range", *(sa.column(name) for name in ("import_id", "table_name", "first_id", "last_id")))
change = sa.table(
    "import_change", *(sa.column(name) for name in ("import_id", "table_name", "row_id", "detail", "before", "after"))
)
_encoder = msgspec.json.Encoder(order="sorted")


def upgrade() -> None:
    connection = op.get_bind()
    spaces = {row["id"]: dict(row) for row in connection.execute(sa.select(space).where(~space.c.demo)).mappings()}
    runs = {row.id: row for row in connection.execute(sa.select(run).where(run.c.state == "published"))}
    inserted = _inserted(connection, spaces)
    authors = _authors(connection, spaces, runs, inserted)
    found = _images(connection)
    named: dict[int, list[int]] = defaultdict(list)
    listed: dict[int, set[int]] = defaultdict(set)
    for space_id in sorted(spaces):
        if not spaces[space_id]["key"].endswith(f"~{space_id}"):  # the closed twin of a room, which no list names
            listed[spaces[space_id]["place_id"]].add(space_id)
    offered: dict[int, bool] = {}
    for row in _rows(connection, listing, listing.c.place_id, sorted(listed)):
        named[row["id"]] = sorted(i for i in listed[row["place_id"]] if row["source"] in authors[i])
        author = runs.get(row["import_id"])
        offered[row["id"]] = bool(author and author.offered) and any(not spaces[i]["closed"] for i in named[row["id"]])

    def add(listing_id: int, facts: Values, import_id: int | None) -> Values:
        drafts = [
            _draft(found.get((import_id, i), spaces[i]))
            for i in named[listing_id]
            if import_id is None or i not in inserted.get(import_id, ())
        ]
        return facts | ({"spaces": drafts} if drafts else {}) | ({"offered": True} if offered[listing_id] else {})

    _rewrite(connection, sorted(listing_id for listing_id, ids in named.items() if ids), add)


def downgrade() -> None:
    connection = op.get_bind()
    text = sa.cast(listing.c.facts, sa.Text)
    speaking = sa.select(listing.c.id).where(text.like('%"spaces"%') | text.like('%"offered"%'))
    before = sa.select(change.c.row_id).where(
        change.c.table_name == "listing", change.c.before.like('%"spaces"%') | change.c.before.like('%"offered"%')
    )
    ids = {*connection.execute(speaking).scalars(), *connection.execute(before).scalars()}

    def strip(_listing_id: int, facts: Values, _import_id: int | None) -> Values:
        return {name: value for name, value in facts.items() if name not in {"spaces", "offered"}}

    _rewrite(connection, sorted(ids), strip)


def _inserted(connection: sa.Connection, spaces: Iterable[int]) -> dict[int, set[int]]:
    """The spaces that each import inserted."""
    inserted: dict[int, set[int]] = defaultdict(set)
    for row in connection.execute(sa.select(span).where(span.c.table_name == "space")):
        inserted[row.import_id].update(i for i in spaces if row.first_id <= i <= row.last_id)
    single = sa.select(change.c.import_id, change.c.row_id).where(
        change.c.table_name == "space", change.c.before.is_(None)
    )
    for import_id, space_id in connection.execute(single):
        inserted[import_id].add(space_id)
    return inserted


def _authors(
    connection: sa.Connection, spaces: Iterable[int], runs: dict[int, Any], inserted: dict[int, set[int]]
) -> dict[int, set[str]]:
    """The lists in force that name each space, as far as the journal shows."""
    authors: dict[int, set[str]] = {space_id: set() for space_id in spaces}
    pairs = [(import_id, space_id) for import_id, ids in inserted.items() for space_id in ids]
    entries = sa.select(change.c.import_id, change.c.row_id).where(
        change.c.table_name.in_(("space", "space_community")), change.c.after.is_not(None)
    )
    for import_id, space_id in [*pairs, *(tuple(row) for row in connection.execute(entries))]:
        if import_id in runs and space_id in authors:
            authors[space_id].add(runs[import_id].source)
    return authors


def _images(connection: sa.Connection) -> dict[tuple[int | None, int], Values]:
    """Spaces as each import found them, by import and id."""
    entries = sa.select(change).where(change.c.table_name == "space", change.c.before.is_not(None))
    return {(row.import_id, row.row_id): msgspec.json.decode(row.before) for row in connection.execute(entries)}


def _draft(row: Values) -> Values:
    draft = {name: row[name] for name in SPACE if row[name] is not None}
    return draft | ({"amenities": row["amenities"]} if row["amenities"] else {})


def _rewrite(connection: sa.Connection, listing_ids: Sequence[int], new_facts: Rewrite) -> None:
    """Rewrites the facts of listings, in the table and in the journal, whose fingerprints of rows follow."""
    digests: dict[tuple[int, str], str] = {}
    now = [{"row_id": row["id"]} | row for row in _rows(connection, listing, listing.c.id, listing_ids)]
    for row in now:
        before = {name: row[name] for name in LISTING}
        row["facts"] = new_facts(row["id"], row["facts"], None)
        digests[row["id"], _digest(before)] = _digest(before | {"facts": row["facts"]})
    entries = list(_rows(connection, change, change.c.row_id, listing_ids, change.c.table_name == "listing"))
    for entry in entries:
        if entry["before"] is not None:
            image = msgspec.json.decode(entry["before"])
            new = image | {"facts": new_facts(entry["row_id"], image["facts"], entry["import_id"])}
            digests[entry["row_id"], _digest(image)] = _digest(new)
            entry["before"] = _encoder.encode(new).decode()
    for entry in entries:
        entry["after"] = digests.get((entry["row_id"], entry["after"]), entry["after"])
    if now:
        statement = sa.update(listing).where(listing.c.id == sa.bindparam("row_id"))
        connection.execute(
            statement.values(facts=sa.bindparam("new_facts", type_=Json)),
            [{"row_id": row["row_id"], "new_facts": row["facts"]} for row in now],
        )
    if entries:
        mine = (change.c.import_id == sa.bindparam("of")) & (change.c.row_id == sa.bindparam("at"))
        statement = sa.update(change).where(mine, change.c.table_name == "listing")
        connection.execute(
            statement.values(before=sa.bindparam("image"), after=sa.bindparam("left")),
            [
                {"of": entry["import_id"], "at": entry["row_id"], "image": entry["before"], "left": entry["after"]}
                for entry in entries
            ],
        )


def _rows(
    connection: sa.Connection, table: sa.TableClause, column: Any, ids: Sequence[int], *conditions: Any
) -> Iterator[Values]:
    for start in range(0, len(ids), CHUNK):
        statement = sa.select(table).where(column.in_(ids[start : start + CHUNK]), *conditions)
        for row in connection.execute(statement).mappings():
            yield {str(name): value for name, value in row.items()}


def _digest(row: Values) -> str:
    return hashlib.sha256(_encoder.encode(row)).hexdigest()[:32]
