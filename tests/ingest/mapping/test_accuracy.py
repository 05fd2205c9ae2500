"""Suggestions over extracts of real lists: the first choice is right for nine fields in ten."""

import tomllib
from pathlib import Path

import pytest

from benchmarks.mapping_accuracy import DATA, UNSEEN, Score, measure, total
from ingest.mapping.model import FIELDS
from ingest.readers.open import read

TRUTHS = sorted((DATA / "mapping_truth").glob("*.toml"))
UNSEEN_TRUTHS = sorted((UNSEEN / "mapping_truth").glob("*.toml"))


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    return measure()


def test_the_first_choice_is_right_for_nine_fields_in_ten(scores: list[Score]) -> None:
    right, fields = total(scores)
    assert len(scores) >= 20
    assert right / fields >= 0.90, [missed for score in scores for missed in score.missed]


def test_lists_held_out_of_tuning_do_as_well(scores: list[Score]) -> None:
    right, fields = total(score for score in scores if score.held_out)
    assert fields >= 100
    assert right / fields >= 0.90


def test_headers_that_nobody_tuned_with_do_nearly_as_well() -> None:
    unseen = measure(UNSEEN)
    right, fields = total(unseen)
    assert len(unseen) >= 30
    assert right / fields >= 0.88, [missed for score in unseen for missed in score.missed]


def test_few_fields_are_suggested_that_a_list_has_not(scores: list[Score]) -> None:
    extra = sum(len(score.extra) for score in scores)
    assert extra <= 0.06 * total(scores)[1]


@pytest.mark.parametrize("path", [*TRUTHS, *UNSEEN_TRUTHS], ids=lambda path: path.stem)
def test_a_truth_names_fields_and_columns_that_exist(path: Path) -> None:
    truth = tomllib.loads(path.read_text("utf-8"))
    columns = set(read(path.parents[1] / "mapping_lists" / truth["list"]).columns)
    assert set(truth["fields"]) <= {*FIELDS, "source_key"}
    for columns_of_field in [*truth["fields"].values(), *truth.get("amenities", {}).values()]:
        assert ({columns_of_field} if isinstance(columns_of_field, str) else set(columns_of_field)) <= columns
