"""Communes and the areas that contain them: by code, by name and postcode, by position.

Geography of 1 January 2025, populations of the 2021 census. Paris, Lyon and Marseille are there whole and by
arrondissement. A commune that was merged into another is still found by its name or former code: by code, as the
commune it is in now; by name, as a `Commune` of kind "COMD" with its own name, centre and area, and the code of the
commune it is in now, so that codes always agree with those of `locate`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geo.reference import files
from geo.reference.boundaries import Boundaries
from geo.reference.overseas import TERRITORIES, Territory, territory_at, time_zone_at, time_zone_of
from geo.reference.toponyms import fold, ordinal, without_article
from geo.spatial.distance import Floats
from geo.types import expected_distance_m

PARIS_LYON_MARSEILLE = {"paris": ("75056", 75100, 20), "lyon": ("69123", 69380, 9), "marseille": ("13055", 13200, 16)}
"""Folded name -> code of the whole city, code before that of its first arrondissement, number of these."""
WHOLE_CITIES = frozenset(whole for whole, _, _ in PARIS_LYON_MARSEILLE.values())

_SIMILAR = 86.0
_BEHIND = re.compile(r"^\s*(.+?)\s*([,(])\s*([^(),]+?)\s*\)?\s*$")
_FRONT_ARTICLES = frozenset(["le", "la", "les", "l"])
_POSTCODE = re.compile(r"\b(?:F-)?(\d{2} ?\d{3})\b")


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune (kind "COM"), an arrondissement of Paris, Lyon or Marseille ("ARM"), or a former commune ("COMD").

    `lon`, `lat`: its town hall where known to lie in it, else its centre. `population`: 2021; 0 where the census table
    has none (Mayotte and one commune); 2017 for a former commune. `insee` of a former commune is that of the commune
    it is in now. `parent`: the whole city of an arrondissement, else "".
    """

    insee: str
    name: str
    kind: str
    parent: str
    postcodes: tuple[str, ...]
    lon: float
    lat: float
    area_km2: float
    population: int
    departement: str
    region: str
    epci: str
    density: str

    @property
    def expected_m(self) -> float:
        """Mean distance in metres from its centre to a point of it, the floor for places known by the commune only."""
        return expected_distance_m(self.area_km2)

    @property
    def short_name(self) -> str:
        """The usual name: "Paris 10e" for "Paris 10e Arrondissement"."""
        return self.name.removesuffix(" Arrondissement")


