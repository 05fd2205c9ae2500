"""Writes the listings as the raw files that communities would bring, with the hidden truth beside them."""

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.national_material import load_material
from benchmarks.national_world import DUPLICATE_SHARE, OUT_OF_SCOPE_SHARE, Generator, duplicates, messy, true_places

TRUTH = "truth.parquet"
SHARES = {
    "registre.csv": 0.21,
    "agences.csv": 0.15,
    "classeur.xlsx": 0.05,
    "fiches.jsonl": 0.15,
    "base.parquet": 0.15,
    "carte.geojson": 0.08,
    "export.tsv": 0.08,
    "horaires_jours.csv": 0.05,
    "horaires_texte.csv": 0.05,
    "salles.csv": 0.03,
}
"""Share of the places per file; hotels go to `hebergements.csv`, which has no coordinates."""

HOTELS = "hebergements.csv"
FILES = (*SHARES, HOTELS)
XLSX_ROWS = 40_000
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi")
MALFORMED = ("ligne;cassée", "1;2;3;4;5;6;7;8;9;10;11;12;13;14;15", '";";";')


def generate(rows: int, seed: int, out: Path) -> dict[str, int]:
    """Writes the files and the truth into `out`; rows per file, malformed lines not counted. Same seed, same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    listings = _listings(rows, rng)
    counts: dict[str, int] = {}
    truths = []
    for number, file in enumerate(FILES):
        part = listings.filter(pl.col("file") == file).drop("file")
        key = f"{file[:3].upper()}-" + pl.Series(range(len(part)), dtype=pl.Int64).cast(pl.String).str.zfill(6)
        part = part.with_columns(key.alias("key"))
        _write(file, part, out / file, np.random.default_rng([seed, number]))
        counts[file] = len(part)
        truths.append(
            part.select(
                pl.lit(source_of(file)).alias("source"),
                pl.col("key").alias("source_key"),
                "place",
                "duplicate",
                "repeat",
                "in_scope",
            )
        )
    pl.concat(truths).write_parquet(out / TRUTH)
    return counts


def increment(rows: int, seed: int, path: Path) -> pl.DataFrame:
    """Writes one more list of new places as a CSV; the rows as written, with `name`, `lon`, `lat`."""
    rng = np.random.default_rng([seed, 1_000])
    places = true_places(load_material(), rows, rng).with_columns(pl.col("name") + " nouveau")
    keyed = places.with_columns("INC-" + pl.col("place").cast(pl.String)).rename({"place": "key"})
    table = keyed.with_columns((pl.col("number").cast(pl.String) + " " + pl.col("street")).alias("address"))
    _plain_table(table).write_csv(path)
    return table


def source_of(file: str) -> str:
    """Name under which a file is imported."""
    return file.partition(".")[0]


def _listings(rows: int, rng: Generator) -> pl.DataFrame:
    copies = round(rows * DUPLICATE_SHARE)
    outside = round(rows * OUT_OF_SCOPE_SHARE)
    kept = rows - copies - outside
    rooms = round(kept * SHARES["salles.csv"] / 2)
    places = true_places(load_material(), kept - rooms, rng)
    places = places.with_columns(pl.Series("file", _files(places, rows, rooms, rng)))
    repeated = places.filter(pl.col("file") == "salles.csv")
    twins = duplicates(places, copies, rng)
    # A copy is in any other list, the rooms list aside, which holds whole places only.
    others = [file for file in FILES if file not in ("salles.csv", "classeur.xlsx")]
    before = twins["file"].replace_strict({file: i for i, file in enumerate(others)}, default=0).to_numpy()
    step = rng.integers(1, len(others), copies)
    twins = twins.with_columns(pl.Series("file", np.array(others)[(before + step) % len(others)]))
    away = true_places(load_material(), outside, rng).with_columns(
        (pl.col("place") + rows).alias("place"),
        pl.Series("file", np.array([HOTELS, "agences.csv"])[rng.integers(0, 2, outside)]),
    )
    away = away.with_columns(
        pl.when(pl.col("file") == HOTELS).then(pl.lit("CAMPING")).otherwise(pl.lit("bibliobus")).alias("type"),
        pl.when(pl.col("file") == HOTELS)
        .then("Camping " + pl.col("street"))
        .otherwise("Bibliobus " + pl.col("commune"))
        .alias("name"),
    )
    parts = [
        (places, False, False, True),
        (repeated, False, True, True),
        (twins, True, False, True),
        (away, False, False, False),
    ]
    columns = places.columns
    together = pl.concat(
        part.select(columns).with_columns(
            pl.lit(twin).alias("duplicate"), pl.lit(again).alias("repeat"), pl.lit(scope).alias("in_scope")
        )
        for part, twin, again, scope in parts
    )
    mixed = messy(together, rng)
    order = np.lexsort((rng.random(len(mixed)),))
    shuffled = mixed[order]
    # The rows of one place stay together in a list of rooms, the first one first.
    salles = pl.col("file") == "salles.csv"
    return pl.concat([shuffled.filter(~salles), shuffled.filter(salles).sort("place", "repeat")])


def _files(places: pl.DataFrame, rows: int, rooms: int, rng: Generator) -> np.ndarray:
    """The file of each place: hotels mostly in theirs, exactly `rooms` places in the list of rooms."""
    shares = {file: share for file, share in SHARES.items() if file != "salles.csv"}
    shares["classeur.xlsx"] = min(shares["classeur.xlsx"], XLSX_ROWS * 0.9 / rows)
    weights = np.array(list(shares.values()))
    files = np.array([*shares, HOTELS, "salles.csv"])
    chosen = rng.choice(len(shares), len(places), p=weights / weights.sum())
    chosen[(places["kind"] == "hotel").to_numpy() & (rng.random(len(places)) < 0.7)] = len(shares)
    chosen[rng.choice(len(places), rooms, replace=False)] = len(shares) + 1
    return files[chosen]


def _write(file: str, rows: pl.DataFrame, path: Path, rng: Generator) -> None:
    if file == "registre.csv":
        lines = _plain_table(rows).write_csv(separator=";").splitlines()
        lines[len(lines) // 2 : len(lines) // 2] = MALFORMED[:2]
        path.write_bytes("\r\n".join(lines).encode("cp1252", errors="replace"))
    elif file == "agences.csv":
        title = "Liste des agences et locaux,,,\nMise à jour : novembre 2025,,,\n\n"
        path.write_text(title + _plain_table(rows).write_csv(), encoding="utf-8")
    elif file == "classeur.xlsx":
        _plain_table(rows).write_excel(path, worksheet="Lieux", position="A3", autofilter=False)
    elif file == "fiches.jsonl":
        _renamed(
            rows,
            id="key",
            nom="name",
            type="type",
            adresse="address",
            code_postal="postcode",
            ville="commune",
            latitude="lat",
            longitude="lon",
            telephone="phone",
            url="website",
        ).write_ndjson(path)
    elif file == "base.parquet":
        _renamed(
            rows,
            id="key",
            denomination="name",
            categorie="type",
            adresse="address",
            cp="postcode",
            code_insee="insee",
            commune="commune",
            x="lon",
            y="lat",
            tel="phone",
        ).write_parquet(path)
    elif file == "carte.geojson":
        path.write_text(_geojson(rows), encoding="utf-8")
    elif file == "export.tsv":
        # Whoever exported this took one axis for the other, and wrote decimals as French people do.
        comma = [pl.col(axis).cast(pl.String).str.replace(".", ",", literal=True) for axis in ("lon", "lat")]
        _plain_table(rows.with_columns(comma).rename({"lon": "lat", "lat": "lon"})).write_csv(path, separator="\t")
    elif file == "horaires_jours.csv":
        opening = pl.format("{}:00 - 12:00 / 14:00 - {}:00", "opening", "closing")
        _plain_table(rows).with_columns(rows.select(opening.alias(day) for day in DAYS)).write_csv(path)
    elif file == "horaires_texte.csv":
        text = pl.format("Du lundi au vendredi de {}h à 12h30 et de 13h30 à {}h", "opening", "closing")
        _plain_table(rows).with_columns(rows.select(text.alias("Horaires d'ouverture"))).write_csv(path, separator=";")
    elif file == "salles.csv":
        _plain_table(_rooms(rows)).with_columns(_room_columns(rows, rng)).write_csv(path, separator=";")
    else:
        _renamed(
            rows,
            **{
                "N°": "key",
                "TYPOLOGIE ÉTABLISSEMENT": "type",
                "NOM COMMERCIAL": "name",
                "ADRESSE": "address",
                "CODE POSTAL": "postcode",
                "COMMUNE": "commune",
                "SITE INTERNET": "website",
                "CAPACITÉ D'ACCUEIL (PERSONNES)": "capacity",
            },
        ).write_csv(path, separator=";")


def _renamed(rows: pl.DataFrame, **columns: str) -> pl.DataFrame:
    return rows.select(pl.col(old).alias(new) for new, old in columns.items())


def _plain_table(rows: pl.DataFrame) -> pl.DataFrame:
    return _renamed(
        rows,
        **{
            "ID": "key",
            "Nom de la structure": "name",
            "Type": "type",
            "Adresse": "address",
            "Code postal": "postcode",
            "Ville": "commune",
            "Latitude": "lat",
            "Longitude": "lon",
            "Téléphone": "phone",
            "Site web": "website",
        },
    )


def _rooms(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one place tell the same place: those after the first repeat its cells."""
    same = ("name", "address", "postcode", "commune", "lon", "lat", "phone", "website")
    return rows.with_columns(pl.col(one).first().over("place") for one in same)


