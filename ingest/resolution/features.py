"""Pairs of listings as numbers. What is missing is never equal: it has a column of its own."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from geo.distance import haversine_array_m
from geo.types import PlaceKind, Precision
from ingest.resolution.roles import HOSTED, ROLES

Ints = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]

NAMES = (
    *("name_sort", "name_set", "bare_sort", "bare_set", "bare_jaro", "bare_missing", "bare_both_missing", "bare_equal"),
    *("bare_partial", "near", "far", "log_m", "vague", "vague_both"),
    *("number_equal", "number_differs", "street", "street_missing", "address_equal"),
    *("phone_equal", "phone_differs", "host_equal", "host_differs", "site_equal", "siret_equal", "siret_differs"),
    *("kind_equal", "kind_apart", "kind_open", "one_is_mairie", "both_mairie", "one_is_france_services", "same_source"),
    *("name_and_near", "bare_and_phone", "bare_and_address", "kind_and_address", "bare_and_kind", "generic_and_kind"),
    *("vague_and_bare", "phone_and_kind", "insee_differs"),
    *(
        "role_equal",
        "role_differs",
        "role_hosted",
        "role_unknown",
        "both_halls",
        "one_is_annexe",
        "one_is_hall",
        "one_is_library",
    ),
    *("one_is_house", "one_is_epci", "hosted_and_bare", "role_and_address", "role_and_bare", "role_and_generic"),
    *("number_gap", "words_common", "words_apart", "digits_differ", "street_and_bare", "same_source_and_address"),
    *("name_equal", "name_equal_and_address", "name_equal_and_street", "name_equal_and_near"),
)

COMPARED = (
    *("source", "kind", "lon", "lat", "precision", "insee", "phone", "siret", "folded", "bare", "number", "street"),
    *("host", "site", "role"),
)

APART: frozenset[frozenset[str]] = frozenset(
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


def matrix(derived: pl.DataFrame, left: Ints, right: Ints) -> Matrix:
    """One row per pair, one column per name of `NAMES`, each in about [-1, 1]."""
    compared = derived.select(COMPARED)  # gathering the others, keys above all, would take most of the time
    one, other = compared[left], compared[right]
    columns: dict[str, npt.NDArray[np.floating]] = {}
    _names(columns, one, other)
    _positions(columns, one, other)
    _addresses(columns, one, other)
    _contacts(columns, one, other)
    _kinds(columns, one, other)
    _roles(columns, one, other)
    _words(columns, one, other)
    _together(columns)
    return np.column_stack([columns[name].astype(np.float32) for name in NAMES])


Columns = dict[str, npt.NDArray[np.floating]]


def _names(columns: Columns, one: pl.DataFrame, other: pl.DataFrame) -> None:
    a, b = one["folded"].to_list(), other["folded"].to_list()
    columns["name_sort"] = _similar(fuzz.token_sort_ratio, a, b)
    columns["name_set"] = _similar(fuzz.token_set_ratio, a, b)
    a, b = one["bare"].to_list(), other["bare"].to_list()
    missing_a, missing_b = (one["bare"] == "").to_numpy(), (other["bare"] == "").to_numpy()
    known = (~missing_a & ~missing_b).astype(float)
    columns["bare_sort"] = _similar(fuzz.token_sort_ratio, a, b) * known
    columns["bare_set"] = _similar(fuzz.token_set_ratio, a, b) * known
    columns["bare_partial"] = _similar(fuzz.partial_ratio, a, b) * known
    columns["bare_jaro"] = _similar(JaroWinkler.normalized_similarity, a, b, 1.0) * known
    columns["bare_missing"] = (missing_a ^ missing_b).astype(float)
    columns["bare_both_missing"] = (missing_a & missing_b).astype(float)
    columns["bare_equal"] = (one["bare"] == other["bare"]).to_numpy() * known


def _similar(scorer: Callable[..., float], a: list[str], b: list[str], best: float = 100.0) -> npt.NDArray[np.floating]:
    if not a:
        return np.zeros(0)
    return cpdist(a, b, scorer=scorer, dtype=np.float32, workers=1) / best


def _positions(columns: Columns, one: pl.DataFrame, other: pl.DataFrame) -> None:
    metres = haversine_array_m(*(part[name].to_numpy() for part in (one, other) for name in ("lon", "lat")))
    vague = [
        part["precision"].is_in([str(Precision.COMMUNE), str(Precision.LOCALITY)]).to_numpy() for part in (one, other)
    ]
    known = (~vague[0] & ~vague[1]).astype(float)
    columns["near"] = np.exp(-metres / 80.0) * known
    columns["far"] = np.clip(metres / 500.0, 0.0, 2.0) * known
    columns["log_m"] = np.log10(1.0 + metres) / 4.0 * known
    columns["vague"] = (vague[0] | vague[1]).astype(float)
    columns["vague_both"] = (vague[0] & vague[1]).astype(float)


def _addresses(columns: Columns, one: pl.DataFrame, other: pl.DataFrame) -> None:
    equal, differs = _compared(one["number"], other["number"], blank="")
    columns["number_equal"], columns["number_differs"] = equal, differs
    streets = [part["street"].to_list() for part in (one, other)]
    known = ((one["street"] != "") & (other["street"] != "")).to_numpy().astype(float)
    columns["street"] = _similar(fuzz.token_sort_ratio, streets[0], streets[1]) * known
    columns["street_missing"] = 1.0 - known
    columns["address_equal"] = equal * (columns["street"] >= 0.9)


def _contacts(columns: Columns, one: pl.DataFrame, other: pl.DataFrame) -> None:
    columns["phone_equal"], columns["phone_differs"] = _compared(one["phone"], other["phone"])
    columns["host_equal"], columns["host_differs"] = _compared(one["host"], other["host"])
    columns["site_equal"], _ = _compared(one["site"], other["site"])
    columns["siret_equal"], columns["siret_differs"] = _compared(one["siret"], other["siret"])
    columns["insee_differs"] = _compared(one["insee"], other["insee"], blank="")[1]
    columns["same_source"] = (one["source"] == other["source"]).to_numpy().astype(float)


def _compared(
    a: pl.Series, b: pl.Series, blank: str | None = None
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """(equal, differs), both 0 when either is unknown."""
    known = a.is_not_null() & b.is_not_null()
    if blank is not None:
        known &= (a != blank) & (b != blank)
    equal = (a == b).fill_null(value=False)
    return (known & equal).to_numpy().astype(float), (known & ~equal).to_numpy().astype(float)


def _kinds(columns: Columns, one: pl.DataFrame, other: pl.DataFrame) -> None:
    a, b = one["kind"], other["kind"]
    apart = pl.Series([f"{x}|{y}" for pair in APART for x, y in (sorted(pair), sorted(pair, reverse=True))])
    open_ = [str(PlaceKind.OTHER), str(PlaceKind.PUBLIC_BODY), str(PlaceKind.ASSOCIATION), str(PlaceKind.COMPANY)]
    equal = (a == b).to_numpy()
    columns["kind_equal"] = equal.astype(float)
    columns["kind_apart"] = (a + "|" + b).is_in(apart.implode()).to_numpy().astype(float)
    columns["kind_open"] = ((a.is_in(open_) | b.is_in(open_)).to_numpy() & ~equal).astype(float)
    mairie = [(part["kind"] == PlaceKind.MAIRIE).to_numpy() for part in (one, other)]
    columns["one_is_mairie"] = (mairie[0] ^ mairie[1]).astype(float)
    columns["both_mairie"] = (mairie[0] & mairie[1]).astype(float)
    house = [(part["kind"] == PlaceKind.FRANCE_SERVICES).to_numpy() for part in (one, other)]
    columns["one_is_france_services"] = (house[0] ^ house[1]).astype(float)


def _roles(columns: Columns, one: pl.DataFrame, other: pl.DataFrame) -> None:
    a, b = one["role"].to_numpy(), other["role"].to_numpy()
    unknown = ROLES.index("unknown")
    columns["role_unknown"] = ((a == unknown) | (b == unknown)).astype(float)
    columns["role_equal"] = ((a == b) & (a != unknown)).astype(float)
    columns["role_hosted"] = _HOSTED[a, b].astype(float)
    columns["role_differs"] = ((a != b) & (a != unknown) & (b != unknown) & ~_HOSTED[a, b]).astype(float)
    columns["both_halls"] = ((a == ROLES.index("hall")) & (b == ROLES.index("hall"))).astype(float)
    for name, role in (
        ("annexe", "annexe"),
        ("hall", "hall"),
        ("library", "library"),
        ("house", "france_services"),
        ("epci", "epci"),
    ):
        here = ROLES.index(role)
        columns[f"one_is_{name}"] = ((a == here) ^ (b == here)).astype(float)


def _hosted() -> npt.NDArray[np.bool_]:
    table = np.zeros((len(ROLES), len(ROLES)), bool)
    for i, one in enumerate(ROLES):
        for j, other in enumerate(ROLES):
            table[i, j] = frozenset((one, other)) in HOSTED
    return table


_HOSTED = _hosted()


def _words(columns: Columns, one: pl.DataFrame, other: pl.DataFrame) -> None:
    """How many words of the bare names are common, and how many are not; and whether numbers in the names differ."""
    a, b = one["bare"].str.split(" "), other["bare"].str.split(" ")
    both = pl.DataFrame({"a": a, "b": b})
    counted = both.select(
        common=pl.col("a").list.set_intersection("b").list.len(),
        apart=pl.col("a").list.set_symmetric_difference("b").list.len(),
    )
    known = ((one["bare"] != "") & (other["bare"] != "")).to_numpy()
    columns["words_common"] = np.minimum(counted["common"].to_numpy(), 4) / 4.0 * known
    columns["words_apart"] = np.minimum(counted["apart"].to_numpy(), 6) / 6.0 * known
    digits = [
        part["folded"]
        .str.extract_all(r"\b(?:\d+|i{2,3}|annexe|nord|sud|est|ouest)\b")
        .list.unique()
        .list.sort()
        .list.join(" ")
        for part in (one, other)
    ]
    columns["digits_differ"] = (digits[0] != digits[1]).to_numpy().astype(float)
    numbers = [part["number"].str.extract(r"^(\d+)").cast(pl.Int64, strict=False) for part in (one, other)]
    gap = (numbers[0] - numbers[1]).abs().fill_null(0).to_numpy()
    columns["number_gap"] = np.minimum(gap, 40) / 40.0


def _together(columns: Columns) -> None:
    columns["name_and_near"] = columns["name_sort"] * columns["near"]
    columns["bare_and_phone"] = columns["bare_sort"] * columns["phone_equal"]
    columns["bare_and_address"] = columns["bare_sort"] * columns["address_equal"]
    columns["kind_and_address"] = columns["kind_equal"] * columns["address_equal"]
    columns["bare_and_kind"] = columns["bare_sort"] * columns["kind_equal"]
    columns["generic_and_kind"] = columns["bare_both_missing"] * columns["kind_equal"]
    columns["vague_and_bare"] = columns["vague"] * columns["bare_sort"]
    columns["phone_and_kind"] = columns["phone_equal"] * columns["kind_equal"]
    columns["hosted_and_bare"] = columns["role_hosted"] * columns["bare_set"]
    columns["role_and_address"] = columns["role_equal"] * columns["address_equal"]
    columns["role_and_bare"] = columns["role_equal"] * columns["bare_sort"]
    columns["role_and_generic"] = columns["role_equal"] * columns["bare_both_missing"]
    columns["street_and_bare"] = columns["street"] * columns["bare_set"]
    columns["name_equal"] = (columns["name_sort"] >= 0.999).astype(float)
    columns["name_equal_and_address"] = columns["name_equal"] * columns["address_equal"]
    columns["name_equal_and_street"] = columns["name_equal"] * columns["street"]
    columns["name_equal_and_near"] = columns["name_equal"] * columns["near"]
    columns["same_source_and_address"] = columns["same_source"] * columns["address_equal"]
