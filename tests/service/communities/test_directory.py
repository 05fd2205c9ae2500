"""The directory of communities: read once for all who wait, again when it is due, never an old failure."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from geo.errors import StoreUnavailable
from service.communities.community import Community, add, sync
from service.communities.directory import CommunityDirectory
from service.communities.sharing import Circle, CircleReader

THREADS = 8


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Begin of each reading of the store, in seconds."""
    begun: list[float] = []
    real = CircleReader.read

    def counted(reader: CircleReader, engine: Engine) -> Circle:
        begun.append(time.monotonic())
        time.sleep(0.05)  # so that the others come meanwhile
        return real(reader, engine)

    monkeypatch.setattr(CircleReader, "read", counted)
    return begun


def test_of_threads_that_come_at_once_one_reads(store: Engine, reads: list[float]) -> None:
    sync(store, [Community("open", "Open")])
    directory, barrier = CommunityDirectory(store, 3_600.0), threading.Barrier(THREADS)

    def ask(_number: int) -> dict[str, str]:
        barrier.wait()
        return directory.names

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(ask, range(THREADS)))
    assert answers == [{"open": "Open"}] * THREADS
    assert len(reads) == 1


def test_it_is_due_before_the_first_question_and_after_the_time_limit(store: Engine, reads: list[float]) -> None:
    patient, hurried = CommunityDirectory(store, 3_600.0), CommunityDirectory(store, 0.0)
    for directory in (patient, hurried):
        assert directory.is_due
        assert directory.communities == []
    assert not patient.is_due and hurried.is_due
    add(store, slug="new", name="New", sharing="network")
    assert patient.communities == [] and len(reads) == 2
    assert [community.slug for community in hurried.communities] == ["new"] and len(reads) == 3
    found = hurried.find("new")
    assert found is not None and found.name == "New"
    assert hurried.find("none") is None
    assert hurried.visible_to(None) == {"new"}


def test_a_failure_is_not_remembered(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    failures, real = [StoreUnavailable(fr="non", en="no")], CircleReader.read

    def flaky(reader: CircleReader, engine: Engine) -> Circle:
        if failures:
            raise failures.pop()
        return real(reader, engine)

    monkeypatch.setattr(CircleReader, "read", flaky)
    directory = CommunityDirectory(store, 3_600.0)
    with pytest.raises(StoreUnavailable):
        directory.visible_to(None)
    assert directory.is_due
    assert directory.communities == []
