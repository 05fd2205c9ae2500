"""The real material a national candidate set is drawn from: communes, streets and names of the shipped lists."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

DATA = Path(__file__).resolve().parents[1] / "data"

KIND_WORDS = r"(?i)^(h[oô]tel|m[eé]diath[eè]que|biblioth[eè]que|auberge|r[eé]sidence|camping|point lecture)\b"
STREET_WORDS = (
    r"(?i)^(rue|avenue|boulevard|place|chemin|route|all[eé]e|impasse|quai|cours)\s+(de la|de l'|des|du|de|le|la)?\s*"
)


@dataclass(frozen=True, slots=True)
class Material:
    """Communes with people (insee, name, postcode, lon, lat, area_km2, population), streets, proper names."""

    communes: pl.DataFrame
    streets: pl.DataFrame
    proper_names: pl.Series
    coworkings: pl.Series


def load_material(data_dir: Path = DATA) -> Material:
    """The material, in file order, so that a seed always draws the same rows."""
    communes = pl.read_csv(data_dir / "communes.csv.gz", infer_schema=False).with_columns(
        pl.col("lon", "lat", "area_km2").cast(pl.Float64, strict=False),
        pl.col("population").cast(pl.Int64, strict=False).fill_null(0),
        pl.col("postcodes").fill_null("").str.extract(r"(\d{5})").alias("postcode"),
    )
    communes = communes.filter(
        pl.col("postcode").is_not_null() & (pl.col("population") > 0) & pl.col("lon").is_not_null()
    ).with_columns(pl.col("area_km2").fill_null(10.0))
    # Paris, Lyon and Marseille are counted by arrondissement: the whole city would count its people twice.
    whole = communes.filter(pl.col("kind") == "ARM")["parent"].unique()
    communes = communes.filter(pl.col("kind").is_in(["COM", "ARM"]) & ~pl.col("insee").is_in(whole.to_list()))
    streets = pl.read_csv(data_dir / "streets.csv.gz", infer_schema=False).with_columns(
        pl.col("lon", "lat").cast(pl.Float64, strict=False)
    )
    streets = streets.drop_nulls(["street", "lon", "lat"]).filter(pl.col("street").str.len_chars() > 5)
    hotels = pl.read_csv(data_dir / "lists" / "hotels.csv.gz", separator=";", quote_char=None, infer_schema=False,
                         truncate_ragged_lines=True)["NOM COMMERCIAL"]  # fmt: skip
    libraries = pl.read_csv(data_dir / "lists" / "libraries.csv.gz", infer_schema=False)["nom_de_l_etablissement"]
    named = pl.concat([hotels.rename("name"), libraries.rename("name"), streets["street"].rename("name")])
    proper = named.drop_nulls().str.replace(KIND_WORDS, "").str.replace(STREET_WORDS, "").str.strip_chars(" -,.'\"")
    length = proper.str.len_chars()
    proper = proper.filter(length.is_between(4, 32)).str.to_titlecase().unique(maintain_order=True)
    coworkings = pl.read_csv(data_dir / "lists" / "cget_2019.csv.gz", infer_schema=False)["NOM_TL"].drop_nulls()
    return Material(communes, streets, proper, coworkings.unique(maintain_order=True))
