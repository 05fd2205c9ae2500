"""Keys of communities: shown once, kept as a hash, useless once revoked."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, select

from geo.errors import KeyMissing, NotFound
from geo.store.engine import reading
from service.accounts.api_keys import HINT_LENGTH, PREFIX, authenticate, create_key, list_keys, revoke
from service.accounts.tables import api_key
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
    number = next(one.id for one in list_keys(communities, "one") if gone.startswith(one.hint))
    revoke(communities, number, NOW + timedelta(hours=1))
    revoke(communities, number, NOW + timedelta(hours=2))
    with pytest.raises(KeyMissing):
        authenticate(communities, gone)
    assert authenticate(communities, kept) == "one"
    (record,) = [one for one in list_keys(communities) if one.id == number]
    assert record.revoked_at == NOW + timedelta(hours=1)


def test_times_are_kept_in_utc(communities: Engine) -> None:
    create_key(communities, "one", NOW.astimezone(timezone(timedelta(hours=4))))
    (record,) = list_keys(communities, "one")
    assert record.created_at == NOW and record.created_at.tzinfo is UTC
    assert list_keys(communities, "two") == []


def test_no_key_for_an_unknown_community_and_no_revoking_of_an_unknown_key(communities: Engine) -> None:
    with pytest.raises(NotFound, match="nobody"):
        create_key(communities, "nobody", NOW)
    with pytest.raises(NotFound, match="7"):
        revoke(communities, 7, NOW)
