"""True places of an invented France, and the listings that several lists would keep of them."""

import numpy as np
import polars as pl

from benchmarks.national_material import Material

KINDS: dict[str, tuple[float, str, tuple[str, ...]]] = {
    "company": (0.42, "entreprise", ("Société", "Établissements", "Cabinet", "Atelier", "Agence", "Groupe", "Bureau")),
    "association": (0.24, "association", ("Association", "Amicale", "Club", "Comité", "Foyer rural", "Les Amis de")),
    "cafe": (0.10, "café", ("Café", "Bar", "Brasserie", "Le Comptoir", "Bistrot", "Salon de thé")),
    "hotel": (0.06, "hôtel", ("Hôtel", "Auberge", "Logis", "Résidence", "Hôtel-Restaurant")),
    "education": (0.06, "enseignement", ("Lycée", "Collège", "École", "Institut", "Campus")),
    "library": (0.04, "bibliothèque", ("Médiathèque", "Bibliothèque", "Point lecture")),
    "public_body": (0.04, "organisme public", ("Maison des services", "Centre social", "Maison de quartier")),
    "coworking": (0.03, "coworking", ("Coworking", "Espace", "La Fabrique", "Le Hub")),
    "fablab": (0.01, "fablab", ("Fablab", "Atelier partagé", "Labo")),
}
"""Share of the places, word of the lists, first words of names."""

CHAINS = ("Ibis Budget", "Campanile", "Regus", "Wojo", "Columbus Café", "Kyriad", "Crédit Mutuel", "Now Coworking")
DUPLICATE_SHARE = 0.08
OUT_OF_SCOPE_SHARE = 0.015
SAME_ADDRESS_SHARE = 0.03
CHAIN_SHARE = 0.01
METRES_PER_DEGREE = 111_195.0

Generator = np.random.Generator


