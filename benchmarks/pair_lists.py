"""Rows of the real lists as an import reads them, for the sample of pairs."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from geo.reference.communes import Areas
from geo.reference.toponyms import fold
from geo.types import Precision
from ingest.mapping.declared import parse
from ingest.mapping.model import Mapping
from ingest.readers.open import read
from ingest.rows.keys import nth_key
from ingest.rows.list_parser import find_mapping
from ingest.rows.locate import Finder
from ingest.rows.record import Record
from ingest.rows.row_parser import Choices, ParseOptions, parse_rows

ROOT = Path(__file__).resolve().parents[1]
LISTING_COLUMNS = (
    "source", "source_key", "name", "kind", "address", "complement", "postcode", "commune", "insee", "lon", "lat",
    "precision", "expected_m", "hours", "capacity", "phone", "email", "website", "siret", "checked_on",
)  # fmt: skip

IN_REPOSITORY = {
    "cget_2019": "cget_2019.csv.gz",
    "france_services": "france_services.csv.gz",
    "hotels": "hotels.csv.gz",
    "libraries": "libraries.csv.gz",
    "mairies": "mairies.csv.gz",
    "osm_cafes": "osm_cities/cofee_france.geojson.gz",
    "osm_coworkings": "osm_cities/coworking_france.geojson.gz",
    "osm_libraries": "osm_cities/libraries_france.geojson.gz",
    "paris_wifi": "osm_cities/pariswifi_sites.geojson.gz",
}
ELSEWHERE = {
    "fabriques": "fabriques/fabt_geom.geojson",
    "manufactures": "fabriques/manuprox_geom.geojson",
    "conseillers": "conseillers_numeriques/cnfs.json",
    "aix": "lists/aix-en-provence.json",
    "angers": "lists/angers.json",
    "etapes": "lists/etapes-numerique.json",
    "nouvelle_caledonie": "lists/nouvelle-caledonie.json",
    "reunion": "lists/ultra-num.json",
    "bretagne": "lists/map_bzh_fablab.geojson",
}

# The points of the two lists of labels are the middles of communes: the rows are placed by their code instead.
_LABELLED_PLACES = """
source = "{source}"
title = "{source}"
licence = "Licence Ouverte 2.0"
recognise = []
source_key = "id_territoire"
[fields]
name = "lib_territoire"
commune = "lib_geo"
insee = "id_geo"
[kind]
is = "other"
"""
_CONSEILLERS = """
source = "conseillers"
title = "Structures d'accueil de conseillers numériques"
licence = "Licence Ouverte 2.0"
recognise = []
source_key = "id"
[fields]
name = "raison_sociale"
address = "adresse"
postcode = "code_postal_bis"
commune = "commune_insee"
insee = "insee_com"
lon = "longitude"
lat = "latitude"
kind = "type"
[kind]
default = "association"
[kind.values]
"publique" = "public_body"
"privée" = "association"
[precision]
column = "result_score"
label = "result_label"
thresholds = [[0.8, "exact"], [0.6, "street"], [0.4, "locality"], [0, "commune"]]
"""
DECLARED = {
    "fabriques": _LABELLED_PLACES.format(source="fabriques"),
    "manufactures": _LABELLED_PLACES.format(source="manufactures"),
    "conseillers": _CONSEILLERS,
}

_COMMON = frozenset(
    (
        "mairie", "commune", "communes", "bibliotheque", "mediatheque", "municipale", "municipal", "france", "services",
        "service", "espace", "maison", "hotel", "cafe", "coworking", "fablab", "centre", "public", "numerique",
        "communaute", "association", "saint", "sainte", "ville", "point", "annexe", "reseau", "intercommunale",
        "intercommunal", "departement", "syndicat", "mixte", "pays", "agglomeration", "tiers", "lieu", "restaurant",
        "quartier", "social", "societe",
    )
)  # fmt: skip
_SIRET = re.compile(r"^\d{14}$")
_PERSON = re.compile(r"^(?:m|mr|mme|mlle|monsieur|madame|mademoiselle)\b\.?\s", re.IGNORECASE)
_PERSON_IN_ADDRESS = re.compile(r",?\s*\b(?:mr|mme|mlle|monsieur|madame|chez)\b\.?\s[^,]*", re.IGNORECASE)
_MOBILE_987 = re.compile(r"^\+687[5-9]")
_PREFIXES = {"0262": "+262", "0269": "+262", "0590": "+590", "0594": "+594", "0596": "+596"}

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Listing:
    """One row of a list as an import reads it, with the cells the blocks look at."""

    source: str
    record: Record
    complement: str
    siret: str

    @property
    def key(self) -> "Key":
        return self.source, self.record.source_key

    def where(self) -> str:
        """The commune, or the postcode where there are no communes."""
        return self.record.insee or self.record.postcode

    def words(self) -> frozenset[str]:
        """The words of the name that are neither those of its kind nor its commune's."""
        own = {word for word in fold(self.record.name).split() if len(word) > 3}
        return frozenset(own - _COMMON - set(fold(self.record.commune).split()))


