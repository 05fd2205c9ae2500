"""Features: pairs of listings as numbers. A missing value is never equal to another; it has a column of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from geo.spatial.distance import haversine_array_m
from geo.types import PlaceKind
from ingest.resolution import token_weights
from ingest.resolution.comparison_columns import VAGUE
from ingest.resolution.host_roles import HOSTED, ROLES
from ingest.resolution.token_weights import Words, compare_words, words_of

Ints = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]
Column = npt.NDArray[np.floating]
Columns = dict[str, Column]

NAMES = (
    *("name_sort", "name_set", "name_equal", "bare_sort", "bare_set", "bare_jaro", "bare_partial", "bare_equal"),
    *(
        "bare_missing",
        "bare_both_missing",
        "joined",
        "inside",
        "rare_min",
        "rare_max",
        "rare_best",
        "rare_left",
        "rare_left_max",
    ),
    *("first_word", "acronym", "digits_differ", "brand_differs"),
    *("near", "far", "log_m", "vague", "vague_both", "vague_far", "insee_differs"),
    *("number_equal", "number_close", "number_differs", "number_gap", "number_missing", "street", "street_set"),
    *(
        "street_missing",
        "address_equal",
        "address_close",
        "address_half",
        "address_bare",
        "street_in_name",
        "address_apart",
    ),
    *("phone_equal", "phone_differs", "site_equal", "host_equal", "host_differs", "host_own", "label_equal"),
    *("site_says", "siret_equal", "siret_differs", "same_source"),
    *("kind_equal", "kind_apart", "kind_open", "role_equal", "role_differs", "role_hosted", "role_unknown"),
    *(
        "role_said",
        "both_halls",
        "towns_differ",
        "one_is_annexe",
        "one_is_hall",
        "one_is_library",
        "one_is_house",
        "one_is_epci",
    ),
    *("both_hotels", "both_libraries", "path_differs"),
    *("role_and_address", "role_and_bare", "role_and_generic", "role_and_near", "rare_and_vague", "rare_and_near"),
    *("rare_and_address", "generic_and_address", "kind_and_near"),
)

COMPARED = (
    *("source", "kind", "lon", "lat", "precision", "insee", "phone", "siret", "folded", "bare", "number", "until"),
    *("street", "host", "site", "role", "other_role"),
)

KINDS_APART: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("mairie", "library"), ("mairie", "hotel"), ("mairie", "cafe"), ("mairie", "education"), ("mairie", "station"),
        ("mairie", "fablab"), ("mairie", "coworking"), ("library", "hotel"), ("library", "cafe"), ("library",
        "station"),
        ("hotel", "station"), ("hotel", "education"), ("library", "education"), ("cafe", "education"), ("cafe",
        "station"),
        ("mairie", "association"), ("mairie", "company"), ("hotel", "france_services"), ("cafe", "france_services"),
    )
)  # fmt: skip
"""Kinds that one place is never both of."""

_STOP = frozenset(("de", "du", "des", "la", "le", "les", "l", "d", "et", "en", "a", "au", "aux", "pour", "sur"))
_BRANDS = (
    r"\b(?:ibis|budget|styles|novotel|mercure|sofitel|pullman|adagio|campanile|kyriad|b b|premiere classe|formule 1|f1|"
    r"best western|balladins|golden tulip|holiday inn|crowne plaza|marriott|courtyard|moxy|hilton|radisson|okko|"
    r"citadines|brit|fasthotel|quick palace|appart ?city|comfort|quality|wojo|regus|spaces|now coworking|starbucks)\b"
)
"""Brands, and their further words: two brands are two places whatever else they share."""
_TOWN_LETTERS = 4
"""Shorter words in the name of a town hall are floors and wings: "2e", "rdc"."""
_LETTERS = 5
"""A web label or a name shorter than this is not compared with the other."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The listings of some pairs, each prepared once (`listings`, `words`), and the rows of each pair in them."""

    listings: pl.DataFrame
    words: Words
    left: Ints
    right: Ints

    def both(self, name: str) -> tuple[pl.Series, pl.Series]:
        """A column, for the left and the right of each pair."""
        return self.listings[name].gather(self.left), self.listings[name].gather(self.right)

    def arrays(self, name: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """The same as `both`, as arrays."""
        column = self.listings[name].to_numpy()
        return column[self.left], column[self.right]

    def similar(self, name: str, scorer: Callable[..., float], best: float = 100.0) -> Column:
        """Similarity of a text of both, 0-1; 0 where either is empty."""
        if not len(self.left):
            return np.zeros(0)
        texts = np.array(self.listings[name].to_list(), object)
        scores = cpdist(texts[self.left], texts[self.right], scorer=scorer, dtype=np.float32, workers=-1) / best
        similarity: Column = scores * self.both_known(name)
        return similarity

    def both_known(self, name: str) -> npt.NDArray[np.bool_]:
        """Where a text is not empty on both sides."""
        known = (self.listings[name] != "").to_numpy()
        answer: npt.NDArray[np.bool_] = known[self.left] & known[self.right]
        return answer


def matrix(derived: pl.DataFrame, left: Ints, right: Ints) -> Matrix:
    """One row per pair, one column per name of `NAMES`, each in about [-1, 1]."""
    if not len(left):
        return np.zeros((0, len(NAMES)), np.float32)
    used, at = np.unique(np.concatenate([left, right]), return_inverse=True)
    listings = _prepare(derived.select(COMPARED)[used])
    pairs = Pairs(listings, words_of(listings["bare"]), at[: len(left)], at[len(left) :])
    columns: Columns = {}
    _names(columns, pairs)
    _positions(columns, pairs)
    _addresses(columns, pairs)
    _contacts(columns, pairs)
    _kinds(columns, pairs)
    _roles(columns, pairs)
    _interactions(columns)
    return np.column_stack([columns[name].astype(np.float32) for name in NAMES])


def _prepare(listings: pl.DataFrame) -> pl.DataFrame:
    """The columns of each listing that its features need, whatever it is paired with."""
    shared = list(token_weights.load_statistics().hosts)
    initials = (
        pl.col("folded").str.split(" ").list.eval(pl.element().filter(~pl.element().is_in(list(_STOP))).str.slice(0, 1))
    )
    return listings.with_columns(
        joined=pl.col("bare").str.replace_all(" ", ""),
        initials=initials.list.join(""),
        digits=pl.col("folded")
        .str.extract_all(r"\b(?:\d+|i{2,3}|annexe|nord|sud|est|ouest)\b")
        .list.unique()
        .list.sort()
        .list.join(" "),
        brand=pl.col("folded").str.extract_all(_BRANDS).list.unique().list.sort().list.join(" "),
        first=pl.col("number").str.extract(r"^(\d+)").cast(pl.Int64, strict=False),
        label=pl.col("host").str.extract(r"([^.]+)\.[^.]+$").str.replace_all("-", "").fill_null(""),
        shared=pl.col("host").is_in(shared).fill_null(value=False),
        vague=pl.col("precision").is_in(VAGUE),
    ).with_columns(last=pl.max_horizontal(pl.col("first"), pl.col("until")))


def _names(columns: Columns, pairs: Pairs) -> None:
    columns["name_sort"] = pairs.similar("folded", fuzz.token_sort_ratio)
    columns["name_set"] = pairs.similar("folded", fuzz.token_set_ratio)
    columns["name_equal"] = (columns["name_sort"] >= 0.999).astype(float)
    columns["bare_sort"] = pairs.similar("bare", fuzz.token_sort_ratio)
    columns["bare_set"] = pairs.similar("bare", fuzz.token_set_ratio)
    columns["bare_partial"] = pairs.similar("bare", fuzz.partial_ratio)
    columns["bare_jaro"] = pairs.similar("bare", JaroWinkler.normalized_similarity, 1.0)
    columns["joined"] = pairs.similar("joined", fuzz.ratio)
    long = (pairs.listings["joined"].str.len_chars() >= _LETTERS).to_numpy()
    both_long = long[pairs.left] & long[pairs.right]
    columns["inside"] = pairs.similar("joined", fuzz.partial_ratio) * both_long
    left, right = pairs.both("bare")
    missing = (left == "").to_numpy(), (right == "").to_numpy()
    columns["bare_missing"] = (missing[0] ^ missing[1]).astype(float)
    columns["bare_both_missing"] = (missing[0] & missing[1]).astype(float)
    columns["bare_equal"] = (left == right).to_numpy() * pairs.both_known("bare")
    columns.update(compare_words(pairs.words, pairs.left, pairs.right))
    columns["acronym"] = _acronyms(pairs)
    columns["brand_differs"] = _equal(*pairs.both("brand"), blank="")[1]
    digits = pairs.both("digits")
    columns["digits_differ"] = (digits[0] != digits[1]).to_numpy().astype(float)


def _acronyms(pairs: Pairs) -> Column:
    """1 where a rare short word of one name is made of initials of the other in a row: "fjepcs", "caj"."""
    answer = np.zeros(len(pairs.left), bool)
    words = (
        pairs.listings["bare"]
        .str.split(" ")
        .list.eval(
            pl.element().filter(pl.element().str.len_chars().is_between(3, 7) & ~pl.element().is_in(_common_words()))
        )
    )
    long = (pairs.listings["initials"].str.len_chars() >= 3).to_numpy()
    initials = pairs.listings["initials"]
    for near, far in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        for place in (0, 1):
            word = words.list.get(place, null_on_oob=True)
            may = np.flatnonzero(word.is_not_null().to_numpy()[near] & long[far])
            texts = pl.DataFrame({"word": word.gather(near[may]), "initials": initials.gather(far[may])})
            hits = texts.select(pl.col("initials").str.contains(pl.col("word"), literal=True))["initials"]
            answer[may[hits.to_numpy()]] = True
    return answer.astype(float)


def _common_words() -> list[str]:
    return list(token_weights.load_statistics().weights)


def _positions(columns: Columns, pairs: Pairs) -> None:
    lon, lat = pairs.arrays("lon"), pairs.arrays("lat")
    metres = haversine_array_m(lon[0], lat[0], lon[1], lat[1])
    vague = pairs.arrays("vague")
    precise = (~(vague[0] | vague[1])).astype(float)
    columns["near"] = np.exp(-metres / 80.0) * precise
    columns["far"] = np.clip(metres / 500.0, 0.0, 2.0) * precise
    columns["log_m"] = np.log10(1.0 + metres) / 4.0 * precise
    columns["vague"] = (vague[0] | vague[1]).astype(float)
    columns["vague_both"] = (vague[0] & vague[1]).astype(float)
    columns["vague_far"] = np.clip(metres / 5_000.0, 0.0, 2.0) * columns["vague"]
    columns["insee_differs"] = _equal(*pairs.both("insee"), blank="")[1]


def _addresses(columns: Columns, pairs: Pairs) -> None:
    """Numbers agree when their ranges meet ("12-14", "14"), and are close up to 2 apart: one building has several."""
    first, last = pairs.arrays("first"), pairs.arrays("last")
    distance = np.maximum(first[0], first[1]).astype(float) - np.minimum(last[0], last[1]).astype(float)
    both = ~np.isnan(distance)
    gap = np.where(both, np.maximum(distance, 0.0), 0.0)
    columns["number_equal"] = (both & (gap == 0)).astype(float)
    columns["number_close"] = (both & (gap > 0) & (gap <= 2)).astype(float)
    columns["number_differs"] = (both & (gap > 2)).astype(float)
    columns["number_gap"] = np.minimum(gap, 40.0) / 40.0
    columns["number_missing"] = (np.isnan(first[0].astype(float)) ^ np.isnan(first[1].astype(float))).astype(float)
    columns["street"] = pairs.similar("street", fuzz.token_sort_ratio)
    columns["street_set"] = pairs.similar("street", fuzz.token_set_ratio)
    columns["street_missing"] = 1.0 - pairs.both_known("street")
    same_street = np.maximum(columns["street"], columns["street_set"] * (columns["street"] > 0.5)) >= 0.9
    columns["address_equal"] = columns["number_equal"] * same_street
    columns["address_close"] = columns["number_close"] * same_street
    columns["address_half"] = columns["number_missing"] * same_street
    numberless = np.isnan(first[0].astype(float)) & np.isnan(first[1].astype(float))
    columns["address_bare"] = (numberless & (columns["street"] >= 0.95)).astype(float)
    columns["address_apart"] = (columns["street_set"] < 0.7).astype(float) * pairs.both_known("street")
    columns["street_in_name"] = _street_in_name(pairs)


def _street_in_name(pairs: Pairs) -> Column:
    """1 where the last word of one street is in the other's name, whose own address is not known."""
    street = pairs.listings["street"]
    last = street.str.extract(r"([a-z]{5,})$")
    answer = np.zeros(len(pairs.left), bool)
    for near, far in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        may = np.flatnonzero(last.is_not_null().to_numpy()[near] & (street == "").to_numpy()[far])
        texts = pl.DataFrame({"word": last.gather(near[may]), "name": pairs.listings["bare"].gather(far[may])})
        answer[may[texts.select(pl.col("name").str.contains(pl.col("word"), literal=True))["name"].to_numpy()]] = True
    return answer.astype(float)


def _contacts(columns: Columns, pairs: Pairs) -> None:
    columns["phone_equal"], columns["phone_differs"] = _equal(*pairs.both("phone"))
    columns["host_equal"], columns["host_differs"] = _equal(*pairs.both("host"))
    columns["site_equal"], _ = _equal(*pairs.both("site"))
    columns["siret_equal"], columns["siret_differs"] = _equal(*pairs.both("siret"))
    columns["label_equal"], _ = _equal(*pairs.both("label"), blank="")
    columns["host_own"] = columns["host_equal"] * ~pairs.arrays("shared")[0].astype(bool)
    # The pages of a chain's hotels lie under one host.
    columns["path_differs"] = columns["host_equal"] * (1.0 - columns["site_equal"]) * (1.0 - columns["host_own"])
    columns["site_says"] = _site_says(pairs)
    left, right = pairs.both("source")
    columns["same_source"] = (left == right).to_numpy().astype(float)


def _site_says(pairs: Pairs) -> Column:
    """How well the web label of one side is the other's name: "coworking-development.com", "Development"."""
    labels, joined = (np.array(pairs.listings[name].to_list(), object) for name in ("label", "joined"))
    telling = (
        ((pairs.listings["label"].str.len_chars() >= _LETTERS) & ~pairs.listings["shared"]).to_numpy(),
        (pairs.listings["joined"].str.len_chars() >= _LETTERS).to_numpy(),
    )
    answer = np.zeros(len(pairs.left), np.float32)
    for near, far in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        may = np.flatnonzero(telling[0][near] & telling[1][far])
        if len(may):
            scores = cpdist(
                labels[near[may]], joined[far[may]], scorer=fuzz.partial_ratio, dtype=np.float32, workers=-1
            )
            answer[may] = np.maximum(answer[may], scores / 100.0)
    return answer


def _equal(a: pl.Series, b: pl.Series, blank: str | None = None) -> tuple[Column, Column]:
    """(equal, differs), both 0 when either is unknown."""
    known = a.is_not_null() & b.is_not_null()
    if blank is not None:
        known &= (a != blank) & (b != blank)
    equal = (a == b).fill_null(value=False)
    return (known & equal).to_numpy().astype(float), (known & ~equal).to_numpy().astype(float)


def _kinds(columns: Columns, pairs: Pairs) -> None:
    kinds = [str(kind) for kind in PlaceKind]
    at = pairs.listings["kind"].replace_strict(kinds, range(len(kinds)), return_dtype=pl.Int64).to_numpy()
    left, right = at[pairs.left], at[pairs.right]
    vague = (PlaceKind.OTHER, PlaceKind.PUBLIC_BODY, PlaceKind.ASSOCIATION, PlaceKind.COMPANY)
    open_ = np.isin(left, [kinds.index(kind) for kind in vague]) | np.isin(right, [kinds.index(kind) for kind in vague])
    columns["kind_equal"] = (left == right).astype(float)
    columns["kind_apart"] = _table(kinds, KINDS_APART)[left, right].astype(float)
    columns["kind_open"] = (open_ & (left != right)).astype(float)


def _roles(columns: Columns, pairs: Pairs) -> None:
    role, other_role = pairs.listings["role"].to_numpy(), pairs.listings["other_role"].to_numpy()
    a, b = role[pairs.left], role[pairs.right]
    unknown = ROLES.index("unknown")
    hosted = _HOSTED[a, b]
    columns["role_unknown"] = ((a == unknown) | (b == unknown)).astype(float)
    columns["role_equal"] = ((a == b) & (a != unknown)).astype(float)
    columns["role_hosted"] = hosted.astype(float)
    columns["role_differs"] = ((a != b) & (a != unknown) & (b != unknown) & ~hosted).astype(float)
    named = ((other_role[pairs.left] == b) & (b != unknown)) | ((other_role[pairs.right] == a) & (a != unknown))
    columns["role_said"] = ((a != b) & named).astype(float)
    for name, host in (("halls", "hall"), ("hotels", "hotel"), ("libraries", "library")):
        columns[f"both_{name}"] = ((a == ROLES.index(host)) & (b == ROLES.index(host))).astype(float)
    halls = [np.isin(side, (ROLES.index("hall"), ROLES.index("annexe"))) for side in (a, b)]
    town = (pairs.listings["joined"].str.len_chars() >= _TOWN_LETTERS).to_numpy()
    towns = halls[0] & halls[1] & town[pairs.left] & town[pairs.right]
    columns["towns_differ"] = (towns & (columns["bare_set"] < 0.7)).astype(float)
    for name, host in (("annexe", "annexe"), ("hall", "hall"), ("library", "library"), ("house", "france_services"),
                       ("epci", "epci")):  # fmt: skip
        columns[f"one_is_{name}"] = ((a == ROLES.index(host)) ^ (b == ROLES.index(host))).astype(float)


def _interactions(columns: Columns) -> None:
    """Interactions: products of columns that are worth more together than alone."""
    address = np.maximum(columns["address_equal"], 0.7 * np.maximum(columns["address_close"], columns["address_bare"]))
    columns["role_and_address"] = columns["role_equal"] * address
    columns["role_and_bare"] = columns["role_equal"] * columns["bare_sort"]
    columns["role_and_generic"] = columns["role_equal"] * columns["bare_both_missing"]
    columns["role_and_near"] = columns["role_equal"] * columns["near"]
    columns["rare_and_vague"] = columns["rare_max"] * columns["rare_best"] * columns["vague"]
    columns["rare_and_near"] = columns["rare_min"] * columns["near"]
    columns["rare_and_address"] = columns["rare_min"] * address
    columns["generic_and_address"] = columns["bare_both_missing"] * address
    columns["kind_and_near"] = columns["kind_equal"] * columns["near"]


def _table(values: list[str] | tuple[str, ...], pairs: frozenset[frozenset[str]]) -> npt.NDArray[np.bool_]:
    return np.array([[frozenset((row, column)) in pairs for column in values] for row in values], bool)


_HOSTED = _table(ROLES, HOSTED)
