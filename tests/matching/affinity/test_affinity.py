"""How close communities are: the same, declared partners, and what is learned from members, values and words."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.store.frames import COMMUNITIES, MEMBERSHIPS
from matching.affinity.affinity_matrix import (
    NO_SHARED_TRAITS,
    PARTNER,
    SAME,
    AffinityMatrix,
    SharedTraits,
    build_affinities,
    community_entries,
)
from matching.affinity.member_similarity import MIN_SHARED, shared_members
from matching.affinity.similarity import CLOSEST, MAX_LEARNED
from matching.affinity.text_similarity import SVD_FROM, word_vectors
from tests.matching.reference import learned_similarity, members_by_community, members_in_common, word_similarity
from tests.matching.world import COMMUNITY_ROWS, MEMBERSHIP_ROWS, Row, frame


def community(slug: str, words: str = "", values: list[str] | None = None, partners: list[str] | None = None) -> Row:
    return {
        "slug": slug,
        "name": slug.title(),
        "sharing": "network",
        "partners": partners or [],
        "values": values or [],
        "words": words,
    }


def belong(**members: range) -> list[Row]:
    return [{"community": slug, "member": f"m{number}"} for slug, numbers in members.items() for number in numbers]


def learn(communities: list[Row], memberships: list[Row] | None = None) -> AffinityMatrix:
    return build_affinities(frame(communities, COMMUNITIES), frame(memberships or [], MEMBERSHIPS))


def between(affinities: AffinityMatrix, slug: str, other_slug: str) -> float:
    return affinities.of(slug).get(other_slug, 0.0)


# --- the same, then declared, then learned ---------------------------------------------------------------------------


def test_the_same_then_declared_partners_then_what_is_learned() -> None:
    affinities = learn(COMMUNITY_ROWS, MEMBERSHIP_ROWS)
    assert all(between(affinities, row["slug"], row["slug"]) == SAME for row in COMMUNITY_ROWS)
    assert between(affinities, "alpha", "beta") == between(affinities, "beta", "alpha") == PARTNER
    assert between(affinities, "alpha", "gamma") < between(affinities, "alpha", "delta") < MAX_LEARNED < PARTNER < SAME


def test_the_searchers_declaration_counts() -> None:
    affinities = learn(COMMUNITY_ROWS)
    assert between(affinities, "beta", "gamma") == PARTNER
    assert between(affinities, "gamma", "beta") < PARTNER


def test_a_partner_nobody_knows_is_ignored() -> None:
    assert "nobody" in COMMUNITY_ROWS[0]["partners"]
    assert "nobody" not in learn(COMMUNITY_ROWS).of("alpha")


def test_equal_words_and_members_stay_below_a_declared_partner() -> None:
    pair = [community("one", "le calme au bourg", ["entraide"]), community("two", "le calme au bourg", ["entraide"])]
    assert between(learn(pair), "one", "two") == MAX_LEARNED
    crowd = between(learn(pair, belong(one=range(5000), two=range(5000))), "one", "two")
    assert MAX_LEARNED - 0.01 < crowd <= MAX_LEARNED


# --- cold start ------------------------------------------------------------------------------------------------------


def test_nobody_at_all() -> None:
    assert learn([]).of("one") == {}


def test_a_community_that_says_nothing_and_has_no_members_is_close_to_itself_only() -> None:
    rows = [*COMMUNITY_ROWS, community("new")]
    affinities = learn(rows, MEMBERSHIP_ROWS)
    assert affinities.of("new") == {"new": SAME}
    assert all("new" not in affinities.of(row["slug"]) for row in COMMUNITY_ROWS)


def test_without_members_words_alone_decide() -> None:
    words = word_similarity(COMMUNITY_ROWS)
    affinities = learn(COMMUNITY_ROWS)
    assert between(affinities, "alpha", "delta") == pytest.approx(0.6 * words["alpha", "delta"], abs=1e-6)
    assert words["alpha", "delta"] > 0


def test_without_words_members_alone_decide() -> None:
    members = belong(one=range(20), two=range(10, 30))
    expected = 0.6 * math.sqrt((10 / 20) * (10 / 20))
    assert between(learn([community("one"), community("two", "calme")], members), "one", "two") == expected


def test_nobody_described_it_nobody_is_close_to_it() -> None:
    affinities = learn(COMMUNITY_ROWS, [*MEMBERSHIP_ROWS, *belong(stranger=range(40))])
    assert "stranger" not in affinities and None not in affinities and affinities.of("stranger") == {}


# --- shared members --------------------------------------------------------------------------------------------------


def test_fewer_than_three_shared_members_count_as_none() -> None:
    rows = [community("one"), community("two")]
    for shared in range(6):
        affinities = learn(rows, belong(one=range(10), two=range(10 - shared, 20)))
        assert (between(affinities, "one", "two") > 0) == (shared >= MIN_SHARED == 3)
        assert affinities.shared_traits("one", "two").common_members == (shared >= 3)


def test_the_same_share_of_more_members_is_believed_more() -> None:
    """Cosine 1/2 throughout; what chance may have done shrinks it."""
    rows = [community("one"), community("two")]
    values = [
        between(learn(rows, belong(one=range(2 * n), two=range(n, 3 * n))), "one", "two") for n in (3, 10, 100, 1000)
    ]
    assert values == sorted(values) and values[0] == round(0.6 * math.sqrt(0.5 * 3 / 13), 6) and values[-1] > 0.42


def test_the_more_members_are_known_the_less_words_count() -> None:
    rows = [community("one", "calme au bourg"), community("two", "calme au bourg"), community("far", "trains")]
    by_size = [
        between(learn(rows, belong(one=range(n), two=range(5000, 5000 + n))), "one", "two") for n in (0, 5, 20, 500)
    ]
    assert by_size == sorted(by_size, reverse=True)
    assert by_size == [0.6, 0.3, 0.12, pytest.approx(0.6 * 5 / 505, abs=1e-6)]


def test_a_member_named_twice_is_one() -> None:
    rows, members = [community("one"), community("two")], belong(one=range(9), two=range(5, 14))
    assert learn(rows, members).of("one") == learn(rows, [*members, *members]).of("one")


# --- every pair against the reference --------------------------------------------------------------------------------


def test_a_few_communities_are_as_the_reference_says() -> None:
    affinities, like, members = (
        learn(COMMUNITY_ROWS, MEMBERSHIP_ROWS),
        word_similarity(COMMUNITY_ROWS),
        members_by_community(MEMBERSHIP_ROWS),
    )
    declared = {(row["slug"], partner) for row in COMMUNITY_ROWS for partner in row["partners"]}
    for first, second in like:
        if first != second and (first, second) not in declared:
            both_have_words = like[first, first] > 0 and like[second, second] > 0
            expected = learned_similarity(
                like[first, second], both_have_words, members.get(first, set()), members.get(second, set())
            )
            assert between(affinities, first, second) == pytest.approx(expected, abs=1.1e-6), (first, second)


def many(count: int, seed: int = 1) -> tuple[list[Row], list[Row]]:
    """Communities of three topics, some without words, some without members."""
    rng = random.Random(seed)
    vocabulary = [[f"mot{topic}x{index}" for index in range(20)] for topic in range(3)]
    rows, members = [], []
    for index in range(count):
        topic = index % 3
        words = "" if index % 7 == 0 else " ".join(rng.choices(vocabulary[topic], k=12))
        rows.append(community(f"c{index:03}", words))
        if index % 5:
            people = range(200 * topic, 200 * topic + 200)
            some = rng.sample(people, rng.choice([2, 8, 40])) + rng.sample(range(600), 5)
            members += [{"community": f"c{index:03}", "member": f"m{person}"} for person in set(some)]
    return rows, members


@pytest.mark.parametrize("count", [30, SVD_FROM + 40])
def test_close_pairs_are_kept_with_the_affinity_of_the_reference(count: int) -> None:
    rows, members = many(count)
    affinities, by_community = learn(rows, members), members_by_community(members)
    vectors = word_vectors([row["words"] for row in rows])
    slugs = [row["slug"] for row in rows]
    cosine = np.clip(vectors @ vectors.T, 0, 1)
    has_words = vectors.any(axis=1)

    def closest(closeness: list[float]) -> float:
        """What the last of the closest has."""
        return sorted(closeness, reverse=True)[CLOSEST - 1] if len(closeness) >= CLOSEST else 0.0

    by_words, by_members = {}, {}
    for i, slug in enumerate(slugs):
        others = [j for j in range(count) if j != i]
        by_words[i] = closest([cosine[i, j] for j in others]) if has_words[i] else 2.0
        by_members[i] = closest(
            [members_in_common(by_community.get(slug, set()), by_community.get(slugs[j], set())) for j in others]
        )
    pairs = 0
    for i, slug in enumerate(slugs):
        for j, other_slug in enumerate(slugs):
            if i == j:
                continue
            mine, theirs = by_community.get(slug, set()), by_community.get(other_slug, set())
            expected = learned_similarity(float(cosine[i, j]), bool(has_words[i] and has_words[j]), mine, theirs)
            shared = members_in_common(mine, theirs)
            close = cosine[i, j] > min(by_words[i], by_words[j]) + 1e-9
            close = close or shared > min(by_members[i], by_members[j]) + 1e-9
            far = cosine[i, j] < min(by_words[i], by_words[j]) - 1e-9 and (
                shared == 0 or shared < min(by_members[i], by_members[j]) - 1e-9
            )
            affinity = between(affinities, slug, other_slug)
            assert affinity == pytest.approx(expected, abs=1.1e-6) or (affinity == 0 and not close), (slug, other_slug)
            assert affinity == 0 or not far, (slug, other_slug)
            pairs += affinity > 0
    assert pairs > 4 * count


@pytest.mark.parametrize("count", [30, SVD_FROM + 40])
def test_what_is_learned_is_symmetric_in_range_and_the_same_again(count: int) -> None:
    rows, members = many(count)
    affinities = learn(rows, members)
    for row in rows:
        for other, value in affinities.of(row["slug"]).items():
            assert other == row["slug"] or (
                0 < value <= MAX_LEARNED and value == between(affinities, other, row["slug"])
            )
    shuffled = random.Random(2).sample(rows, len(rows)), random.Random(3).sample(members, len(members))
    assert learn(*shuffled).digest() == affinities.digest()


def test_same_topics_are_closer() -> None:
    rows, _ = many(SVD_FROM + 10)
    affinities = learn(rows)
    first, *others = [index for index, row in enumerate(rows) if row["words"]]
    to = {other: between(affinities, rows[first]["slug"], rows[other]["slug"]) for other in others}
    same = [value for other, value in to.items() if (other - first) % 3 == 0]
    foreign = [value for other, value in to.items() if (other - first) % 3]
    assert min(same) > max(foreign)


@given(st.lists(st.sets(st.integers(0, 12)), min_size=2, max_size=6))
def test_shared_members_of_any_sets(sets: list[set[int]]) -> None:
    slugs = [f"c{index}" for index in range(len(sets))]
    rows = [
        {"community": slug, "member": str(member)} for slug, some in zip(slugs, sets, strict=True) for member in some
    ]
    shared = shared_members(frame(rows, MEMBERSHIPS), slugs)
    assert shared.sizes.tolist() == [len(some) for some in sets]
    square = shared.similarity.toarray()
    for i, first in enumerate(sets):
        for j, second in enumerate(sets):
            expected = members_in_common({str(x) for x in first}, {str(x) for x in second}) if i != j else 0.0
            assert math.isclose(square[i, j], expected, abs_tol=1e-12)


# --- why, and what is declared anew ----------------------------------------------------------------------------------


def test_two_shared_values_are_named_as_the_searchers_community_writes_them() -> None:
    rows = [
        community("one", values=["Entraide", "ruralité", "sobriété", "calme"]),
        community("two", values=["calme", "partage", "Ruralite", "SOBRIÉTÉ"]),
        community("far", values=["vitesse"]),
    ]
    affinities = learn(rows)
    assert affinities.shared_traits("one", "two").common_values == ("ruralité", "sobriété")
    assert affinities.shared_traits("two", "one").common_values == ("calme", "Ruralite")
    assert affinities.shared_traits("one", "far") == affinities.shared_traits("one", "nobody") == NO_SHARED_TRAITS


def test_members_in_common_are_symmetric() -> None:
    affinities = learn(COMMUNITY_ROWS, MEMBERSHIP_ROWS)
    assert affinities.shared_traits("alpha", "delta") == SharedTraits(True, ("entraide",))
    assert affinities.shared_traits("delta", "alpha").common_members
    assert not affinities.shared_traits("alpha", "gamma").common_members


def test_declarations_change_without_learning_again() -> None:
    affinities = learn(COMMUNITY_ROWS, MEMBERSHIP_ROWS)
    without_beta = [row for row in COMMUNITY_ROWS if row["slug"] != "beta"]
    now = [
        {**row, "partners": ["zeta"]} if row["slug"] == "delta" else row for row in [*without_beta, community("zeta")]
    ]
    then = affinities.for_communities(community_entries(frame(now, COMMUNITIES)))
    assert between(then, "delta", "zeta") == PARTNER and between(then, "zeta", "delta") == 0
    assert between(then, "alpha", "delta") == between(affinities, "alpha", "delta")
    assert then.shared_traits("alpha", "delta") == affinities.shared_traits("alpha", "delta")
    assert "beta" not in then and "beta" not in then.of("alpha")
    assert affinities.for_communities(affinities.communities).digest() == affinities.digest() != then.digest()