def read_lists(folder: Path) -> dict[str, list[Listing]]:
    """All lists by name: those of the repository and those of `folder`."""
    areas = Areas.load(ROOT / "data")
    paths = {name: ROOT / "data" / "lists" / file for name, file in IN_REPOSITORY.items()}
    paths |= {name: folder / file for name, file in ELSEWHERE.items()}
    return {name: listings_of(name, path, areas) for name, path in paths.items()}


def listings_of(source: str, path: Path, areas: Areas) -> list[Listing]:
    """The rows of a list that make places, in order; repeated keys get the mark an import gives them."""
    table = read(path)
    mapping: Mapping = parse(DECLARED[source], source) if source in DECLARED else find_mapping(table)
    seen: Counter[str] = Counter()
    found = []
    for record in (one.record for one in parse_rows(table, ParseOptions(mapping, Choices()), Finder(areas))):
        if record.rejection is not None or _PERSON.match(record.name):
            continue
        seen[record.source_key] += 1
        record.source_key = nth_key(record.source_key, seen[record.source_key])
        complement = record.raw.get("complement_adresse", "")
        sirets = (record.raw.get(column, "") for column in ("siret", "SIRET", "pivot", "ref:FR:SIRET"))
        siret = next((value for value in sirets if _SIRET.match(value)), "")
        found.append(Listing(source, record, complement, siret))
    return found


def phone_e164(said: str | None) -> str:
    """ "02 40 12 34 56" as "+33240123456"; short numbers and mobiles are left out."""
    digits = re.sub(r"[^\d+]", "", said or "")
    if digits.startswith("+"):
        return "" if _MOBILE_987.match(digits) else digits
    if len(digits) < 10:
        return ""
    return _PREFIXES.get(digits[:4], "+33") + digits[1:]


def listing_row(listing: Listing) -> dict[str, object]:
    """A listing as a line of `listings.csv`. No e-mail is ever kept."""
    record = listing.record
    return {
        "source": listing.source,
        "source_key": record.source_key,
        "name": record.name,
        "kind": str(record.kind),
        "address": _PERSON_IN_ADDRESS.sub("", record.address),
        "complement": listing.complement,
        "postcode": record.postcode,
        "commune": record.commune,
        "insee": record.insee,
        "lon": f"{record.lon:.6f}",
        "lat": f"{record.lat:.6f}",
        "precision": str(record.precision),
        "expected_m": f"{record.expected_m:.0f}" if record.precision == Precision.COMMUNE else "0",
        "hours": record.hours or "",
        "capacity": "" if record.capacity is None else record.capacity,
        "phone": phone_e164(record.phone),
        "email": "",
        "website": record.website or "",
        "siret": listing.siret,
        "checked_on": record.checked_on.isoformat() if record.checked_on else "",
    }