def _room_columns(rows: pl.DataFrame, rng: Generator) -> list[pl.Series]:
    seats = rng.integers(2, 30, len(rows))
    price = pl.Series(rng.integers(5, 60, len(rows))).cast(pl.String)
    return [
        pl.Series("Nom de la salle", np.where(rows["repeat"].to_numpy(), "Salle du haut", "Grande salle")),
        pl.Series("Nombre de places", seats),
        (price + " € HT la demi-journée").alias("Tarif"),
        rows.select(pl.format("Lu-Ve {}h-{}h", "opening", "closing")).to_series().alias("Horaires"),
    ]


def _geojson(rows: pl.DataFrame) -> str:
    properties = _renamed(
        rows,
        id="key",
        name="name",
        type="type",
        address="address",
        postcode="postcode",
        city="commune",
        phone="phone",
        website="website",
    )
    encoded = properties.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    point = pl.format(
        '{"type":"Point","coordinates":[{},{}]}'.replace('{"', '\x01"').replace("]}", "]\x02"), "lon", "lat"
    )
    geometry = rows.select(
        point.str.replace("\x01", "{", literal=True).str.replace("\x02", "}", literal=True).fill_null("null")
    ).to_series()
    features = '{"type":"Feature","geometry":' + geometry + ',"properties":' + encoded + "}"
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(features.to_list()) + "\n]}\n"
