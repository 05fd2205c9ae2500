"""Numbers agree with what they count."""

import pytest

from geo.localisation.plurals import count_en, count_fr, rows_text


@pytest.mark.parametrize(
    ("number", "french", "english"),
    [(0, "0 ligne", "0 rows"), (1, "1 ligne", "1 row"), (2, "2 lignes", "2 rows"), (1_000, "1000 lignes", "1000 rows")],
)
def test_rows_of_a_list(number: int, french: str, english: str) -> None:
    assert (rows_text(number, "fr"), rows_text(number, "en")) == (french, english)


def test_words_that_an_s_does_not_make_plural() -> None:
    assert count_fr(1, "mise à jour", "mises à jour") == "1 mise à jour"
    assert count_fr(2, "mise à jour", "mises à jour") == "2 mises à jour"
    assert count_en(1, "match", "matches") == "1 match"
    assert count_en(0, "match", "matches") == "0 matches"
