"""Keys of communities: shown once, kept as a hash, useless once revoked."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, select, update
from typer.testing import CliRunner

from geo.errors import Conflict, KeyMissing, NotFound
from geo.store.engine import reading, writing
from service.accounts.api_keys import HINT_LENGTH, PREFIX, authenticate, create_key, list_keys, revoke_key
from service.accounts.tables import api_key
from service.cli.main import app
from service.communities.community import add

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def communities(store: Engine) -> Engine:
    add(store, slug="one")
    add(store, slug="two")
    return store


def test_a_key_opens_its_own_community_only(communities: Engine) -> None:
    first, second = create_key(communities, "one", NOW), create_key(communities, "two", NOW)
    assert authenticate(communities, first) == "one"
    assert authenticate(communities, second) == "two"


def test_the_key_itself_is_nowhere_in_the_store(communities: Engine) -> None:
    key = create_key(communities, "one", NOW)
    with reading(communities) as connection:
        (row,) = connection.execute(select(api_key)).mappings().all()
    assert key not in {str(value) for value in row.values()}
    assert key.startswith(PREFIX) and row["hint"] == key[:HINT_LENGTH] and len(row["hint"]) < len(key) / 2


def test_anything_but_the_whole_key_is_refused(communities: Engine) -> None:
    key = create_key(communities, "one", NOW)
    other_end = key[:-1] + ("A" if key[-1] != "A" else "B")
    nearly = [key[:-1], key + "A", other_end, key.swapcase(), key[:-1] + "é", PREFIX + "A" * 43, "%" * len(key)]
    for wrong in (None, "", PREFIX, *nearly):
        with pytest.raises(KeyMissing):
            authenticate(communities, wrong)


def test_a_revoked_key_is_refused_and_the_others_still_work(communities: Engine) -> None:
    gone, kept = create_key(communities, "one", NOW), create_key(communities, "one", NOW)
    number = next(record.id for record in list_keys(communities, "one") if gone.startswith(record.hint))
    revoked = revoke_key(communities, str(number), NOW + timedelta(hours=1))
    assert revoked == revoke_key(communities, str(number), NOW + timedelta(hours=2))
    assert (revoked.id, revoked.revoked_at) == (number, NOW + timedelta(hours=1))
    with pytest.raises(KeyMissing):
        authenticate(communities, gone)
    assert authenticate(communities, kept) == "one"
    assert revoked in list_keys(communities, "one")


def test_a_key_is_revoked_by_its_first_characters_or_by_itself(communities: Engine) -> None:
    first, second, third = (create_key(communities, "one", NOW) for _ in range(3))
    assert revoke_key(communities, first[:HINT_LENGTH], NOW).hint == first[:HINT_LENGTH]
    revoke_key(communities, second, NOW)
    for gone in (first, second):
        with pytest.raises(KeyMissing):
            authenticate(communities, gone)
    assert authenticate(communities, third) == "one"


def test_two_keys_that_begin_alike_are_told_apart_by_their_number(communities: Engine) -> None:
    key = create_key(communities, "one", NOW)
    other = create_key(communities, "two", NOW)
    with writing(communities) as connection:
        connection.execute(update(api_key).values(hint=key[:HINT_LENGTH]))
    with pytest.raises(Conflict, match="1, 2"):
        revoke_key(communities, key[:HINT_LENGTH], NOW)
    revoke_key(communities, other, NOW)
    assert authenticate(communities, key) == "one"


def test_times_are_kept_in_utc(communities: Engine) -> None:
    create_key(communities, "one", NOW.astimezone(timezone(timedelta(hours=4))))
    (record,) = list_keys(communities, "one")
    assert record.created_at == NOW and record.created_at.tzinfo is UTC
    assert list_keys(communities, "two") == []


def test_what_is_unknown_is_not_found(communities: Engine) -> None:
    with pytest.raises(NotFound, match="nobody"):
        create_key(communities, "nobody", NOW)
    with pytest.raises(NotFound, match="nobody"):
        list_keys(communities, "nobody")
    key = create_key(communities, "one", NOW)
    for unknown in ("7", "9" * 30, "plk_", "", "%", key[: HINT_LENGTH - 1], key[:-1] + "~"):
        with pytest.raises(NotFound, match="community keys") as caught:
            revoke_key(communities, unknown, NOW)
        assert key[:HINT_LENGTH] not in caught.value.message("fr")
    assert authenticate(communities, key) == "one"


def test_the_command_lists_and_revokes_and_never_shows_a_key(
    communities: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACELIBRE_STORE", communities.url.render_as_string(hide_password=False))

    def run(*arguments: str, language: str = "fr") -> str:
        monkeypatch.setenv("PLACELIBRE_LANGUAGE", language)
        ran = CliRunner().invoke(app, ["community", *arguments])
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    key = json.loads(run("add", "one", "--json"))["key"]
    create_key(communities, "two", NOW)
    (record,) = json.loads(run("keys", "one", "--json"))
    assert record.keys() == {"id", "community", "hint", "created_at", "revoked_at"}
    assert (record["hint"], record["revoked_at"]) == (key[:HINT_LENGTH], None)
    assert run("keys", "one").startswith(f"{record['id']}  {record['hint']}…  créée le ")
    assert json.loads(run("revoke", record["hint"], "--json"))["revoked_at"]
    with pytest.raises(KeyMissing):
        authenticate(communities, key)
    english = run("keys", "one", language="en") + run("revoke", str(record["id"]), language="en")
    assert english.count(", revoked on ") == 2
    assert key not in run("keys", "one") + run("keys", "one", "--json") + english
