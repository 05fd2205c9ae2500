"""Reads files of the Base Adresse Nationale (BAN) in batches, as frames with the same columns.

Two layouts are read: `adresses-XX.csv` and `lieux-dits-XX-beta.csv` of the national download (";"),
and extracts of them with an index column, quotes and `NA` (","). Gzip or plain. The national file as a whole works
too: memory is bounded by `BATCH_BYTES`. Text that was decoded with the wrong encoding ("GalliÃ©ni") is repaired.
"""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, ClassVar

import polars as pl

from geo.errors import Language, UnreadableFile
from geo.geocoder.house_numbers import MAX_NUMBER, STEPS_PER_DEGREE, suffix_code
from geo.geocoder.street_names import key_text
from geo.reference.toponyms import fold

BATCH_BYTES = 48_000_000
NEEDED = ("code_insee", "code_postal", "lon", "lat")
_OPTIONAL = ("nom_voie", "nom_lieu_dit", "numero", "rep", "nom_ld", "type_position", "nom_ancienne_commune")
_BEST_POSITIONS = ("entrée", "délivrance postale", "bâtiment", "cage d’escalier", "logement", "parcelle", "segment")


class NotBan(UnreadableFile):
    """The file is not a BAN file. Use `NotBan(name=...)`."""

    code = "not_ban"
    messages: ClassVar[dict[Language, str]] = {
        "fr": "« {name} » n'est pas un fichier de la Base Adresse Nationale : donnez un fichier adresses-XX.csv ou "
        "adresses-XX.csv.gz, avec les colonnes nom_voie, numero, code_insee, code_postal, lon et lat.",
        "en": "“{name}” is not a file of the Base Adresse Nationale: give a file adresses-XX.csv or "
        "adresses-XX.csv.gz, with the columns nom_voie, numero, code_insee, code_postal, lon and lat.",
    }


def read_batches(path: Path) -> Iterator[tuple[pl.DataFrame, int]]:
    """Frames of addresses of a BAN file, with the bytes of the file read so far. Raises NotBan.

    Columns: insee, former_commune ("" or its name), postcode, name, key, number (0: none), suffix (code), lon, lat
    (in steps of `geo.geocoder.house_numbers`), rank (0 is the best kind of position). Rows without a name, a commune
    or a point are left out.
    """
    with path.open("rb") as raw:
        file = io.BufferedReader(gzip.GzipFile(fileobj=raw), 1_000_000) if path.suffix == ".gz" else raw
        try:
            yield from _read_batches(file, raw, path.name)
        except (pl.exceptions.PolarsError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise NotBan(name=path.name) from error


def _read_batches(file: IO[bytes], raw: IO[bytes], name: str) -> Iterator[tuple[pl.DataFrame, int]]:
    header = file.readline(100_000).removeprefix(b"\xef\xbb\xbf")
    separator = ";" if header.count(b";") > header.count(b",") else ","
    columns = [cell.strip().strip('"') for cell in header.decode("utf-8", "replace").strip().split(separator)]
    if not set(NEEDED) <= set(columns) or not {"nom_voie", "nom_lieu_dit"} & set(columns):
        raise NotBan(name=name)
    selected = [column for column in columns if column in {*NEEDED, *_OPTIONAL}]
    rest = b""
    while batch := file.read(BATCH_BYTES):
        text, _, rest = (rest + batch).rpartition(b"\n")
        if text:
            yield from _frames(header + text, separator, selected, raw.tell())
    if rest.strip():
        yield from _frames(header + rest, separator, selected, raw.tell())


def _frames(
    text: bytes, separator: str, selected: Sequence[str], bytes_read: int
) -> Iterator[tuple[pl.DataFrame, int]]:
    # The national files do not quote; a stray quote in a name must not swallow the lines after it.
    cells = pl.read_csv(
        text,
        separator=separator,
        quote_char='"' if text.startswith(b'"') else None,
        columns=list(selected),
        infer_schema_length=0,
        null_values=["", "NA"],
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )
    for column in {*_OPTIONAL} - set(selected):
        cells = cells.with_columns(pl.lit(None, pl.String).alias(column))
    streets = _standardise(cells, pl.coalesce("nom_voie", "nom_lieu_dit"), pl.col("numero"))
    yield streets, bytes_read
    hamlets = cells.filter(pl.col("nom_ld").is_not_null())
    if len(hamlets):
        # A row that names a hamlet besides the street also makes the hamlet a street, in the middle of its houses.
        yield _standardise(hamlets, pl.col("nom_ld"), pl.lit(None, pl.String)), bytes_read


def _standardise(cells: pl.DataFrame, name: pl.Expr, number: pl.Expr) -> pl.DataFrame:
    steps = [
        (pl.col(c).cast(pl.Float64, strict=False) * STEPS_PER_DEGREE).round().cast(pl.Int32, strict=False)
        for c in ("lon", "lat")
    ]
    frame = cells.select(
        insee=pl.col("code_insee").str.zfill(5),
        former_commune=pl.col("nom_ancienne_commune").fill_null(""),
        postcode=pl.col("code_postal").str.zfill(5).fill_null(""),
        name=name,
        number=number.cast(pl.Int64, strict=False).fill_null(0),
        suffix=pl.col("rep").fill_null(""),
        lon=steps[0],
        lat=steps[1],
        rank=pl.col("type_position").fill_null(""),
    ).drop_nulls(["insee", "name", "lon", "lat"])
    names = frame["name"].unique().to_list()
    former = frame["former_commune"].unique().to_list()
    suffixes = frame["suffix"].unique().to_list()
    ranks = frame["rank"].unique().to_list()
    repaired = {text: _repair_encoding(text) for text in names}
    return frame.with_columns(
        name=_replace("name", repaired),
        key=_replace("name", {text: key_text(fold(repaired[text])) for text in names}),
        former_commune=_replace("former_commune", {text: fold(_repair_encoding(text)) for text in former}),
        suffix=pl.col("suffix").replace_strict({s: suffix_code(s) for s in suffixes}, return_dtype=pl.UInt8),
        rank=pl.col("rank").replace_strict({r: _rank(_repair_encoding(r)) for r in ranks}, return_dtype=pl.UInt8),
        number=pl.when(pl.col("number").is_between(1, MAX_NUMBER)).then("number").otherwise(0).cast(pl.UInt16),
    ).filter(pl.col("key") != "")


def _replace(column: str, values: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(values, return_dtype=pl.String)


def _rank(position: str) -> int:
    return _BEST_POSITIONS.index(position) if position in _BEST_POSITIONS else len(_BEST_POSITIONS)


def _repair_encoding(text: str) -> str:
    """Repairs text whose UTF-8 was once read as cp1252 ("GalliÃ©ni"); leaves other text as it is."""
    clean = " ".join(text.replace('"', " ").split())
    if "Ã" not in clean and "â€" not in clean:
        return clean
    try:
        return clean.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return clean
