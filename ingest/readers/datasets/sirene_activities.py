"""Activities of the SIRENE register that could host a teleworker, and their kinds of place.

`docs/readers.md` shows the same table. Activities are NAF rev. 2 codes by their beginning, employees the
bands of `trancheEffectifsEtablissement`, both as INSEE publishes them.
"""

from geo.types import PlaceKind

BANDS: dict[str, int] = {
    "NN": 0, "00": 0, "01": 1, "02": 3, "03": 6, "11": 10, "12": 20, "21": 50, "22": 100,
    "31": 200, "32": 250, "41": 500, "42": 1_000, "51": 2_000, "52": 5_000, "53": 10_000,
}  # fmt: skip
"""Fewest employees of each band; unknown bands count as none."""

ACTIVITIES: tuple[tuple[str, PlaceKind, int], ...] = (
    ("55.10", PlaceKind.HOTEL, 0),
    ("56.30", PlaceKind.CAFE, 1),
    ("91.01", PlaceKind.LIBRARY, 0),
    ("84.11", PlaceKind.PUBLIC_BODY, 1),
    ("84.30", PlaceKind.PUBLIC_BODY, 3),
    ("85.4", PlaceKind.EDUCATION, 10),
    ("85.59", PlaceKind.EDUCATION, 10),
    ("82.11", PlaceKind.COWORKING, 0),
    ("94.99", PlaceKind.ASSOCIATION, 3),
    ("94.1", PlaceKind.ASSOCIATION, 3),
    ("88.99", PlaceKind.ASSOCIATION, 6),
    ("93.29", PlaceKind.ASSOCIATION, 10),
    ("62.", PlaceKind.COMPANY, 20),
    ("63.", PlaceKind.COMPANY, 20),
    ("64.", PlaceKind.COMPANY, 50),
    ("65.", PlaceKind.COMPANY, 50),
    ("66.", PlaceKind.COMPANY, 50),
    ("69.", PlaceKind.COMPANY, 20),
    ("70.", PlaceKind.COMPANY, 20),
    ("71.", PlaceKind.COMPANY, 20),
    ("72.", PlaceKind.COMPANY, 50),
    ("73.", PlaceKind.COMPANY, 20),
    ("74.", PlaceKind.COMPANY, 20),
    ("58.", PlaceKind.COMPANY, 50),
    ("61.", PlaceKind.COMPANY, 50),
)
"""Beginning of the NAF code, kind, fewest employees: below them an establishment is an address, not an office.

The longest beginning that fits decides.
"""

MAIRIE_LEGAL_UNITS = ("COMMUNE DE ", "COMMUNE D'", "MAIRIE ")
"""How the names of town halls begin, among the public bodies."""

_BY_LENGTH = sorted(ACTIVITIES, key=lambda item: -len(item[0]))


def kind_of(activity: str, band: str, name: str = "") -> PlaceKind | None:
    """The kind of place an open establishment is, None when it is no candidate."""
    for beginning, kind, fewest in _BY_LENGTH:
        if activity.startswith(beginning):
            if BANDS.get(band, 0) < fewest:
                return None
            is_mairie = kind == PlaceKind.PUBLIC_BODY and name.upper().startswith(MAIRIE_LEGAL_UNITS)
            return PlaceKind.MAIRIE if is_mairie else kind
    return None
