"""Comments on columns that name no module of the code"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = ("minted by geo.store.counters", "taken from the table counter, never reused")
COLUMNS = (
    *((table, "id", *ID) for table in ("place", "import_run", "api_key", "booking", "feed")),
    (
        "place",
        "score",
        "0-1: how sure the position is; NULL: nobody said",
        "0-1: how sure the position is; NULL: unknown",
    ),
    (
        "place",
        "origins",
        "{field: list that told it}, where not the first list",
        "{field: source}, where that is not the first source",
    ),
    ("listing", "facts", "the row normalised and located: ingest.facts", "the row, normalised and located"),
    (
        "import_report",
        "rows",
        "every row's outcome: ingest.report_rows, Parquet",
        "the outcome of every row, as Parquet",
    ),
    (
        "key_run",
        "block_keys",
        "sorted 64-bit blocking keys: ingest.resolution.blocking",
        "sorted blocking keys, 64 bits each",
    ),
    (
        "feed",
        "last_change",
        "what the last list that was read changed: service.feed_changes",
        "{at, rows, vanished, names, ...}: how the list differed when it last changed",
    ),
    (
        "membership",
        "member",
        "pseudonym, the same in all communities: service.members",
        "pseudonym of a person, the same in all communities",
    ),
)
"""Table, column, comment before, comment after."""

UNPUBLISHED = (
    "ranges of places and listings that an import is writing, or an undo removing: geo.store.visibility",
    "ranges of places and listings that an import is writing, or an undo removing: no query shows them",
)


def upgrade() -> None:
    _comment(before=0, after=1)


def downgrade() -> None:
    _comment(before=1, after=0)


def _comment(before: int, after: int) -> None:
    """Replaces the comments; SQLite keeps none."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column, *comments in COLUMNS:
        op.alter_column(table, column, comment=comments[after], existing_comment=comments[before])
    op.create_table_comment("unpublished", UNPUBLISHED[after], existing_comment=UNPUBLISHED[before])
