"""What blocking, features and the shipped model promise, whatever the model learnt."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.resolution import read_listings
from ingest.normalise.location.address import match_address
from ingest.normalise.name import match_name
from ingest.resolution import features, linkage
from ingest.rows.facts import SCHEMA

BLAIN = {"commune": "Blain", "insee": "44015", "postcode": "44130", "lon": -1.763, "lat": 47.476, "precision": "exact"}


def listings(*rows: dict[str, Any]) -> pl.DataFrame:
    """Listings as they are compared, each of a source of its own, in Blain unless they say otherwise."""
    told = [{"name": "", "kind": "other", "address": "", **BLAIN, **row} for row in rows]
    keys = [f"{match_name(row['name'], row['kind'])}|{match_address(row['address'])}|{row['insee']}" for row in told]
    frame = pl.DataFrame([{column: row.get(column) for column in SCHEMA} for row in told], schema=SCHEMA)
    return linkage.derive(
        frame.with_columns(
            pl.Series("match_key", keys),
            pl.col("expected_m").fill_null(0.0),
            listing=pl.int_range(pl.len()),
            place_id=pl.lit(0),
            source=pl.concat_str(pl.lit("list"), pl.int_range(pl.len())),
            source_key=pl.lit("1"),
            trust=pl.lit(50),
        )
    )


def probability(one: dict[str, Any], other: dict[str, Any]) -> float:
    """How likely two listings are one place."""
    return float(linkage.probabilities(listings(one, other), np.array([0]), np.array([1]))[0])


def labels(*rows: dict[str, Any]) -> list[int]:
    """The place of each listing, by the way an import goes."""
    derived = listings(*rows)
    left, right = linkage.pairs(derived, np.ones(derived.height, bool))
    order = [f"{source}|1" for source in derived["source"]]
    return linkage.partition(derived, left, right, linkage.probabilities(derived, left, right), order).tolist()


HALL = {"name": "Mairie de Blain", "kind": "mairie", "address": "2 rue Charles de Gaulle", "phone": "+33240790008"}
LIBRARY = {"name": "Médiathèque de Blain", "kind": "library", "address": "2 rue Charles de Gaulle"}
NANTES = {"commune": "Nantes", "insee": "44109", "postcode": "44000"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(HALL, LIBRARY, id="mairie and library at one address"),
        pytest.param(HALL, LIBRARY | {"phone": HALL["phone"]}, id="two bodies behind one switchboard"),
        pytest.param(
            {"name": "Tiers-lieu n° 3", "kind": "coworking", "address": "5 rue de la Paix"},
            {"name": "Tiers-lieu n° 4", "kind": "coworking", "address": "6 rue de la Paix"},
            id="numbered houses in a numbered row",
        ),
        pytest.param(
            {"name": "Mairie d'Airel", "kind": "mairie", "commune": "Airel", "insee": "50004", "phone": "+33233568712"},
            {"name": "Mairie de Saint-Fromond", "kind": "mairie", "commune": "Saint-Fromond", "insee": "50468"},
            id="the town halls of two communes whose points are one",
        ),
        pytest.param(
            {"name": "Ibis Nantes Centre", "kind": "hotel", "address": "3 allée Baco", **NANTES},
            {"name": "Ibis Nantes La Beaujoire", "kind": "hotel", "address": "9 rue du Moulin", "lat": 47.52, **NANTES},
            id="two hotels of one chain in one town",
        ),
        pytest.param(
            {"name": "Mairie de Blain", "kind": "mairie", "address": "2 rue Charles de Gaulle"},
            {
                "name": "Mairie déléguée de Saint-Émilien",
                "kind": "mairie",
                "address": "7 place de l'Église",
                "lat": 47.5,
            },
            id="the town hall and that of a delegated commune",
        ),
    ],
)
def test_two_places_stay_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert probability(one, other) < linkage.LINK


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(HALL, HALL | {"name": "MAIRIE", "phone": None, "lat": 47.4761}, id="a town hall, twice"),
        pytest.param(
            {"name": "Médiathèque Jacques-Prévert", "kind": "library", "address": "5 rue du Port"},
            {"name": "Mediatheque J. Prevert", "kind": "library", "address": "5, RUE DU PORT", "lat": 47.4765},
            id="a library abbreviated, in capitals, moved by 55 m",
        ),
    ],
)
def test_one_place_said_twice_is_joined(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert probability(one, other) >= linkage.LINK


@pytest.mark.parametrize("field", ["phone", "website", "siret", "address"])
def test_what_both_leave_out_is_never_equal(field: str) -> None:
    said = {"phone": "+33240790008", "website": "https://blain.fr/lab", "siret": "21440015700011", "address": "2 rue X"}
    equal = {"phone": "phone_equal", "website": "site_equal", "siret": "siret_equal", "address": "number_equal"}[field]
    blank = "" if field == "address" else None
    rows = [{"name": "Lab", field: value} for value in (said[field], said[field], blank, blank)]
    matrix = features.matrix(listings(*rows), np.array([0, 0, 2]), np.array([1, 2, 3]))
    assert matrix[:, features.NAMES.index(equal)].tolist() == [1.0, 0.0, 0.0]


def test_a_pair_is_as_likely_from_either_side() -> None:
    derived = linkage.derive(read_listings().head(300))
    left, right = linkage.pairs(derived, np.ones(derived.height, bool))
    assert len(left) > 50
    forth, back = linkage.probabilities(derived, left, right), linkage.probabilities(derived, right, left)
    np.testing.assert_allclose(forth, back, atol=2e-6)


def test_a_third_listing_that_resembles_both_chains_no_two_places() -> None:
    between = {"name": "Blain", "kind": "public_body", "address": "2 rue Charles de Gaulle", "phone": HALL["phone"]}
    found = labels(HALL, LIBRARY, between)
    assert found[0] != found[1]


def test_blocking_misses_next_to_no_likely_pair_of_two_lists() -> None:
    """Against every pair of some hundred listings: what is likely is compared."""
    everything = read_listings().filter(pl.col("source").is_in(["aix", "angers", "bretagne", "reunion", "etapes"]))
    derived = linkage.derive(everything)
    left, right = np.triu_indices(derived.height, 1)
    likely = linkage.probabilities(derived, left, right) >= linkage.LINK
    compared = set(zip(*(side.tolist() for side in linkage.pairs(derived, np.ones(derived.height, bool))), strict=True))
    wanted = set(zip(left[likely].tolist(), right[likely].tolist(), strict=True))
    assert wanted
    assert len(wanted & compared) >= 0.98 * len(wanted)


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(60)), st.integers(1, 59))
def test_new_listings_against_the_store_find_what_everything_against_everything_finds(
    order: list[int], stored: int
) -> None:
    derived = linkage.derive(read_listings().filter(pl.col("insee") == "13001").head(60))
    order = [row for row in order if row < derived.height]
    shuffled = derived[order]
    at_once = {
        frozenset((order[a], order[b]))
        for a, b in zip(*linkage.pairs(shuffled, np.ones(len(order), bool)), strict=True)
    }
    first = linkage.pairs(shuffled.head(stored), np.ones(min(stored, len(order)), bool))
    later = linkage.pairs(shuffled, np.arange(len(order)) >= stored)
    in_turn = [frozenset((order[a], order[b])) for part in (first, later) for a, b in zip(*part, strict=True)]
    assert set(in_turn) == at_once
    assert len(in_turn) == len(set(in_turn))
