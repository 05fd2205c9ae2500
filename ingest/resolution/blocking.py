"""Which pairs of listings are compared at all."""

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import polars as pl

from geo.distance import haversine_array_m
from geo.types import Precision
from ingest.resolution.derive import mixed
from ingest.resolution.roles import ROLES

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PAIRS_AT_ONCE = 5_000_000
"""Pairs under common keys that are held at once: the largest blocks are read in portions, and nothing is left out, so
that the answer does not depend on what else was imported."""
SAME_POINT_M = 100.0
"""Points of one list nearer than this may be one place under two names."""
FAR_M = 2_000.0
"""Two precise points further apart are never one place."""
_VAGUE = (str(Precision.COMMUNE), str(Precision.LOCALITY))


def stored_keys(derived: pl.DataFrame) -> tuple[Ints, Ints]:
    """(keys, rows): the keys under which each listing is found."""
    long = derived.select("keys").with_row_index("row").explode("keys").drop_nulls()
    return long["keys"].to_numpy(), long["row"].to_numpy().astype(np.int64)


def probe_keys(derived: pl.DataFrame) -> tuple[Ints, Ints]:
    """(keys, rows): the keys under which each listing looks for others: its own, and the H3 cells around, 250 m at
    least."""
    keys, rows = stored_keys(derived)
    cells = derived["cell"].to_numpy()
    placed = np.flatnonzero(cells)
    unique, inverse = np.unique(cells[placed], return_inverse=True)
    around = [[near for near in h3.grid_disk(int(cell), 1) if near != cell] for cell in unique.tolist()]
    counts = np.array([len(near) for near in around], np.int64)
    flat = np.fromiter((near for ring in around for near in ring), np.int64, int(counts.sum()))
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1].astype(np.int64)
    own = counts[inverse]
    offsets = np.arange(int(own.sum())) - np.repeat(np.cumsum(own) - own, own)
    ring_keys = mixed("C", flat.view(np.uint64)).view(np.int64)[np.repeat(starts[inverse], own) + offsets]
    return np.concatenate([keys, ring_keys]), np.concatenate([rows, np.repeat(placed, own)])


def pairs(derived: pl.DataFrame, new: Bools) -> tuple[Ints, Ints]:
    """(left, right): every pair under a common key, at least one of it new, that a cheap look does not rule out. left
    < right."""
    if not new.any() or derived.height < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    probes, probe_rows = probe_keys(derived.filter(new))
    keys, rows = stored_keys(derived)
    stored = pl.DataFrame({"key": keys, "right": rows})
    looking = pl.DataFrame({"key": probes, "left": np.flatnonzero(new)[probe_rows]}).join(
        stored.group_by("key").agg(size=pl.len()), on="key"
    )
    portion = pl.col("size").cast(pl.Int64).cum_sum() // PAIRS_AT_ONCE
    parts = [_found(derived, part, stored) for part in looking.with_columns(portion=portion).partition_by("portion")]
    pair = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
    return pair // derived.height, pair % derived.height


def _found(derived: pl.DataFrame, looking: pl.DataFrame, stored: pl.DataFrame) -> Ints:
    """Plausible pairs of those who look for others, as left * rows + right, left < right."""
    found = looking.join(stored, on="key").filter(pl.col("left") != pl.col("right"))
    smaller, larger = pl.min_horizontal("left", "right"), pl.max_horizontal("left", "right")
    pair = found.select(pair=smaller * derived.height + larger).unique()["pair"].to_numpy()
    kept: Ints = pair[plausible(derived, pair // derived.height, pair % derived.height)]
    return kept


def plausible(derived: pl.DataFrame, left: Ints, right: Ints) -> Bools:
    """Near enough, and something in common: a word of the name, or the address, telephone, site, SIRET or host.

    Points may be wrong: in one commune the same house number and street, or the same own name, is
    near enough, however far. Hamlets share their words: "le Bourg" is no such address.
    """
    lon, lat = derived["lon"].to_numpy(), derived["lat"].to_numpy()
    vague = derived["precision"].is_in(list(_VAGUE)).to_numpy()
    metres = haversine_array_m(lon[left], lat[left], lon[right], lat[right])
    compared = derived.select("source", "insee", "bare", "phone", "siret", "site", "host", "number", "street")

    def same(name: str) -> Bools:
        column = compared[name]
        answer: Bools = (column.gather(left) == column.gather(right)).fill_null(value=False).to_numpy()
        return answer

    address = same("street") & same("number") & (compared["street"] != "").to_numpy()[left]
    name = same("bare") & (compared["bare"] != "").to_numpy()[left]
    numbered = address & (compared["number"] != "").to_numpy()[left]
    near = (metres <= FAR_M) | vague[left] | vague[right] | same("insee") & (numbered | name)
    signature = derived["signature"].to_numpy()
    common = ((signature[left] & signature[right]) != 0) | (signature[left] == 0) | (signature[right] == 0)
    contact = same("phone") | same("siret") | same("site")
    common |= contact | same("host")
    # One list rarely says a place twice, and lists of a thousand rooms of one town share their words: within a list
    # a word is not enough, unless the points are one.
    apart = (metres > SAME_POINT_M) | vague[left] | vague[right]
    hall = derived["role"].to_numpy() == ROLES.index("hall")
    halls = hall[left] & hall[right]
    one_list = same("source") & apart & ~(name | numbered | contact | halls)
    kept: Bools = near & (common | address | halls) & ~one_list
    return kept