class Areas:
    """Communes, départements, régions and EPCI of the shipped tables; polygons are read at the first `locate`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        # Lines become objects on demand: parsing all 34,920 costs a short command 0.2 s.
        self._lines = {line.partition(",")[0]: line for line in files.lines(data_dir, files.COMMUNES)}
        self._cache: dict[str, Commune] = {}

    @classmethod
    def load(cls, data_dir: Path) -> "Areas":
        """Read the table of communes of `data_dir` (some 30 ms), the others when needed. Raises ReferenceMissing."""
        return cls(data_dir)

    @property
    def communes(self) -> Iterable[Commune]:
        """Current communes and arrondissements, in order of code; Paris, Lyon, Marseille both whole and in parts.

        The population of France is the sum over kind "COM".
        """
        return [self._make(insee) for insee in self._lines]

    def _make(self, insee: str) -> Commune:
        commune = self._cache.get(insee)
        if commune is None:
            commune = self._cache[insee] = _commune(files.cells(self._lines[insee]))
        return commune

    def commune(self, insee: str) -> Commune | None:
        """The current commune or arrondissement of a code; a former code gives the commune it went into."""
        if insee in self._lines:
            return self._make(insee)
        now = self._former_codes.get(insee, "")
        return self._make(now) if now else None

    @cached_property
    def former(self) -> tuple[Commune, ...]:
        """Former and delegated communes that have a name of their own (kind "COMD")."""
        return tuple(
            _former(row, self._make(row[2])) for row in files.rows(self.data_dir, files.FORMER_COMMUNES) if row[1]
        )

    @cached_property
    def _former_codes(self) -> dict[str, str]:
        return {row[0]: row[2] for row in files.rows(self.data_dir, files.FORMER_COMMUNES)}

    @cached_property
    def _boundaries(self) -> Boundaries:
        return Boundaries.load(self.data_dir)

    def locate(self, lons: Floats, lats: Floats) -> npt.NDArray[np.object_]:
        """INSEE code of the commune or arrondissement of each point, shape of `lons`.

        At sea, the nearest commune within 30 km; abroad and in the territories without boundaries, "". 70,000 points
        take about a second, polygons included.
        """
        return self._boundaries.locate(lons, lats)

    def outside_m(self, insee: str, lon: float, lat: float) -> float:
        """Metres from a point to the outline of a current commune: 0 inside, infinite without an outline."""
        return self._boundaries.outside_m(self.parts(insee), lon, lat)

    def parts(self, insee: str) -> tuple[str, ...]:
        """Codes of the arrondissements of Paris, Lyon or Marseille; of any other commune, its own."""
        return self._arrondissements[insee] if insee in WHOLE_CITIES else (insee,)

    @cached_property
    def merged(self) -> frozenset[str]:
        """Codes of communes that hold former ones with names of their own: a street name may be there several times."""
        return frozenset(row[2] for row in files.rows(self.data_dir, files.FORMER_COMMUNES) if row[1])

    @cached_property
    def _arrondissements(self) -> dict[str, tuple[str, ...]]:
        return {
            whole: tuple(str(before + number) for number in range(1, count + 1))
            for whole, before, count in PARIS_LYON_MARSEILLE.values()
        }

    # Names

    @cached_property
    def _codes_by_name(self) -> dict[str, list[str]]:
        """Codes of current communes by folded name, with and without article."""
        index: dict[str, list[str]] = {}
        for insee, line in self._lines.items():
            for key in _keys(files.cells(line, 2)[1]):
                index.setdefault(key, []).append(insee)
        return index

    @cached_property
    def _former_by_name(self) -> dict[str, list[Commune]]:
        index: dict[str, list[Commune]] = {}
        for commune in self.former:
            for key in _keys(commune.name):
                index.setdefault(key, []).append(commune)
        return index

    @cached_property
    def _by_postcode(self) -> dict[str, list[Commune]]:
        """Communes by postcode, most people first, former communes last."""
        index: dict[str, list[Commune]] = {}
        for commune in (*self.communes, *self.former):
            for postcode in commune.postcodes:
                index.setdefault(postcode, []).append(commune)
        for communes in index.values():
            communes.sort(key=_most_people_first)
        return index

    def find_all(self, name: str) -> list[Commune]:
        """Every commune of that name: those that match exactly ("Le Mans") before those that do but for the article,
        current before former, most people first.

        "Paris 10e", "Lyon 3", "Marseille 02" and "Paris 10e arrondissement" give that arrondissement.
        """
        folded = fold(name)
        communes = self._named(folded) or (self._named(fold(name.replace("/", " sur "))) if "/" in name else [])
        if communes:
            return sorted(communes, key=lambda c: (fold(c.name) != folded, *_most_people_first(c)))
        arrondissement = self._arrondissement(folded)
        if arrondissement:
            return [arrondissement]
        return sorted(self._named(without_article(folded)), key=_most_people_first)

    def beginning(self, name: str) -> list[Commune]:
        """Current communes whose name begins with the words of `name` and has more, most people first: "Aix" gives
        Aix-en-Provence, Aix-les-Bains, ..."""
        start = f"{fold(name)} "
        codes = {code for key, codes in self._codes_by_name.items() if key.startswith(start) for code in codes}
        communes = (self._make(code) for code in codes)
        return sorted((commune for commune in communes if commune.kind == "COM"), key=_most_people_first)

    def _named(self, key: str) -> list[Commune]:
        current = [self._make(insee) for insee in self._codes_by_name.get(key, [])]
        return current + self._former_by_name.get(key, [])

    def find(self, name: str, postcode: str | None = None, departement: str | None = None) -> Commune | None:
        """The only commune that fits a name as people and lists write it, or None when none or several fit.

        Understands accents, case, hyphens, St/Ste, articles, CEDEX, arrondissements, former communes, a postcode that
        lost its zeros, is a CEDEX one, or stands in the name. A misspelt name is accepted only among the communes of
        its postcode; `departement` is a code or a name, and only decides among what name and postcode leave; one that
        stands behind the name does too: "Saint-Denis (974)", "Saint-Denis, Réunion". "Boisse (La)" is La Boisse.
        """
        name, area = self._without_area(name)
        departement = departement or area
        inside = _POSTCODE.search(name)
        if inside:
            name, postcode = name.replace(inside.group(0), " "), postcode or inside.group(1)
        code = clean_postcode(postcode)
        communes = self.find_all(name)
        if code:
            exists_elsewhere = bool(communes)
            communes = self._by_postcode_among(communes, code) if communes else []
            if not communes:
                return self._similar(fold(name), code, alone=not exists_elsewhere)
        if departement:
            departement_code = self.departement_code(departement) or departement
            among = [c for c in communes if c.departement == departement_code]
            communes = among if among or not code else communes
        exact = [c for c in communes if fold(c.name) == fold(name)]
        return communes[0] if _same(exact or communes) else None

    def _without_area(self, name: str) -> tuple[str, str]:
        """A name and the code of the département written behind it ("" if none); an article goes to the front."""
        match = _BEHIND.match(name)
        if not match:
            return name, ""
        before, behind, folded = match.group(1), match.group(3), fold(match.group(3))
        if folded in _FRONT_ARTICLES:
            return f"{behind} {before}", ""
        if folded == "france":
            return before, ""
        in_brackets = match.group(2) == "("
        code = self.departement_code(behind) if in_brackets or not behind[:1].isdigit() else ""
        is_there = code and any(c.departement == code for c in self.find_all(before))
        return (before, code) if is_there else (name, "")

    def by_postcode(self, postcode: str) -> list[Commune]:
        """Communes of a postcode, most people first, former ones last; 75001 gives the arrondissement, not Paris."""
        return [c for c in self._by_postcode.get(clean_postcode(postcode), []) if c.insee not in WHOLE_CITIES]

    def _by_postcode_among(self, communes: list[Commune], postcode: str) -> list[Commune]:
        if communes[0].insee in WHOLE_CITIES:
            parts = [c for c in self._by_postcode.get(postcode, []) if c.parent == communes[0].insee]
            return parts or [c for c in communes if c.departement in departements_of(postcode)]
        exact = [c for c in communes if postcode in c.postcodes]
        return exact or [c for c in communes if c.departement in departements_of(postcode)]

    def _similar(self, folded: str, postcode: str, *, alone: bool) -> Commune | None:
        """Among the communes of a postcode, the one of a similar name or whose name starts with it.

        When `alone`, else the only commune of that postcode: the name may be that of a hamlet. A name that is known
        elsewhere contradicts the postcode instead.
        """
        from rapidfuzz import fuzz

        near = self.by_postcode(postcode)
        scored = sorted(((-fuzz.ratio(folded, fold(c.name)), i) for i, c in enumerate(near)))
        if scored and -scored[0][0] >= _SIMILAR:
            return near[scored[0][1]]
        longer = [c for c in near if folded and f"{fold(c.name)} ".startswith(f"{folded} ")]
        if len(longer) == 1:
            return longer[0]
        current = [c for c in near if c.kind != "COMD"]
        return current[0] if alone and len(current) == 1 else None

    def _arrondissement(self, folded: str) -> Commune | None:
        words = [w for w in folded.split() if w not in {"arrondissement", "arr", "ardt", "arrdt"}]
        if len(words) != 2 or words[0] not in PARIS_LYON_MARSEILLE:
            return None
        _, before, count = PARIS_LYON_MARSEILLE[words[0]]
        number = ordinal(words[1])
        return self._make(str(before + number)) if number and number <= count else None

    # Départements, regions, EPCI

    @cached_property
    def _areas(self) -> dict[tuple[str, str], tuple[str, str]]:
        rows = files.rows(self.data_dir, files.AREAS)
        areas = {(level, code): (name, region) for level, code, name, region in rows}
        return areas | {("departement", t.code): (t.name, "") for t in TERRITORIES}

    def departement_name(self, code: str) -> str:
        """ "Loire-Atlantique" for "44"; the code itself when unknown."""
        return self._areas.get(("departement", code), (code, ""))[0]

    def region_name(self, code: str) -> str:
        """ "Bretagne" for "53"; the code itself when unknown."""
        return self._areas.get(("region", code), (code, ""))[0]

    def epci_name(self, code: str) -> str:
        """ "Nantes Métropole" for "244400404"; the code itself when unknown."""
        return self._areas.get(("epci", code), (code, ""))[0]

    def departement_code(self, text: str) -> str:
        """Code of a département given by code ("1", "2a", "974") or name ("Réunion"); "" when unknown."""
        code = text.strip().upper()
        code = code.zfill(2) if code.isdigit() else code
        if ("departement", code) in self._areas:
            return code
        return self._departement_codes.get(without_article(fold(text)), "")

    @cached_property
    def _departement_codes(self) -> dict[str, str]:
        return {
            without_article(fold(name)): code
            for (level, code), (name, _) in self._areas.items()
            if level == "departement"
        }

    # Time and territories

    def time_zone(self, insee: str) -> str:
        """IANA time zone of a commune's code."""
        return time_zone_of(insee)

    def time_zone_at(self, lon: float, lat: float) -> str:
        """IANA time zone of a point; Europe/Paris anywhere but in France overseas."""
        return time_zone_at(lon, lat)

    def territory(self, lon: float, lat: float) -> Territory | None:
        """The territory without boundaries (975, 977, 978, 986, 987, 988) whose box holds a point, else None."""
        return territory_at(lon, lat)

    def territory_by_postcode(self, postcode: str) -> Territory | None:
        """The territory without boundaries of a postcode: 98848 is New Caledonia's, 97133 Saint-Barthélemy's."""
        code = clean_postcode(postcode)
        return next((t for t in TERRITORIES if code == t.postcode or departements_of(code) == (t.code,)), None)


