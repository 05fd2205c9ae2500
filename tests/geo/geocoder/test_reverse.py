"""From points to communes, areas and time zones: all of France, overseas included."""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geo.geocoder.reverse import reverse
from geo.reference.communes import Areas

DATA = Path(__file__).resolve().parents[3] / "data"
COLUMNS = ("insee", "commune", "departement", "region", "epci", "time_zone")

POINTS = [
    pytest.param(-1.5536, 47.2184, ("44109", "Nantes", "44", "52", "244400404", "Europe/Paris"), id="Nantes"),
    pytest.param(2.3574, 48.8718, ("75110", "Paris 10e", "75", "11", "200054781", "Europe/Paris"), id="Paris"),
    pytest.param(8.7386, 41.9192, ("2A004", "Ajaccio", "2A", "94", "242010056", "Europe/Paris"), id="Corse"),
    pytest.param(
        -61.5340, 16.2410, ("97120", "Pointe-à-Pitre", "971", "01", "", "America/Guadeloupe"), id="Guadeloupe"
    ),
    pytest.param(
        -61.0588, 14.6037, ("97209", "Fort-de-France", "972", "02", "", "America/Martinique"), id="Martinique"
    ),
    pytest.param(-52.3261, 4.9372, ("97302", "Cayenne", "973", "03", "", "America/Cayenne"), id="Guyane"),
    pytest.param(55.4486, -20.8790, ("97411", "Saint-Denis", "974", "04", "", "Indian/Reunion"), id="La Réunion"),
    pytest.param(45.2326, -12.7806, ("97611", "Mamoudzou", "976", "06", "", "Indian/Mayotte"), id="Mayotte"),
    pytest.param(-56.1764, 46.7811, ("", "Saint-Pierre-et-Miquelon", "975", "", "", "America/Miquelon"), id="975"),
    pytest.param(-62.8498, 17.8962, ("97701", "Saint-Barthélemy", "977", "", "", "America/St_Barthelemy"), id="977"),
    pytest.param(-63.0822, 18.0679, ("97801", "Saint-Martin", "978", "", "", "America/Marigot"), id="978"),
    pytest.param(-176.1736, -13.2825, ("", "Wallis-et-Futuna", "986", "", "", "Pacific/Wallis"), id="986"),
    pytest.param(-149.5696, -17.5350, ("", "Polynésie française", "987", "", "", "Pacific/Tahiti"), id="987"),
    pytest.param(-140.1000, -8.9100, ("", "Polynésie française", "987", "", "", "Pacific/Marquesas"), id="Marquises"),
    pytest.param(-134.9700, -23.1200, ("", "Polynésie française", "987", "", "", "Pacific/Gambier"), id="Gambier"),
    pytest.param(166.4580, -22.2758, ("", "Nouvelle-Calédonie", "988", "", "", "Pacific/Noumea"), id="988"),
    pytest.param(5.2, 43.2, ("13207", "Marseille 7e", "13", "93", "200054807", "Europe/Paris"), id="at sea"),
    pytest.param(6.1432, 46.2044, ("", "", "", "", "", "Europe/Paris"), id="Geneva"),
    pytest.param(0.0, 0.0, ("", "", "", "", "", "Europe/Paris"), id="null island"),
    pytest.param(np.nan, 47.0, ("", "", "", "", "", "Europe/Paris"), id="nothing"),
]


@pytest.mark.parametrize(("lon", "lat", "facts"), POINTS)
def test_one_point(areas: Areas, lon: float, lat: float, facts: tuple[str, ...]) -> None:
    found = reverse(areas, np.array([lon]), np.array([lat]))
    seen = tuple(str(getattr(found, column)[0]) for column in COLUMNS)
    # The EPCI of overseas communes change more often than the rest; that they are known is enough.
    assert tuple(a for a, b in zip(seen, facts, strict=True) if b) == tuple(b for b in facts if b)
    assert seen[0] == facts[0]
    ZoneInfo(seen[5])


def test_many_points_at_once_are_each_what_they_are_alone(areas: Areas) -> None:
    values = [point.values for point in POINTS]
    lons, lats = (np.array([value[axis] for value in values], dtype=np.float64) for axis in (0, 1))
    together = reverse(areas, lons, lats)
    for i in range(len(values)):
        alone = reverse(areas, lons[i : i + 1], lats[i : i + 1])
        assert [getattr(together, c)[i] for c in COLUMNS] == [getattr(alone, c)[0] for c in COLUMNS]


def test_the_middle_of_every_commune_is_in_it_or_next_to_it(areas: Areas) -> None:
    """Town halls may lie 300 m outside a simplified outline; time zones must always agree."""
    communes = [c for c in areas.communes if c.kind == "ARM" or c.insee not in {"75056", "69123", "13055"}]
    found = reverse(areas, np.array([c.lon for c in communes]), np.array([c.lat for c in communes]))
    same = sum(a == c.insee for a, c in zip(found.insee, communes, strict=True))
    assert same >= 0.995 * len(communes)
    assert sum(a == c.departement for a, c in zip(found.departement, communes, strict=True)) >= len(communes) - 30
    assert all(a == areas.time_zone(c.insee) for a, c in zip(found.time_zone, communes, strict=True))


def test_no_points_give_no_rows(areas: Areas) -> None:
    assert len(reverse(areas, np.array([]), np.array([])).insee) == 0
