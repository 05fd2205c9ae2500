"""Public holidays of France and of its territories, by region of law.

The dates come from the `holidays` package, which knows the subdivisions: Alsace-Moselle has two more days
(Good Friday, 26 December), each overseas department its own abolition day, and so on. Overseas lists
include the days that are customary there (Mi-Carême in Guadeloupe), because offices do close.
"""

from datetime import date
from functools import lru_cache

from geo.errors import InvalidInput

METROPOLE = "metropole"

# Region -> subdivision of "FR" in the `holidays` package (None: the eleven national days).
_SUBDIVISIONS: dict[str, str | None] = {
    METROPOLE: None,
    "alsace-moselle": "57",
    "guadeloupe": "971",
    "martinique": "972",
    "guyane": "973",
    "la-reunion": "974",
    "saint-pierre-et-miquelon": "PM",
    "mayotte": "976",
    "saint-barthelemy": "BL",
    "saint-martin": "MF",
    "terres-australes": "TF",
    "wallis-et-futuna": "WF",
    "polynesie-francaise": "PF",
    "nouvelle-caledonie": "NC",
}

# First characters of an INSEE commune code -> region; longer prefixes win.
_REGION_BY_PREFIX: dict[str, str] = {
    "57": "alsace-moselle",
    "67": "alsace-moselle",
    "68": "alsace-moselle",
    "971": "guadeloupe",
    "972": "martinique",
    "973": "guyane",
    "974": "la-reunion",
    "975": "saint-pierre-et-miquelon",
    "976": "mayotte",
    "977": "saint-barthelemy",
    "978": "saint-martin",
    "984": "terres-australes",
    "986": "wallis-et-futuna",
    "987": "polynesie-francaise",
    "988": "nouvelle-caledonie",
    # The two islands' codes from before they left Guadeloupe (2007), still found in lists.
    "97123": "saint-barthelemy",
    "97127": "saint-martin",
}

HOLIDAY_REGIONS: tuple[str, ...] = tuple(_SUBDIVISIONS)


def holiday_region(insee: str) -> str:
    """Region of law of an INSEE commune code: "67482" -> "alsace-moselle", "" or unknown -> "metropole"."""
    code = insee.strip()
    for length in (5, 3, 2):
        region = _REGION_BY_PREFIX.get(code[:length])
        if region is not None:
            return region
    return METROPOLE


def holiday_dates(region: str, first: date, last: date) -> frozenset[date]:
    """Public holidays of `region` (one of `HOLIDAY_REGIONS`) from `first` to `last`, both included.

    Raises InvalidInput for an unknown region.
    """
    if region not in _SUBDIVISIONS:
        regions = ", ".join(HOLIDAY_REGIONS)
        raise InvalidInput(
            field="holiday_region",
            value=region,
            fr=f"Le calendrier de jours fériés « {region} » n'existe pas ; choisissez parmi : {regions}.",
            en=f"There is no public holiday calendar “{region}”; choose one of: {regions}.",
        )
    days: set[date] = set()
    for year in range(first.year, last.year + 1):
        days.update(day for day in _holidays_of_year(region, year) if first <= day <= last)
    return frozenset(days)


@lru_cache(maxsize=512)
def _holidays_of_year(region: str, year: int) -> frozenset[date]:
    # Imported here: loading the package takes longer than most commands need.
    from holidays import country_holidays

    return frozenset(country_holidays("FR", subdiv=_SUBDIVISIONS[region], years=[year], expand=False))