def clean_postcode(text: str | None) -> str:
    """Five digits, lost zeros restored ("1400" -> "01400"), or "" when it is no postcode ("0", "n/a")."""
    digits = re.sub(r"\.0$|\D", "", (text or "").strip())
    return digits.zfill(5) if len(digits) in {4, 5} and int(digits) >= 1000 else ""


def departements_of(postcode: str) -> tuple[str, ...]:
    """Départements that a postcode may be in, by its first digits."""
    if postcode.startswith("20"):
        return ("2A", "2B")
    return (postcode[:3],) if postcode[:2] in {"97", "98"} else (postcode[:2],)


def _same(communes: list[Commune]) -> bool:
    """Whether the communes are one: a single current commune, or former communes that are all part of one."""
    current = [c for c in communes if c.kind != "COMD"]
    if current:
        return len(current) == 1
    return len(communes) == 1 or (len(communes) > 1 and len({c.insee for c in communes}) == 1)


def _keys(name: str) -> set[str]:
    folded = fold(name)
    return {folded, without_article(folded)}


def _most_people_first(commune: Commune) -> tuple[bool, int, str]:
    return commune.kind == "COMD", -commune.population, commune.insee


def _commune(row: list[str]) -> Commune:
    insee, name, kind, parent, postcodes, lon, lat, area, people, departement, region, epci, density = row
    return Commune(
        insee, name, kind, parent, tuple(postcodes.split()), float(lon), float(lat), float(area), int(people),
        departement, region, epci, density,
    )  # fmt: skip


def _former(row: list[str], now: Commune) -> Commune:
    _, name, insee, postcodes, lon, lat, area, people = row
    return Commune(
        insee, name, "COMD", "", tuple(postcodes.split()), float(lon), float(lat), float(area), int(people),
        now.departement, now.region, now.epci, now.density,
    )  # fmt: skip
