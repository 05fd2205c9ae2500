"""Blocking: which pairs of listings are compared at all."""

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import polars as pl

from geo.spatial.distance import haversine_array_m
from ingest.resolution.comparison_columns import VAGUE, mixed
from ingest.resolution.host_roles import ROLES

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PAIRS_AT_ONCE = 5_000_000
"""Pairs under common keys that are held at once: the largest blocks are read in portions, and nothing is left out, so
that the answer does not depend on what else was imported."""
RING = 2
"""Rings of H3 cells of resolution 10 around a listing's own: all within `STREET_M`, but for some metres."""
SAME_POINT_M = 100.0
"""Points of one list nearer than this may be one place under two names."""
FAR_M = 2_000.0
"""Two precise points further apart are never one place."""
STREET_M = 200.0
"""Precise points further apart are in two streets. Of 870 labelled matches one lies further apart and shares neither
name nor address nor contact."""
CROWD = 50
"""More listings of one list at one address or point are firms of a business centre, or rows that nobody placed: there
only the name distinguishes them."""
SIMILAR_NAMES = 0.75
"""Share of the affixes of the longer name that a name written in another way still has."""


def stored_keys(derived: pl.DataFrame) -> tuple[Ints, Ints]:
    """(keys, rows): the keys under which each listing is found."""
    long = derived.select("keys").with_row_index("row").explode("keys").drop_nulls()
    return long["keys"].to_numpy(), long["row"].to_numpy().astype(np.int64)


def probe_keys(derived: pl.DataFrame) -> tuple[Ints, Ints]:
    """(keys, rows): the keys under which each listing looks for others: its own, and the H3 cells around, about
    `STREET_M`."""
    keys, rows = stored_keys(derived)
    cells = derived["cell"].to_numpy()
    placed = np.flatnonzero(cells)
    unique, inverse = np.unique(cells[placed], return_inverse=True)
    around = [[near for near in h3.grid_disk(int(cell), RING) if near != cell] for cell in unique.tolist()]
    counts = np.array([len(near) for near in around], np.int64)
    flat = np.fromiter((near for ring in around for near in ring), np.int64, int(counts.sum()))
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1].astype(np.int64)
    own = counts[inverse]
    offsets = np.arange(int(own.sum())) - np.repeat(np.cumsum(own) - own, own)
    ring_keys = mixed("C", flat.view(np.uint64)).view(np.int64)[np.repeat(starts[inverse], own) + offsets]
    return np.concatenate([keys, ring_keys]), np.concatenate([rows, np.repeat(placed, own)])


def pairs(derived: pl.DataFrame, new: Bools) -> tuple[Ints, Ints]:
    """(left, right), left < right: every pair under a common key, one of it new, that `PairFilter` lets pass."""
    if not new.any() or derived.height < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    wanted, wanted_rows = probe_keys(derived.filter(new))
    keys, rows = stored_keys(derived)
    probes = pl.DataFrame({"key": wanted, "left": np.flatnonzero(new)[wanted_rows]})
    stored = pl.DataFrame({"key": keys, "right": rows}).join(probes.select("key").unique(), on="key", how="semi")
    probes = probes.join(stored.group_by("key").agg(size=pl.len()), on="key")
    portion = pl.col("size").cast(pl.Int64).cum_sum() // PAIRS_AT_ONCE
    pair_filter = PairFilter(derived)
    portions = probes.with_columns(portion=portion).partition_by("portion")
    parts = [_plausible_pairs(pair_filter, part, stored) for part in portions]
    pair = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
    return pair // derived.height, pair % derived.height


