"""How close communities are: the same, declared partners, and what their words share."""

import numpy as np
import polars as pl

from geo.frames import COMMUNITIES
from matching.affinity import LEARNED_MOST, PARTNER, SVD_FROM, affinity_matrix
from tests.matching.world import COMMUNITY_ROWS, Row, frame

ALPHA, BETA, DELTA, GAMMA, MUTE = range(5)


def matrix(rows: list[Row]) -> np.ndarray:
    return affinity_matrix(frame(rows, COMMUNITIES))


def test_the_same_then_declared_partners_then_shared_words() -> None:
    square = matrix(COMMUNITY_ROWS)
    assert np.all(np.diag(square) == 1.0)
    assert square[ALPHA, BETA] == square[BETA, ALPHA] == square[BETA, GAMMA] == PARTNER
    assert 0 < square[ALPHA, DELTA] < LEARNED_MOST
    assert square[ALPHA, DELTA] > square[ALPHA, GAMMA]


def test_the_searchers_declaration_counts() -> None:
    square = matrix(COMMUNITY_ROWS)
    assert square[BETA, GAMMA] == PARTNER
    assert square[GAMMA, BETA] < PARTNER


def test_identical_words_stay_below_a_declared_partner() -> None:
    twin = {**COMMUNITY_ROWS[DELTA], "slug": "twin"}
    square = matrix([*COMMUNITY_ROWS, twin])
    assert square[DELTA, 5] == LEARNED_MOST < PARTNER


def test_a_silent_community_is_akin_to_none() -> None:
    square = matrix(COMMUNITY_ROWS)
    assert np.all(square[MUTE, :MUTE] == 0)


def test_nobody_and_only_silence() -> None:
    assert matrix([]).shape == (0, 0)
    assert matrix([COMMUNITY_ROWS[MUTE]]).tolist() == [[1.0]]


def test_many_communities_are_compared_by_topics_and_stay_in_range() -> None:
    drawn = np.random.default_rng(1)
    words = [f"mot{index}" for index in range(60)]
    rows = [
        {
            "slug": f"c{index:03}",
            "name": "C",
            "sharing": "network",
            "partners": [],
            "values": [],
            "words": " ".join(drawn.choice(words[20 * (index % 3) : 20 * (index % 3) + 20], 12)),
        }
        for index in range(SVD_FROM + 10)
    ]
    square = matrix(rows)
    off = square[~np.eye(len(rows), dtype=bool)]
    assert np.all((off >= 0) & (off <= LEARNED_MOST))
    np.testing.assert_array_equal(square, matrix(rows))
    same_topic = np.mean([square[0, index] for index in range(3, len(rows), 3)])
    assert same_topic > np.mean([square[0, index] for index in range(1, len(rows), 3)])


def test_a_partner_nobody_knows_is_ignored() -> None:
    assert isinstance(frame(COMMUNITY_ROWS, COMMUNITIES), pl.DataFrame)
    assert "nobody" in COMMUNITY_ROWS[ALPHA]["partners"]
    assert matrix(COMMUNITY_ROWS).shape == (5, 5)
