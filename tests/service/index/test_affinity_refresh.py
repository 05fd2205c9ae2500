"""How close communities are follows the store while the service runs, in every worker, without building the index."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from geo.store.engine import writing
from geo.store.revisions import record_changes
from geo.store.schema import space
from geo.types import Point
from matching.affinity import similarity
from matching.affinity.affinity_matrix import PARTNER
from matching.presentation.explanations import explain
from matching.query.query import Query
from matching.query.results import Result
from service.communities.community import Community, add, sync
from service.communities.members import add_members, remove_members
from service.index.live_search import LiveSearch, rebuild
from tests.service.bookings.test_booking import NOW, add_space

SECRET = bytes(32)
ONE = Community("one", "Un", values=("entraide",), words="le calme au bourg")
TWO = Community("two", "Deux", words="des trains")


@pytest.fixture
def workers(store: Engine, tmp_path: Path) -> Iterator[list[LiveSearch]]:
    """Two processes' worth: each with its own index over one store, looking for changes at every search."""
    sync(store, [ONE, TWO])
    add_space(store, communities=("two",))
    rebuild(store, tmp_path / "index", NOW)
    running = [LiveSearch(store, tmp_path / "index", 0.0, lambda: NOW) for _ in range(2)]
    yield running
    for one in running:
        one.close()


def found(live: LiveSearch, community: str = "one", offered_by: str = "two") -> Result:
    query = Query(Point(-1.55, 47.21), community=community, visible=frozenset({"one", "two", "new"}))
    (result,) = [one for one in live.find(query).to_results().results if one.closest_community == offered_by]
    return result


def affinity(live: LiveSearch, community: str = "one", offered_by: str = "two") -> float | None:
    terms = {term.name: term.value for term in found(live, community, offered_by).terms}
    return terms.get("affinity")


def version(live: LiveSearch) -> str:
    return live.find(Query(Point(0.0, 0.0))).index_version


def offer(store: Engine, slug: str) -> None:
    """A room of this community, as an import tells the index of it."""
    space_id = add_space(store, communities=(slug,))
    with writing(store) as connection:
        place_id = connection.execute(select(space.c.place_id).where(space.c.id == space_id)).scalar_one()
        record_changes(connection, [place_id])


def people(tmp_path: Path, name: str, numbers: range) -> Path:
    path = tmp_path / f"{name}.csv"
    path.write_text("email\n" + "".join(f"person{number}@example.org\n" for number in numbers))
    return path


def test_a_declared_partner_counts_in_the_next_search_of_every_worker(store: Engine, workers: list[LiveSearch]) -> None:
    assert [affinity(live) for live in workers] == [0.0, 0.0]
    before = [version(live) for live in workers]
    sync(store, [Community("one", "Un", values=ONE.values, words=ONE.words, partners=("two",))])
    for live in workers:
        result = found(live)
        assert {term.name: term.value for term in result.terms}["affinity"] == PARTNER
        assert "Deux est partenaire de votre communauté" in explain(result, "fr", {"two": "Deux"})
    after = [version(live) for live in workers]
    assert after[0] == after[1] != before[0] == before[1]  # a page of the one order is none of the other
    sync(store, [ONE])
    assert [affinity(live) for live in workers] == [0.0, 0.0]


def test_a_brand_new_community_is_close_to_the_partners_it_declares(store: Engine, workers: list[LiveSearch]) -> None:
    (live, _) = workers
    assert affinity(live, "new") is None
    add(store, slug="new", name="Nouvelle", partners=["two"])
    assert affinity(live, "new") == PARTNER
    # What it offers is found, too, and whoever declares it is its partner.
    offer(store, "new")
    sync(store, [Community("two", "Deux", words=TWO.words, partners=("new",))])
    assert affinity(live, "two", "new") == PARTNER
    assert affinity(live, "new", "new") == 1.0


def test_members_are_learned_from_beside_the_searches(store: Engine, workers: list[LiveSearch], tmp_path: Path) -> None:
    add_members(store, "one", people(tmp_path, "one", range(20)), SECRET)
    add_members(store, "two", people(tmp_path, "two", range(10, 30)), SECRET)
    for live in workers:
        live.settle()
        weight = 20 / 25  # no word in common
        assert affinity(live) == pytest.approx(0.6 * weight * 0.5, abs=1e-6)
        assert "Deux a des membres en commun avec votre communauté" in explain(found(live), "fr", {"two": "Deux"})
    remove_members(store, "two", None, SECRET)
    for live in workers:
        live.settle()
        assert affinity(live) == 0.0


def test_words_are_learned_again(store: Engine, workers: list[LiveSearch]) -> None:
    sync(store, [Community("two", "Deux", values=("Entraide",), words="le calme au bourg")])
    (live, _) = workers
    live.settle()
    assert affinity(live) == pytest.approx(0.6)
    assert "Deux shares your values (entraide)" in explain(found(live), "en", {"two": "Deux"})


def test_what_the_service_learned_is_what_a_rebuild_learns(
    store: Engine, workers: list[LiveSearch], tmp_path: Path
) -> None:
    add_members(store, "one", people(tmp_path, "one", range(20)), SECRET)
    add_members(store, "two", people(tmp_path, "two", range(15, 30)), SECRET)
    sync(store, [Community("new", "Nouvelle", words="des trains au bourg", partners=("one",))])
    (live, other) = workers
    live.settle()
    pairs = [("one", "two"), ("two", "two"), ("new", "two")]
    followed = [affinity(live, *pair) for pair in pairs]
    assert "~" in version(live) and followed[2] > 0
    rebuild(store, tmp_path / "index", NOW)
    assert [affinity(other, *pair) for pair in pairs] == followed
    assert "~" not in version(other)


def test_searches_go_on_and_declarations_count_while_learning_takes_its_time(
    store: Engine, workers: list[LiveSearch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members are being learned from, from what the store was; meanwhile a partner is declared, and is not lost."""
    (live, _) = workers
    add_members(store, "one", people(tmp_path, "one", range(20)), SECRET)
    add_members(store, "two", people(tmp_path, "two", range(10, 30)), SECRET)
    began, go_on = threading.Event(), threading.Event()
    learn = similarity.word_vectors

    def slowly(texts: list[str]) -> object:
        began.set()
        assert go_on.wait(30)
        return learn(texts)

    monkeypatch.setattr(similarity, "word_vectors", slowly)
    assert affinity(live) == 0.0
    assert began.wait(30)
    add(store, slug="new", name="Nouvelle", partners=["two"])
    assert affinity(live, "new") == PARTNER
    go_on.set()
    live.settle()
    assert affinity(live, "new") == PARTNER
    assert affinity(live) == pytest.approx(0.6 * 20 / 25 * 0.5, abs=1e-6)