def _plausible_pairs(pair_filter: "PairFilter", probes: pl.DataFrame, stored: pl.DataFrame) -> Ints:
    """Plausible pairs of probes with stored keys, as left * rows + right, left < right."""
    matches = probes.join(stored, on="key").filter(pl.col("left") != pl.col("right"))
    smaller, larger = pl.min_horizontal("left", "right"), pl.max_horizontal("left", "right")
    pair = matches.select(pair=smaller * pair_filter.rows + larger).unique()["pair"].to_numpy()
    plausible: Ints = pair[pair_filter.plausible(pair // pair_filter.rows, pair % pair_filter.rows)]
    return plausible


class PairFilter:
    """A cheap test of pairs of listings: numbers only, made once for all of them."""

    def __init__(self, derived: pl.DataFrame) -> None:
        self.rows = derived.height
        self._lon, self._lat = derived["lon"].to_numpy(), derived["lat"].to_numpy()
        self._vague = derived["precision"].is_in(VAGUE).to_numpy()
        self._hall = derived["role"].to_numpy() == ROLES.index("hall")
        self._affixes = derived["affixes"].to_numpy()
        self._affix_count = np.count_nonzero(self._affixes, axis=1)
        self._bits = _bits(self._affixes % 64, self._affixes > 0), _bits(self._affixes // 64 % 64, self._affixes > 0)
        texts = derived.select(
            *("source", "insee", "bare", "phone", "siret", "site", "host"),
            address=pl.when(pl.col("street") != "").then(pl.concat_str("number", pl.lit("|"), "street")),
            numbered=pl.col("number") != "",
        )
        self._numbered = texts["numbered"].to_numpy()
        self._codes = {name: _codes(texts[name]) for name in texts.columns if name != "numbered"}
        points = np.array([self._lon, self._lat]).T.copy().view(np.uint64)
        here = points[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ points[:, 1]
        self._crowded = _crowded(self._codes["source"], self._codes["address"])
        self._crowded |= _crowded(self._codes["source"], here)

    def plausible(self, left: Ints, right: Ints) -> Bools:
        """Pairs near enough that share something: a word of the name, or the address, telephone, site, SIRET or host.

        Points may be wrong: in one commune the same house number and street, or the same own name, is near enough,
        however far. Hamlets share their words: "le Bourg" is no such address. And two precise points in two streets
        are one place only when the names agree as a whole.
        """
        answer = np.zeros(len(left), bool)
        at = np.flatnonzero(self._may_share(left, right))
        left, right = left[at], right[at]
        metres = haversine_array_m(self._lon[left], self._lat[left], self._lon[right], self._lat[right])
        vague = self._vague[left] | self._vague[right]
        name, address = self._same("bare", left, right), self._same("address", left, right)
        numbered = address & self._numbered[left]
        contact = self._contact(left, right)
        halls = self._hall[left] & self._hall[right]
        near = (metres <= FAR_M) | vague | self._same("insee", left, right) & (numbered | name)
        strong = name | halls | address | contact | self._same("host", left, right)
        # One list rarely names a place twice, and lists of a thousand rooms of one town share their words: within a
        # list a word is not enough, unless the points are equal; in a business centre only the name is.
        distant = (metres > SAME_POINT_M) | vague
        one_list = self._same("source", left, right)
        crowd = one_list & self._crowded[left] & self._crowded[right]
        near_pairs = np.flatnonzero(
            near & ~(one_list & distant & ~(name | numbered | contact | halls)) & ~(crowd & ~(name | halls))
        )
        shared, larger = self._shared_affixes(left[near_pairs], right[near_pairs])
        unnamed = larger == 0
        streets_apart = (metres > STREET_M)[near_pairs] & ~vague[near_pairs]
        word = unnamed | np.where(streets_apart, shared >= SIMILAR_NAMES * larger, shared > 0)
        answer[at[near_pairs[word | strong[near_pairs]]]] = True
        return answer

    def _may_share(self, left: Ints, right: Ints) -> Bools:
        """Bitmask test: true for every pair that has something in common, and for many that have nothing."""
        answer: Bools = (self._affix_count[left] == 0) | (self._affix_count[right] == 0)
        words: Bools = np.ones(len(left), bool)
        for bits in self._bits:
            words &= (bits[left] & bits[right]) != 0
        answer |= words
        rest = np.flatnonzero(~answer)
        left, right = left[rest], right[rest]
        strong = self._contact(left, right) | (self._hall[left] & self._hall[right])
        answer[rest] = strong | self._same("host", left, right) | self._same("address", left, right)
        return answer

    def _contact(self, left: Ints, right: Ints) -> Bools:
        answer: Bools = np.zeros(len(left), bool)
        for name in ("phone", "siret", "site"):
            answer |= self._same(name, left, right)
        return answer

    def _same(self, name: str, left: Ints, right: Ints) -> Bools:
        """Where both sides are known and equal."""
        codes = self._codes[name]
        mine = codes[left]
        answer: Bools = (mine == codes[right]) & (mine != 0)
        return answer

    def _shared_affixes(self, left: Ints, right: Ints) -> tuple[Ints, Ints]:
        """(number of affixes that both names have, that of the name with more; 0 where either has none)."""
        counts = self._affix_count[left], self._affix_count[right]
        larger = np.where((counts[0] == 0) | (counts[1] == 0), 0, np.maximum(*counts))
        shared = np.zeros(len(left), np.int64)
        theirs = self._affixes[right]
        for column in range(int(counts[0].max(initial=0))):
            mine = self._affixes[left, column]
            shared += ((theirs == mine[:, None]) & (mine[:, None] != 0)).any(axis=1)
        return shared, larger


def _crowded(source: npt.NDArray[np.uint64], address: npt.NDArray[np.uint64]) -> Bools:
    """Listings whose list has more than `CROWD` at their address. Lists are imported whole, so this does not depend on
    other imports."""
    with np.errstate(over="ignore"):
        both = source * np.uint64(0x9E3779B97F4A7C15) ^ address
    _, at, count = np.unique(both, return_inverse=True, return_counts=True)
    answer: Bools = (count[at] > CROWD) & (address != 0)
    return answer


def _bits(numbers: npt.NDArray[np.uint16], set_: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Bitmask of each row: the bits that its numbers (below 64) set, where `set_`."""
    answer = np.zeros(len(numbers), np.uint64)
    for column in range(numbers.shape[1]):
        answer |= np.where(set_[:, column], np.uint64(1) << numbers[:, column].astype(np.uint64), np.uint64(0))
    return answer


def _codes(text: pl.Series) -> npt.NDArray[np.uint64]:
    """A number per text, equal for equal texts; 0 where there is none."""
    known = (text.is_not_null() & (text != "")).fill_null(value=False)
    return text.hash().zip_with(known, pl.zeros(len(text), pl.UInt64, eager=True)).to_numpy()
