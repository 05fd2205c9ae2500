"""The labelled pairs are fit to measure with: many, varied, split without leaks, naming no person."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from geo.types import PlaceKind, Precision
from ingest.normalise.contact.privacy import scrub

FOLDER = Path(__file__).resolve().parents[2] / "data" / "pairs"
Row = dict[str, str]
Key = tuple[str, str]


def rows(name: str) -> list[Row]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def pairs() -> list[Row]:
    return rows("pairs.csv")


@pytest.fixture(scope="module")
def listings() -> list[Row]:
    return rows("listings.csv")


def sides(pair: Row) -> tuple[Key, Key]:
    return (pair["list_a"], pair["key_a"]), (pair["list_b"], pair["key_b"])


def test_there_are_two_thousand_decided_pairs_a_third_of_them_same(pairs: list[Row]) -> None:
    labels = Counter(pair["label"] for pair in pairs)
    assert set(labels) == {"same", "different"}
    assert labels.total() >= 2_000
    assert labels["same"] / labels.total() >= 1 / 3


def test_at_least_six_lists_and_six_pairs_of_lists_with_fifty_pairs_each(pairs: list[Row]) -> None:
    met = Counter((pair["list_a"], pair["list_b"]) for pair in pairs)
    assert sum(count >= 50 for count in met.values()) >= 6
    assert len({name for pair in met for name in pair}) >= 6


def test_hard_pairs_of_every_sort_are_there(pairs: list[Row]) -> None:
    tags = Counter(pair["tag"] for pair in pairs)
    for tag in (
        "hard/two_bodies",
        "hard/branches",
        "hard/homonyms",
        "hard/annexe",
        "hard/neighbours",
        "hard/two_sites",
    ):
        assert tags[tag] >= 25, tag
    assert sum(tags[tag] for tag in tags if tag.startswith("hard/")) > tags.total() / 2


def test_each_pair_is_there_once_and_under_one_label(pairs: list[Row]) -> None:
    asked = Counter(frozenset(sides(pair)) for pair in pairs + rows("unsure.csv"))
    assert max(asked.values()) == 1
    assert all(len(asked_pair) == 2 for asked_pair in asked)
    assert len({pair["pair_id"] for pair in pairs}) == len(pairs)


def test_no_listing_is_in_both_splits(pairs: list[Row]) -> None:
    where: dict[Key, set[str]] = {}
    for pair in pairs:
        for side in sides(pair):
            where.setdefault(side, set()).add(pair["split"])
    assert set().union(*where.values()) == {"train", "held_out"}
    assert all(len(splits) == 1 for splits in where.values())


@pytest.mark.parametrize("label", ["same", "different"])
def test_each_split_has_half_of_each_label(pairs: list[Row], label: str) -> None:
    split = Counter(pair["split"] for pair in pairs if pair["label"] == label)
    assert 0.45 <= split["held_out"] / split.total() <= 0.55


def test_labels_never_contradict_each_other(pairs: list[Row]) -> None:
    """Two rows that are each the same place as a third are not different places."""
    root: dict[Key, Key] = {}

    def top(key: Key) -> Key:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    for pair in pairs:
        if pair["label"] == "same":
            one, other = sides(pair)
            root[top(one)] = top(other)
    torn = [pair["pair_id"] for pair in pairs if pair["label"] == "different" and len(set(map(top, sides(pair)))) == 1]
    assert torn == []


def test_every_pair_speaks_of_listings_that_are_told(pairs: list[Row], listings: list[Row]) -> None:
    known = {(listing["source"], listing["source_key"]) for listing in listings}
    assert len(known) == len(listings)
    assert {side for pair in pairs + rows("unsure.csv") for side in sides(pair)} == known


def test_listings_hold_what_resolution_reads(listings: list[Row]) -> None:
    for listing in listings:
        assert listing["name"]
        assert listing["kind"] in set(PlaceKind)
        assert listing["precision"] in set(Precision)
        assert -180 <= float(listing["lon"]) <= 180
        assert -90 <= float(listing["lat"]) <= 90
        assert (float(listing["expected_m"]) > 0) == (listing["precision"] == Precision.COMMUNE)
        assert re.fullmatch(r"(?:\+\d{8,14})?", listing["phone"])
        assert re.fullmatch(r"(?:\d{14})?", listing["siret"])


def test_listings_name_no_person(listings: list[Row]) -> None:
    for listing in listings:
        assert not listing["email"]
        assert not re.match(r"\+33[67]|\+262(?:639|69[2-9])|\+(?:590690|594694|596696)|\+687[5-9]", listing["phone"])
        texts = {column: listing[column] for column in ("name", "address", "complement") if listing[column]}
        assert scrub(texts, ()) == texts
        assert "*" not in listing["name"]
