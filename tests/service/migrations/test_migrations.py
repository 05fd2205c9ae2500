"""The migrations and the metadata say the same, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from geo.store.schema import metadata
from service.migrations import current, head, is_ours, upgrade


def test_a_migrated_store_has_exactly_the_tables_of_the_metadata(store: Engine) -> None:
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(store: Engine) -> None:
    assert current(store) == head()
    before = sorted(inspect(store).get_table_names())
    assert upgrade(store) == head()
    assert sorted(inspect(store).get_table_names()) == before
