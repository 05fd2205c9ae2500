"""Every error a person may meet has a status and a sentence in both languages."""

import inspect
from collections import defaultdict

import pytest

import geo.errors
from geo.errors import LANGUAGES, Ambiguous, OperationError, PlaceLibreError, UserError


def tree(root: type[PlaceLibreError] = PlaceLibreError) -> list[type[PlaceLibreError]]:
    return [root, *(below for child in root.__subclasses__() for below in tree(child))]


CONCRETE = [error for error in tree() if error is not PlaceLibreError]
SAMPLE = defaultdict(lambda: "x", fr="Phrase.", en="Sentence.")


@pytest.mark.parametrize("error", CONCRETE, ids=lambda error: error.__name__)
def test_every_error_has_a_status_a_code_and_both_languages(error: type[PlaceLibreError]) -> None:
    assert 400 <= error.http_status < 600
    assert (error.http_status < 500) == issubclass(error, UserError)
    assert issubclass(error, UserError | OperationError)
    assert error.code.replace("_", "").isalpha()
    assert set(error.messages) == set(LANGUAGES)


@pytest.mark.parametrize(
    "error",
    [error for error in CONCRETE if any(len(text) > 12 for text in error.messages.values())],
    ids=lambda error: error.__name__,
)
def test_a_message_is_one_sentence_with_a_remedy(error: type[PlaceLibreError]) -> None:
    for language in LANGUAGES:
        sentence = error.messages[language].format_map(SAMPLE)
        assert sentence.endswith((".", "!"))
        assert sentence[0].isupper() or sentence[0] in "«“"


def test_ambiguity_lists_its_choices() -> None:
    error = Ambiguous(name="Saint-Denis", choices=["Saint-Denis (93)", "Saint-Denis (974)"])
    assert error.choices == ("Saint-Denis (93)", "Saint-Denis (974)")
    assert "Saint-Denis (974)" in error.message("fr")


def test_the_tree_is_drawn_in_its_module() -> None:
    drawing = inspect.getdoc(geo.errors) or ""
    own = [error for error in CONCRETE if error.__module__ == "geo.errors" and error.__name__ != "KeyMissing"]
    assert all(error.__name__ in drawing for error in own)
