"""The history of the schema, on both databases: it ends at the live metadata, and stores keep their rows on the way."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, Engine, create_engine, inspect, make_url, select, text

import service.migrations
from geo.store.engine import open_store
from geo.store.schema import metadata
from service.migrations import current, head, is_ours, upgrade
from tests.service.migrations.sample_rows import fill, is_unseen, reflect
from tests.service.migrations.store_dump import checks, dump, held_below, literals, schema

SCRIPTS = str(Path(service.migrations.__file__).parent)
REVISIONS = sorted(script.revision for script in ScriptDirectory(SCRIPTS).walk_revisions())


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    if request.param == "sqlite":
        engine = open_store(f"sqlite:///{tmp_path / 'store.db'}")
        yield engine
        engine.dispose()
        return
    server = make_url(request.getfixturevalue("postgis_url"))
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = open_store(server.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def migrate(connection: Connection, revision: str) -> None:
    """Takes the store up or down to a revision."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    now = MigrationContext.configure(connection).get_current_revision()
    (command.upgrade if now is None or now < revision else command.downgrade)(config, revision)
    assert MigrationContext.configure(connection).get_current_revision() == revision


def test_a_migrated_store_has_exactly_the_tables_of_the_metadata(store: Engine) -> None:
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, metadata) == []


def test_a_migrated_store_has_exactly_the_checks_of_the_metadata(store: Engine) -> None:
    with store.connect() as connection:
        for table in metadata.sorted_tables:
            live = {
                str(check.name): literals(str(check.sqltext))
                for check in table.constraints
                if isinstance(check, CheckConstraint)
            }
            assert checks(connection, table.name) == live


@pytest.mark.usefixtures("sqlite_template")  # it imports the tables of every room
def test_no_comment_names_a_module() -> None:
    described = [item for table in metadata.sorted_tables for item in (table, *table.columns)]
    for item in described:
        assert not re.search(r"\b(geo|ingest|matching|service)\.\w", item.comment or ""), item


def test_migrating_again_changes_nothing(store: Engine) -> None:
    assert current(store) == head()
    before = sorted(inspect(store).get_table_names())
    assert upgrade(store) == head()
    assert sorted(inspect(store).get_table_names()) == before


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_store_comes_back_from_the_newest_revision_with_all_its_rows(empty: Engine, revision: str) -> None:
    with empty.begin() as connection:
        migrate(connection, revision)
        fill(connection)
        shape, content = schema(connection), dump(connection)
        assert all(content[name] for name in reflect(connection) if name in content)
        migrate(connection, head())
        migrate(connection, revision)
        assert dump(connection) == content
        assert schema(connection) == shape


def test_a_downgraded_store_keeps_what_the_older_revision_can_hold(empty: Engine) -> None:
    with empty.begin() as connection:
        shapes = {}
        for revision in REVISIONS:
            migrate(connection, revision)
            shapes[revision] = schema(connection)
        fill(connection)
        content = dump(connection)
        for older in reversed(REVISIONS[:-1]):
            migrate(connection, older)
            assert schema(connection) == shapes[older]
            now = dump(connection)
            assert older >= "0002" or not [row for rows in now.values() for row in rows if is_unseen(row)]
            left, expected = held_below(now, older), held_below(content, older)
            journal = {"import_change", "import_range"} if older < "0002" else set()
            for name in expected.keys() - journal:
                assert left[name] == expected[name], name
            migrate(connection, head())
            assert held_below(dump(connection), older) == expected


def test_the_first_revision_refuses_an_import_that_stopped_while_it_changed_rows(empty: Engine) -> None:
    with empty.begin() as connection:
        migrate(connection, head())
        fill(connection)
        connection.execute(text("UPDATE import_change SET import_id = 9000 WHERE before IS NOT NULL"))
        content = dump(connection)
        migrate(connection, "0002")
        with pytest.raises(RuntimeError, match="import its list again"):
            migrate(connection, "0001")
        migrate(connection, head())
        assert held_below(dump(connection), "0002") == held_below(content, "0002")


def test_what_an_older_store_says_of_a_place_becomes_facts_of_its_listings(empty: Engine) -> None:
    with empty.begin() as connection:
        migrate(connection, "0001")
        fill(connection)
        migrate(connection, head())
        tables = reflect(connection)
        listing, place = tables["listing"], tables["place"]
        rows = connection.execute(select(listing.c.facts, place).join(place)).mappings().all()
    assert len(rows) == 4
    spaces = [space["key"] for row in rows for space in row["facts"].get("spaces", ())]
    assert spaces == ["meeting_room 10"]  # the one that the journal of a list knows
    for row in rows:
        facts = {name: value for name, value in row["facts"].items() if name not in {"spaces", "offered"}}
        assert facts.pop("checked_on") == (row["checked_on"] and row["checked_on"].isoformat())
        assert len(facts) == 17
        assert facts == {name: row[name] for name in facts}
