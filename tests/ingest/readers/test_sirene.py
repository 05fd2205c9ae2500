"""Establishments of the SIRENE register: which ones are candidates, how they are called, where they are."""

import io
from pathlib import Path

import polars as pl
import pyproj
import pytest

from geo.types import PlaceKind
from ingest.mapping.declared import load_all, recognise
from ingest.readers.common.raw_list import Cells
from ingest.readers.datasets import sirene, sirene_activities
from ingest.readers.open import open_list, read

NANTES = pyproj.Transformer.from_crs(4326, 2154, always_xy=True).transform(-1.5536, 47.2173)
ESTABLISHMENT = {
    "siret": "12345678900011",
    "statutDiffusionEtablissement": "O",
    "etatAdministratifEtablissement": "A",
    "trancheEffectifsEtablissement": "12",
    "activitePrincipaleEtablissement": "62.02A",
    "enseigne1Etablissement": "",
    "denominationUsuelleEtablissement": "NUAGE",
    "numeroVoieEtablissement": "12",
    "indiceRepetitionEtablissement": "B",
    "typeVoieEtablissement": "RUE",
    "libelleVoieEtablissement": "DE LA PAIX",
    "codePostalEtablissement": "44000",
    "libelleCommuneEtablissement": "NANTES",
    "codeCommuneEtablissement": "44109",
    "coordonneeLambertAbscisseEtablissement": f"{NANTES[0]:.2f}",
    "coordonneeLambertOrdonneeEtablissement": f"{NANTES[1]:.2f}",
}


def register(*changes: dict[str, str], suffix: str = ".csv") -> list[Cells]:
    """The rows read from a register of one establishment per change."""
    frame, content = pl.DataFrame([ESTABLISHMENT | change for change in changes]), io.BytesIO()
    if suffix == ".csv":
        frame.write_csv(content)
    else:
        frame.write_parquet(content)
    return read(content.getvalue(), f"StockEtablissement_utf8{suffix}").rows


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_an_open_office_of_twenty_people_is_a_candidate(suffix: str) -> None:
    (row,) = register({}, suffix=suffix)
    assert (row["@name"], row["@kind"], row["@scope"]) == ("NUAGE", "company", "")
    assert row["@address"] == "12 B RUE DE LA PAIX"
    assert float(row["@lon"]) == pytest.approx(-1.5536, abs=1e-6)
    assert float(row["@lat"]) == pytest.approx(47.2173, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "scope"),
    [
        ({"etatAdministratifEtablissement": "F"}, sirene.CLOSED),
        ({"statutDiffusionEtablissement": "P"}, sirene.NOT_DIFFUSED),
        ({"trancheEffectifsEtablissement": "11"}, sirene.NO_CANDIDATE),
        ({"activitePrincipaleEtablissement": "01.11Z"}, sirene.NO_CANDIDATE),
    ],
)
def test_what_is_no_candidate_says_why(change: dict[str, str], scope: str) -> None:
    (row,) = register(change)
    assert row["@scope"] == scope


def test_the_sign_over_the_door_comes_before_the_name_of_the_firm() -> None:
    rows = register(
        {"enseigne1Etablissement": "LE NUAGE BLEU"},
        {"enseigne1Etablissement": "[ND]"},
        {"denominationUsuelleEtablissement": ""},
    )
    assert [row["@name"] for row in rows] == ["LE NUAGE BLEU", "NUAGE", ""]


@pytest.mark.parametrize(
    ("activity", "band", "name", "kind"),
    [
        ("55.10Z", "NN", "", PlaceKind.HOTEL),
        ("55.30Z", "NN", "CAMPING", None),
        ("84.11Z", "11", "COMMUNE DE GUÉRET", PlaceKind.MAIRIE),
        ("84.11Z", "11", "RÉGION BRETAGNE", PlaceKind.PUBLIC_BODY),
        ("84.11Z", "", "COMMUNE DE X", None),
        ("85.42Z", "22", "", PlaceKind.EDUCATION),
        ("85.10Z", "22", "", None),
        ("70.10Z", "12", "", PlaceKind.COMPANY),
        ("64.20Z", "12", "", None),
    ],
)
def test_activity_and_band_tell_the_kind(activity: str, band: str, name: str, kind: PlaceKind | None) -> None:
    assert sirene_activities.kind_of(activity, band, name) == kind


def test_overseas_coordinates_are_read_in_their_own_projection() -> None:
    x, y = pyproj.Transformer.from_crs(4326, 2975, always_xy=True).transform(55.4504, -20.8789)
    axes = ("coordonneeLambertAbscisseEtablissement", "coordonneeLambertOrdonneeEtablissement")
    (row,) = register({axes[0]: str(x), axes[1]: str(y), "codeCommuneEtablissement": "97411"})
    assert (float(row["@lon"]), float(row["@lat"])) == pytest.approx((55.4504, -20.8789), abs=1e-5)


def test_undisclosed_coordinates_are_no_point() -> None:
    (row,) = register({"coordonneeLambertAbscisseEtablissement": "[ND]"})
    assert (row["@lon"], row["@lat"]) == ("", "")


def test_the_declared_mapping_knows_the_register() -> None:
    content = pl.DataFrame([ESTABLISHMENT]).write_csv().encode()
    mapping = recognise(open_list(content, "StockEtablissement.csv").columns, load_all())
    assert mapping is not None
    assert mapping.source == "sirene"


def test_the_documented_table_is_that_of_the_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "readers.md").read_text("utf-8")
    for beginning, kind, fewest in sirene_activities.ACTIVITIES:
        assert f"| {beginning} | `{kind}` | {fewest or 'any'} |" in page