def true_places(material: Material, count: int, rng: Generator) -> pl.DataFrame:
    """`count` places, `place` their id: kind, name, number, street, commune, postcode, insee, lon, lat, phone..."""
    people = material.communes["population"].to_numpy().astype(float)
    commune = rng.choice(len(people), count, p=people / people.sum())
    places = material.communes[commune].select(
        "insee", "postcode", "area_km2", "lon", "lat", pl.col("name").alias("commune")
    )
    kinds = list(KINDS)
    shares = np.array([KINDS[kind][0] for kind in kinds])
    kind = rng.choice(len(kinds), count, p=shares / shares.sum())
    places = places.with_columns(
        pl.Series("place", np.arange(count)),
        pl.Series("kind", np.array(kinds)[kind]),
        pl.Series("type", np.array([KINDS[one][1] for one in kinds])[kind]),
        pl.Series("name", _names(material, kind, places["commune"], rng)),
        pl.Series("number", rng.integers(1, 120, count)),
    )
    places = _share_addresses(_addresses(material, places, rng), rng)
    prefix = np.array(["01", "02", "03", "04", "05", "06", "07", "09"])[rng.integers(0, 8, count)]
    digits = pl.Series(rng.integers(10_000_000, 99_999_999, count)).cast(pl.String)
    slug = places["name"].str.normalize("NFD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    slug = slug.str.replace_all(r"[^a-z0-9]+", "-")
    return places.with_columns(
        (pl.Series(prefix) + digits).alias("phone"),
        ("https://www." + slug + "-" + places["place"].cast(pl.String) + ".fr").alias("website"),
        pl.Series("capacity", rng.integers(4, 120, count)),
        pl.Series("opening", rng.integers(8, 11, count)),
        pl.Series("closing", rng.integers(17, 20, count)),
    )


def _names(material: Material, kind: np.ndarray, communes: pl.Series, rng: Generator) -> pl.Series:
    """Kind word + proper name, a third with their commune; some chains; coworkings often by a real name."""
    count = len(kind)
    words = [KINDS[one][2] for one in KINDS]
    table = np.array([[options[i % len(options)] for i in range(60)] for options in words])
    word = pl.Series(table[kind, rng.integers(0, 60, count)])
    proper = material.proper_names[rng.integers(0, len(material.proper_names), count)]
    real = material.coworkings[rng.integers(0, len(material.coworkings), count)]
    chain = pl.Series(np.array(CHAINS)[rng.integers(0, len(CHAINS), count)])
    frame = pl.DataFrame({"word": word, "proper": proper, "real": real, "chain": chain, "commune": communes})
    draw = pl.Series(rng.random(count))
    coworking = pl.Series(kind == list(KINDS).index("coworking"))
    full = pl.col("word") + " " + pl.col("proper")
    return frame.select(
        pl.when(draw < CHAIN_SHARE)
        .then(pl.col("chain") + " " + pl.col("commune"))
        .when(coworking & (draw < 0.4))
        .then(pl.col("real"))
        .when(draw > 0.8)
        .then(full + " " + pl.col("commune"))
        .otherwise(full)
    ).to_series()


def _addresses(material: Material, places: pl.DataFrame, rng: Generator) -> pl.DataFrame:
    """A street of the commune where one is shipped (for half of its places), else a street name from elsewhere."""
    count = len(places)
    grouped = material.streets.group_by("insee", maintain_order=True).agg(
        pl.col("street").alias("streets"), pl.col("lon").alias("lons"), pl.col("lat").alias("lats")
    )
    places = places.join(grouped, on="insee", how="left", maintain_order="left")
    pick = pl.Series(rng.integers(0, 1 << 30, count)) % places["streets"].list.len().fill_null(1)
    own = places["streets"].is_not_null() & pl.Series(rng.random(count) < 0.5)
    radius_m = np.sqrt(places["area_km2"].to_numpy() / np.pi) * 1000
    distance_m = np.where(own.to_numpy(), 120.0, radius_m * 0.9) * np.sqrt(rng.random(count)) * rng.random(count)
    places = places.with_columns(
        pl.when(own).then(pl.col("streets").list.get(pl.lit(pick), null_on_oob=True)).alias("street"),
        pl.when(own).then(pl.col("lons").list.get(pl.lit(pick), null_on_oob=True)).otherwise("lon").alias("lon"),
        pl.when(own).then(pl.col("lats").list.get(pl.lit(pick), null_on_oob=True)).otherwise("lat").alias("lat"),
    ).drop("streets", "lons", "lats")
    elsewhere = material.streets["street"][rng.integers(0, len(material.streets), count)]
    return moved(places.with_columns(pl.col("street").fill_null(elsewhere)), distance_m, rng)


def _share_addresses(places: pl.DataFrame, rng: Generator) -> pl.DataFrame:
    """Hard negatives: a few places stand at the address of another one of their commune."""
    columns = ["number", "street", "postcode", "lon", "lat"]
    chosen = pl.Series("chosen", rng.random(len(places)) < SAME_ADDRESS_SHARE)
    neighbour = [pl.col(one).shift(1).over("insee") for one in columns]
    return places.with_columns(
        pl.when(chosen).then(other).otherwise(pl.col(one)).fill_null(pl.col(one)).alias(one)
        for one, other in zip(columns, neighbour, strict=True)
    )


def moved(frame: pl.DataFrame, distance_m: np.ndarray, rng: Generator) -> pl.DataFrame:
    """The frame with each point moved by its distance in a random direction."""
    angle = rng.random(len(frame)) * 2 * np.pi
    north = distance_m * np.sin(angle) / METRES_PER_DEGREE
    east = distance_m * np.cos(angle) / METRES_PER_DEGREE
    return frame.with_columns(
        (pl.col("lat") + pl.Series(north)).round(6).alias("lat"),
        (pl.col("lon") + pl.Series(east) / pl.col("lat").radians().cos()).round(6).alias("lon"),
    )


def duplicates(places: pl.DataFrame, count: int, rng: Generator) -> pl.DataFrame:
    """`count` different places as another list would write them: typos, other words, moved up to 150 m."""
    copies = moved(places[rng.choice(len(places), count, replace=False)], rng.random(count) * 150.0, rng)
    style = pl.Series("style", rng.random(count))
    at = (pl.Series("at", rng.random(count)) * copies["name"].str.len_chars()).cast(pl.Int64)
    name = pl.col("name")
    typo = name.str.slice(0, at) + name.str.slice(at + 1)
    doubled = name.str.slice(0, at + 1) + name.str.slice(at)
    rotated = name.str.replace(r"^(\S+) (.+)$", "$2 ($1)")
    return copies.with_columns(
        pl.when(style < 0.2).then(typo).when(style < 0.35).then(doubled).when(style < 0.5).then(rotated)
        .when(style < 0.6).then(name.str.to_uppercase()).otherwise(name).alias("name"),
        pl.when(pl.Series(rng.random(count) < 0.3)).then(None).otherwise(pl.col("phone")).alias("phone"),
        pl.when(pl.Series(rng.random(count) < 0.5)).then(None).otherwise(pl.col("website")).alias("website"),
    )  # fmt: skip


def messy(rows: pl.DataFrame, rng: Generator) -> pl.DataFrame:
    """The rows as text, with the mess of real lists: capitals, abbreviations, blanks, phone formats, CEDEX."""
    count = len(rows)

    def some(share: float) -> pl.Series:
        return pl.Series(rng.random(count) < share)

    blank = pl.Series(np.array(["", "NC", "-", "néant"])[rng.integers(0, 4, count)])
    street = pl.when(some(0.3)).then(_abbreviated(pl.col("street"))).otherwise(pl.col("street"))
    address = pl.col("number").cast(pl.String) + pl.Series(np.array([" ", ", ", "  "])[rng.integers(0, 3, count)])
    spaced = pl.col("phone").str.replace(r"^(..)(..)(..)(..)(..)$", "$1 $2 $3 $4 $5")
    phone_style = pl.Series(rng.random(count))
    phone = (
        pl.when(phone_style < 0.5).then(spaced).when(phone_style < 0.7).then(spaced.str.replace_all(" ", "."))
        .when(phone_style < 0.85).then(pl.lit("+33 ") + spaced.str.slice(1)).otherwise(pl.col("phone"))
    )  # fmt: skip
    rows = rows.with_columns(
        (address + street).alias("address"), phone.fill_null(blank).alias("phone"),
        pl.when(some(0.3)).then(blank).otherwise(pl.col("website")).fill_null(blank).alias("website"),
    )  # fmt: skip
    cedex = some(0.02)
    return rows.with_columns(
        pl.when(some(0.1)).then(pl.col("name").str.to_uppercase()).when(some(0.05)).then(_plain(pl.col("name")))
        .when(some(0.03)).then(pl.col("name").str.replace(" ", "  ", literal=True)).otherwise(pl.col("name"))
        .alias("name"),
        pl.when(cedex).then(pl.col("address") + " BP 12").otherwise(pl.col("address")).alias("address"),
        pl.when(cedex).then(pl.col("commune") + " CEDEX").when(some(0.15)).then(pl.col("commune").str.to_uppercase())
        .when(some(0.2)).then(pl.col("commune").str.replace("^Saint-", "St ")).otherwise(pl.col("commune"))
        .alias("commune"),
        pl.when(some(0.5)).then(pl.col("postcode").str.replace("^0", "")).otherwise(pl.col("postcode"))
        .alias("postcode"),
        *(pl.when(some(0.01)).then(None).otherwise(pl.col(one)).alias(one) for one in ("lon", "lat")),
    )  # fmt: skip


def _abbreviated(street: pl.Expr) -> pl.Expr:
    return (
        street.str.replace("(?i)^avenue ", "av. ").str.replace("(?i)^boulevard ", "bd ").str.replace("(?i)^rue ", "r. ")
        .str.replace("Saint", "St", literal=True)
    )  # fmt: skip


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFD").str.replace_all(r"\p{M}", "")
