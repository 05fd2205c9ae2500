"""Builds the address index from BAN files, in bounded memory: one document per street, packed houses.

The builder first reads every file in batches and partitions the rows by département; then it sorts and writes one
département after the other. A new index replaces the old one atomically. A build that stops midway leaves the old index
in place; the next build removes its remains.
"""

import errno
import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import polars as pl

from geo.errors import Conflict, StorageFull
from geo.files import exclusive, write_text
from geo.geocoder.ban_files import NotBan, read_batches
from geo.geocoder.ban_index import COMMUNE, CURRENT, STREET, VERSION
from geo.geocoder.house_numbers import HOUSE, MAX_STEPS
from geo.reference.communes import Areas

Progress = Callable[[int, int], None]

_STREET_KEY = ["insee", "key", "former_commune", "postcode"]
_WRITER_BYTES = 100_000_000
_COMPRESSION = 6


class BuiltIndex(NamedTuple):
    """Size of a new address index."""

    folder: Path
    addresses: int
    streets: int
    communes: int
    bytes: int


def build(files: Sequence[Path], folder: Path, areas: Areas, progress: Progress | None = None) -> BuiltIndex:
    """Builds an index from BAN files and makes it the current one in `folder`.

    `progress` receives (bytes read, bytes in total); reading is most of the work. Codes of merged communes become
    those of today. Raises NotBan for another kind of file, Conflict when another build is running there, StorageFull.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive(folder, _busy(folder)):
        current = _generation(folder)
        for left in folder.glob("index-*"):
            if left.name != current:
                shutil.rmtree(left)
        number = int(current.removeprefix("index-")) + 1 if current else 1
        target = folder / f"index-{number:04d}"
        try:
            target.mkdir()
            _partition_rows(files, target / "parts", areas, progress)
            facts = _write(target)
            shutil.rmtree(target / "parts")
            size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
            facts |= {"version": VERSION, "generation": target.name, "files": [p.name for p in files], "bytes": size}
            _activate(folder, facts)
        except OSError as error:
            shutil.rmtree(target, ignore_errors=True)
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageFull(path=folder) from error
            raise
        except NotBan:
            shutil.rmtree(target, ignore_errors=True)
            raise
        if current:
            shutil.rmtree(folder / current)
        return BuiltIndex(target, facts["addresses"], facts["streets"], facts["communes"], size)


def _busy(folder: Path) -> Conflict:
    return Conflict(
        fr=f"Un autre index d'adresses est en cours de construction dans {folder} : attendez qu'il soit fini.",
        en=f"Another address index is being built in {folder}: wait until it is done.",
    )


def _generation(folder: Path) -> str:
    """Name of the current generation, "" when there is none."""
    try:
        return str(json.loads((folder / CURRENT).read_text(encoding="utf-8"))["generation"])
    except (FileNotFoundError, ValueError, KeyError):
        return ""


def _activate(folder: Path, facts: dict[str, Any]) -> None:
    write_text(folder / CURRENT, json.dumps(facts, ensure_ascii=False, indent=1))


def _partition_rows(files: Sequence[Path], parts: Path, areas: Areas, progress: Progress | None) -> None:
    """Writes the rows of all files under `parts`, one folder per département, with the commune of today."""
    parts.mkdir()
    sizes = [path.stat().st_size for path in files]
    count, before = 0, 0
    for path, size in zip(files, sizes, strict=True):
        for frame, bytes_read in read_batches(path):
            today = {
                code: commune.insee if (commune := areas.commune(code)) else code for code in frame["insee"].unique()
            }
            current = frame.with_columns(insee=pl.col("insee").replace_strict(today, return_dtype=pl.String))
            by_area = current.with_columns(area=pl.col("insee").str.slice(0, 2)).partition_by("area", as_dict=True)
            for (area,), rows in by_area.items():
                folder = parts / str(area)
                folder.mkdir(exist_ok=True)
                rows.drop("area").write_ipc(folder / f"{count:05d}.arrow", compression="zstd")
            count += 1
            if progress:
                progress(before + min(bytes_read, size), sum(sizes))
        before += size


def _write(target: Path) -> dict[str, Any]:
    """Sorts and writes one département after the other; returns the figures of the index."""
    writer = _Writer(target)
    for part in sorted((target / "parts").iterdir()):
        writer.add(pl.concat([pl.read_ipc(path) for path in sorted(part.iterdir())]))
    return writer.finish()


class _Writer:
    """The growing files of a generation."""

    def __init__(self, target: Path) -> None:
        import tantivy

        self._target = target
        self._houses: IO[bytes] = (target / "houses.bin").open("wb")
        self._text: IO[bytes] = (target / "text.bin").open("wb")
        self._streets: list[Any] = []
        self._digest = hashlib.sha256()
        self._communes: dict[str, tuple[int, int, int, int]] = {}
        self._street_count = self._house_count = self._text_bytes = 0
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("words", tokenizer_name="whitespace", index_option="basic")
        for field in ("postcode", "departement"):
            schema.add_text_field(field, tokenizer_name="raw", index_option="basic")
        schema.add_unsigned_field("street", fast=True)
        (target / "words").mkdir()
        self._index = tantivy.Index(schema.build(), path=str(target / "words"))
        self._words = self._index.writer(heap_size=_WRITER_BYTES, num_threads=1)

    def add(self, rows: pl.DataFrame) -> None:
        """A département: all rows of its communes, in any order."""
        rows = rows.sort([*_STREET_KEY, "number", "suffix", "rank", "lon", "lat"])
        streets = _streets(rows)
        houses = rows.filter(pl.col("number") > 0).unique(
            [*_STREET_KEY, "number", "suffix"], keep="first", maintain_order=True
        )
        houses = houses.join(streets, on=_STREET_KEY, how="left", maintain_order="left").select(
            "street",
            "number",
            "suffix",
            east=pl.col("lon") - pl.col("middle_lon"),
            north=pl.col("lat") - pl.col("middle_lat"),
        )
        near = pl.col("east").abs().le(MAX_STEPS) & pl.col("north").abs().le(MAX_STEPS)
        houses = houses.filter(near)
        self._write_houses(houses)
        self._write_streets(streets, np.bincount(houses["street"].to_numpy(), minlength=len(streets)))
        self._write_texts(streets)
        self._street_count += len(streets)

    def _write_houses(self, houses: pl.DataFrame) -> None:
        packed = np.zeros(len(houses), HOUSE)
        for column in HOUSE.names or ():
            packed[column] = houses[column].to_numpy()
        self._houses.write(packed.tobytes())
        self._digest.update(packed.tobytes())

    def _write_streets(self, streets: pl.DataFrame, counts: Any) -> None:
        packed = np.zeros(len(streets), STREET)
        packed["lon"], packed["lat"] = streets["middle_lon"].to_numpy(), streets["middle_lat"].to_numpy()
        packed["postcode"] = streets["postcode"].cast(pl.UInt32, strict=False).fill_null(0).to_numpy()
        packed["first_house"] = self._house_count + np.concatenate([[0], np.cumsum(counts)[:-1]])
        self._house_count += int(counts.sum())
        self._streets.append(packed)

    def _write_texts(self, streets: pl.DataFrame) -> None:
        import tantivy

        for (insee,), page in streets.group_by("insee", maintain_order=True):
            lines = zip(page["key"], page["name"], page["former_commune"], strict=True)
            text = zlib.compress("\n".join("\t".join(line) for line in lines).encode(), _COMPRESSION)
            self._communes[str(insee)] = (
                self._street_count + page["street"][0],
                len(page),
                self._text_bytes,
                len(text),
            )
            self._text.write(text)
            self._digest.update(text)
            self._text_bytes += len(text)
        for street, key, postcode, insee in streets.select("street", "key", "postcode", "insee").iter_rows():
            document = tantivy.Document()
            document.add_text("words", key)
            document.add_text("postcode", postcode)
            document.add_text("departement", insee[:3] if insee[:2] in {"97", "98"} else insee[:2])
            document.add_unsigned("street", self._street_count + street)
            self._words.add_document(document)

    def finish(self) -> dict[str, Any]:
        """Closes the files; returns the figures of the index. Its edition is a digest of names and houses."""
        self._words.commit()
        self._words.wait_merging_threads()
        self._houses.close()
        self._text.close()
        end = np.zeros(1, STREET)
        end["first_house"] = self._house_count
        np.save(self._target / "streets.npy", np.concatenate([*self._streets, end]))
        communes = sorted((code, *facts) for code, facts in self._communes.items())
        np.save(self._target / "communes.npy", np.array(communes, COMMUNE))
        return {
            "addresses": self._house_count,
            "streets": self._street_count,
            "communes": len(communes),
            "edition": self._digest.hexdigest()[:12],
        }


def _streets(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per street of sorted rows: index, most frequent name, position of the row nearest its middle."""
    middle = rows.group_by(_STREET_KEY, maintain_order=True).agg(
        name=pl.col("name").mode().min(), mid_lon=pl.col("lon").median(), mid_lat=pl.col("lat").median()
    )
    away = (pl.col("lon") - pl.col("mid_lon")).abs() + (pl.col("lat") - pl.col("mid_lat")).abs()
    nearest = (
        rows.join(middle, on=_STREET_KEY, how="left", maintain_order="left")
        .group_by(_STREET_KEY, maintain_order=True)
        .agg(
            middle_lon=pl.col("lon").sort_by(away, maintain_order=True).first(),
            middle_lat=pl.col("lat").sort_by(away, maintain_order=True).first(),
        )
    )
    names = middle.select(*_STREET_KEY, "name")
    return nearest.join(names, on=_STREET_KEY, how="left", maintain_order="left").with_row_index("street")
