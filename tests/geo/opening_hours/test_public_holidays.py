"""Which days are public holidays, by region of law."""

from datetime import date

import pytest

from geo.errors import InvalidInput
from geo.opening_hours.public_holidays import HOLIDAY_REGIONS, holiday_dates, holiday_region


def _of_2026(region: str) -> frozenset[date]:
    return holiday_dates(region, date(2026, 1, 1), date(2026, 12, 31))


def test_the_eleven_national_days_of_2026() -> None:
    assert sorted(_of_2026("metropole")) == [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 8),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 14),
        date(2026, 8, 15),
        date(2026, 11, 1),
        date(2026, 11, 11),
        date(2026, 12, 25),
    ]


@pytest.mark.parametrize(
    ("region", "own_days"),
    [
        ("alsace-moselle", {date(2026, 4, 3), date(2026, 12, 26)}),
        ("guadeloupe", {date(2026, 5, 27)}),
        ("martinique", {date(2026, 5, 22)}),
        ("guyane", {date(2026, 6, 10)}),
        ("la-reunion", {date(2026, 12, 20)}),
        ("mayotte", {date(2026, 4, 27)}),
        ("saint-barthelemy", {date(2026, 10, 9)}),
        ("saint-martin", {date(2026, 5, 28)}),
        ("nouvelle-caledonie", {date(2026, 9, 24)}),
        ("wallis-et-futuna", {date(2026, 7, 29)}),
    ],
)
def test_a_region_adds_its_own_days(region: str, own_days: set[date]) -> None:
    days = _of_2026(region)
    assert own_days <= days
    assert not own_days & _of_2026("metropole")
    assert _of_2026("metropole") <= days


@pytest.mark.parametrize("region", HOLIDAY_REGIONS)
def test_every_region_keeps_the_first_of_january(region: str) -> None:
    assert date(2027, 1, 1) in holiday_dates(region, date(2026, 12, 1), date(2027, 1, 31))


def test_both_ends_count_and_nothing_beyond_them() -> None:
    assert holiday_dates("metropole", date(2026, 12, 25), date(2026, 12, 25)) == {date(2026, 12, 25)}
    assert holiday_dates("metropole", date(2026, 12, 26), date(2027, 1, 1)) == {date(2027, 1, 1)}
    assert holiday_dates("metropole", date(2026, 12, 26), date(2026, 12, 31)) == frozenset()


@pytest.mark.parametrize(
    ("insee", "region"),
    [
        ("67482", "alsace-moselle"),
        ("68066", "alsace-moselle"),
        ("57463", "alsace-moselle"),
        ("54395", "metropole"),
        ("75101", "metropole"),
        ("2A004", "metropole"),
        ("97105", "guadeloupe"),
        ("97209", "martinique"),
        ("97302", "guyane"),
        ("97411", "la-reunion"),
        ("97502", "saint-pierre-et-miquelon"),
        ("97611", "mayotte"),
        ("97701", "saint-barthelemy"),
        ("97123", "saint-barthelemy"),
        ("97801", "saint-martin"),
        ("97127", "saint-martin"),
        ("98611", "wallis-et-futuna"),
        ("98735", "polynesie-francaise"),
        ("98818", "nouvelle-caledonie"),
        ("", "metropole"),
        ("nonsense", "metropole"),
    ],
)
def test_a_commune_belongs_to_a_region(insee: str, region: str) -> None:
    assert holiday_region(insee) == region


def test_an_unknown_region_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        holiday_dates("bretagne", date(2026, 1, 1), date(2026, 1, 2))
    assert "bretagne" in refused.value.message("fr")
    assert "alsace-moselle" in refused.value.message("en")
