"""French overseas places: time zones by INSEE prefix and by bounding box, and the 97x/98x territories.

No boundary or census is shipped for Saint-Pierre-et-Miquelon, Saint-Barthélemy, Saint-Martin, Wallis-et-Futuna,
French Polynesia and New Caledonia: a bounding box says whether a point is there, and their main town stands for
them in a search by name.
"""

from dataclasses import dataclass

from geo.types import expected_distance_m

PARIS = "Europe/Paris"

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Territory:
    """A territory known by its bounding box (lon_min, lat_min, lon_max, lat_max), its main town, and the areas of land
    that have the town's postcode and any."""

    code: str
    name: str
    time_zone: str
    box: _Box
    town: str
    town_insee: str
    town_lon: float
    town_lat: float
    town_population: int
    postcode: str
    town_km2: float
    km2: float

    def expected_m(self, postcode: str) -> float:
        """Mean distance in metres from the main town to a point of a postcode: within the town, or anywhere on land."""
        return expected_distance_m(self.town_km2 if postcode == self.postcode else self.km2)


TERRITORIES: tuple[Territory, ...] = (
    Territory("975", "Saint-Pierre-et-Miquelon", "America/Miquelon", (-56.6, 46.6, -56.0, 47.2),
              "Saint-Pierre", "97502", -56.1764, 46.7811, 5_200, "97500", 242.0, 242.0),
    Territory("977", "Saint-Barthélemy", "America/St_Barthelemy", (-63.0, 17.8, -62.7, 18.0),
              "Gustavia", "97701", -62.8498, 17.8962, 10_600, "97133", 24.0, 24.0),
    Territory("978", "Saint-Martin", "America/Marigot", (-63.2, 18.03, -62.95, 18.15),
              "Marigot", "97801", -63.0822, 18.0679, 32_000, "97150", 53.0, 53.0),
    Territory("986", "Wallis-et-Futuna", "Pacific/Wallis", (-178.5, -14.6, -176.0, -13.0),
              "Mata-Utu", "98613", -176.1736, -13.2825, 8_300, "98600", 78.0, 142.0),
    Territory("987", "Polynésie française", "Pacific/Tahiti", (-155.0, -28.0, -134.0, -7.5),
              "Papeete", "98735", -149.5696, -17.5350, 26_700, "98714", 17.0, 4_167.0),
    Territory("988", "Nouvelle-Calédonie", "Pacific/Noumea", (163.0, -23.0, 168.5, -19.3),
              "Nouméa", "98818", 166.4580, -22.2758, 94_000, "98800", 46.0, 18_575.0),
)  # fmt: skip

_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "976": "Indian/Mayotte",
    **{territory.code: territory.time_zone for territory in TERRITORIES},
}
# The codes that the two islands had before they left Guadeloupe (2007), still found in lists.
_OLD_CODES = {"97123": "977", "97127": "978"}

_BOXES: tuple[tuple[str, _Box], ...] = (
    ("America/Guadeloupe", (-61.95, 15.7, -60.9, 16.65)),
    ("America/Martinique", (-61.35, 14.3, -60.7, 14.95)),
    ("America/Cayenne", (-54.65, 2.0, -51.5, 6.1)),
    ("Indian/Reunion", (55.0, -21.6, 56.0, -20.7)),
    ("Indian/Mayotte", (44.9, -13.2, 45.4, -12.4)),
    # Islands of French Polynesia that keep another time than Tahiti; they must come before its box.
    ("Pacific/Marquesas", (-141.0, -11.0, -138.0, -7.5)),
    ("Pacific/Gambier", (-136.0, -24.0, -134.0, -22.5)),
    *((territory.time_zone, territory.box) for territory in TERRITORIES),
)


def _inside(box: _Box, lon: float, lat: float) -> bool:
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


def territory_at(lon: float, lat: float) -> Territory | None:
    """The territory whose bounding box holds a point, else None."""
    return next((territory for territory in TERRITORIES if _inside(territory.box, lon, lat)), None)


def time_zone_of(insee: str) -> str:
    """IANA zone of an INSEE commune or département code; métropole and unknown codes: Europe/Paris."""
    return _ZONES.get(_OLD_CODES.get(insee, insee[:3]), PARIS)


def time_zone_at(lon: float, lat: float) -> str:
    """IANA zone of a point by bounding boxes; Europe/Paris outside the overseas ones, abroad included."""
    return next((zone for zone, box in _BOXES if _inside(box, lon, lat)), PARIS)
