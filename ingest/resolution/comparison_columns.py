"""Columns by which listings are compared, computed once each: bare names, house numbers, web hosts, blocking keys."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.reference.toponyms import fold
from geo.spatial.h3_cells import cells_of
from geo.types import Precision
from ingest.resolution import token_weights
from ingest.resolution.host_roles import ROLES, roles_of
from ingest.resolution.token_weights import BEGINNING

Ints = npt.NDArray[np.int64]

GENERIC = frozenset(
    (
        "de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "et", "en", "sur", "sous", "un", "une",
        "the", "of",
        "mairie", "hotel", "ville", "commune", "municipale", "municipal", "bibliotheque", "mediatheque", "ludotheque",
        "annexe", "deleguee", "france", "services", "service", "maison", "espace", "centre", "coworking", "fablab",
        "tiers", "lieu", "lieux", "association", "asso", "sarl", "sas", "scop", "scic", "eurl", "sa", "cafe",
        "restaurant",
        "bar", "bureau", "bureaux", "point", "relais", "site", "wifi", "public", "publique", "communal", "communale",
        "intercommunale", "communautaire", "msap", "cc", "ca", "ccas", "mediation", "multisites", "agglomeration",
        "agglo", "communaute", "communes", "reseau", "residence", "tourisme", "poste", "bp", "arrdt", "arrondissement",
        "etablissement", "etablissements", "societe", "cabinet", "agence", "groupe", "entreprise", "entreprises",
        "compagnie",
        "bistrot", "brasserie", "salon", "the", "pub", "auberge", "logis", "quartier", "foyer", "rural", "club",
        "salle",
        "ecole", "college", "lycee", "campus", "institut", "antenne", "pole",
        "lecture", "social", "sociale", "sociaux", "comptoir", "atelier", "ateliers", "partage", "partages", "labo",
        "amicale", "comite", "amis",
    )
)  # fmt: skip
"""Words that say what a place is rather than which one."""

GENERIC_HOSTS = frozenset(
    (
        "facebook.com",
        "fr-fr.facebook.com",
        "m.facebook.com",
        "instagram.com",
        "twitter.com",
        "linkedin.com",
        "linktr.ee",
    )
)
AFFIXES = 16
"""The beginnings and the endings of eight words: no more are kept of a name."""

COLUMNS: dict[str, Any] = {
    "listing": pl.Int64,
    "place_id": pl.Int64,
    "source": pl.String,
    "source_key": pl.String,
    "trust": pl.Int64,
    "name": pl.String,
    "kind": pl.String,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "precision": pl.String,
    "expected_m": pl.Float64,
    "insee": pl.String,
    "phone": pl.String,
    "siret": pl.String,
    "sources": pl.String,
    "folded": pl.String,
    "bare": pl.String,
    "number": pl.String,
    "until": pl.Int64,
    "street": pl.String,
    "host": pl.String,
    "site": pl.String,
    "role": pl.Int64,
    "other_role": pl.Int64,
    "affixes": pl.Array(pl.UInt16, AFFIXES),
    "keys": pl.List(pl.Int64),
    "cell": pl.Int64,
}
VAGUE = (str(Precision.COMMUNE), str(Precision.LOCALITY))
"""Precisions of points from which no distance is measured."""
OWN: dict[str, Any] = dict(list(COLUMNS.items())[list(COLUMNS).index("folded") :])
"""A derived listing: `folded` name, `bare` name (without generic words and its town), house `number` and `street` as
compared, web `host` and `site` (host and path), the `affixes` of its bare words, hashed (0: no further one), its
blocking `keys` and H3 cell (0 when its position is only its commune's)."""

_SALT = {name: np.uint64(i * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) for i, name in enumerate("CPWSAND", start=1)}
MAX_NAME_KEYS = 7
TELLING = 0.45
"""Words of a smaller weight are in too many names to be blocking keys."""
RARE_LETTERS = 3


def derive(listings: pl.DataFrame) -> pl.DataFrame:
    """Derives the columns of comparison (`COLUMNS`) of listings (`ingest.resolution.stored_listings.STORED`)."""
    return listings.hstack(comparable(listings)).select(*COLUMNS)


def comparable(facts: pl.DataFrame) -> pl.DataFrame:
    """The columns of `OWN` for facts (`ingest.rows.facts.SCHEMA`). Each row only depends on itself."""
    folded = [_unify(fold(name)) for name in facts["name"]]
    towns = [_town_words(town) for town in facts["commune"]]
    bare = [
        [word for word in name.split() if word not in GENERIC and word not in town]
        for name, town in zip(folded, towns, strict=True)
    ]
    address = facts["match_key"].str.split("|").list.get(-2, null_on_oob=True).fill_null("")
    site = facts["website"].str.replace(r"^https?://(?:www\.)?", "").str.strip_chars_end("/")
    host = site.str.split("/").list.get(0, null_on_oob=True)
    roles = [
        roles_of(name, kind, siret) for name, kind, siret in zip(folded, facts["kind"], facts["siret"], strict=True)
    ]
    own = pl.DataFrame(
        {
            "folded": pl.Series(folded, dtype=pl.String),
            "bare": pl.Series([" ".join(words) for words in bare], dtype=pl.String),
            "number": address.str.extract(r"^(\d+[a-z]?)\b").fill_null(""),
            "until": facts["address"].str.extract(r"^\s*\d{1,4}\s*[-/à]\s*(\d{1,4})\b").cast(pl.Int64),
            "street": address.str.replace(r"^(?:@.*|\d+[a-z]?\b\s*)", ""),
            "host": host.set(host.is_in(list(GENERIC_HOSTS)).fill_null(value=False), None),
            "site": site,
            "role": pl.Series([role for role, _ in roles], dtype=pl.Int64),
            "other_role": pl.Series([other for _, other in roles], dtype=pl.Int64),
            "affixes": _affix_column(bare),
        }
    )
    cells = _cells(facts)
    keys = _keys(facts.select("insee", "phone", "siret").hstack(own), bare, cells)
    return own.with_columns(keys.alias("keys"), pl.Series("cell", cells, pl.Int64))


def _unify(folded: str) -> str:
    """One spelling for names of bodies that people spell in several ways."""
    if "c" in folded[:200] or "m" in folded:
        for words, short in _SPELLINGS:
            if words in folded:
                folded = folded.replace(words, short)
    return folded


_SPELLINGS = (
    ("centre communal d action sociale", "ccas"), ("communaute de communes", "cc"), ("communaute d agglomeration",
    "ca"), ("maison de services au public", "msap"), ("maison des services au public", "msap"), ("fab lab", "fablab"),
    ("co working", "coworking"), ("media theque", "mediatheque"), ("centre socio culturel", "centre socioculturel"),
    ("point information mediation multi services", "pimms"), ("pimms mediation", "pimms"), ("tierslieu", "tiers lieu"),
)  # fmt: skip


@lru_cache(maxsize=50_000)
def _town_words(town: str) -> frozenset[str]:
    return frozenset(fold(town).split())


def _affix_column(bare: list[list[str]]) -> pl.Series:
    flat = [number for words in bare for number in _affixes(tuple(words))]
    return pl.Series(np.array(flat, np.uint16).reshape(len(bare), AFFIXES), dtype=COLUMNS["affixes"])


@lru_cache(maxsize=200_000)
def _affixes(words: tuple[str, ...]) -> list[int]:
    """The first and the last three letters of each bare word: names without a common one share no word, typos
    aside."""
    numbers: dict[int, None] = {}
    for word in words[: AFFIXES // 2]:
        for salt, part in enumerate((word[:3], word[-3:]), start=1):
            number = salt
            for letter in part:
                number = number * 131 + ord(letter)
            numbers[number % 65_535 + 1] = None
    return [*numbers, *[0] * (AFFIXES - len(numbers))]


def _cells(frame: pl.DataFrame) -> Ints:
    """H3 cells at resolution 10 of the positions that are good enough to be near something."""
    placed = np.flatnonzero(~frame["precision"].is_in(VAGUE).to_numpy())
    points = frame.select("lon", "lat")[placed]
    cells = np.zeros(frame.height, np.int64)
    cells[placed] = cells_of(points["lon"].to_list(), points["lat"].to_list(), 10).view(np.int64)
    return cells


def _keys(frame: pl.DataFrame, bare: list[list[str]], cells: Ints) -> pl.Series:
    """Blocking keys: same cell; in one commune the same telephone, address or telling word of the name; same SIRET;
    in one département the same site of its own, or the same name with a rare word in it."""
    insee = frame["insee"]
    rows, words = _name_keys(frame, bare)
    own = ~frame["host"].is_in(list(token_weights.load_statistics().hosts))
    where = pl.select(pl.when(own).then(insee.str.slice(0, 2)).otherwise(insee))["insee"]
    whole = pl.Series([_whole(tuple(words)) for words in bare], dtype=pl.String)
    parts = [
        (np.flatnonzero(cells), mixed("C", cells[np.flatnonzero(cells)].view(np.uint64))),
        _hashed("P", frame["phone"].is_not_null().to_numpy(), insee + "|" + frame["phone"]),
        _hashed("W", frame["host"].is_not_null().to_numpy(), where + "|" + frame["site"]),
        _hashed("S", frame["siret"].is_not_null().to_numpy(), frame["siret"]),
        _hashed("A", (frame["street"] != "").to_numpy(), insee + "|" + frame["number"] + "|" + frame["street"]),
        _hashed("D", whole.is_not_null().to_numpy(), insee.str.slice(0, 2) + "|" + whole),
        (rows, _digest("N", insee.gather(rows) + "|" + words)),
    ]
    rows = np.concatenate([row for row, _ in parts])
    keys = np.concatenate([key for _, key in parts]).view(np.int64)
    grouped = pl.DataFrame({"row": rows, "key": keys}).group_by("row", maintain_order=True).agg("key")
    at = pl.DataFrame({"row": np.arange(frame.height)})
    return at.join(grouped, on="row", how="left", maintain_order="left")["key"].fill_null(
        pl.lit([], dtype=pl.List(pl.Int64))
    )


def _name_keys(frame: pl.DataFrame, bare: list[list[str]]) -> tuple[Ints, pl.Series]:
    """(rows, words): the telling words of each name; its hosts for a name that has none of its own, as town halls."""
    words = []
    for own, role, other in zip(bare, frame["role"].to_list(), frame["other_role"].to_list(), strict=True):
        words.append(_telling(tuple(own)) if own else _HOSTS[role] if role == other else _HOSTS[role] + _HOSTS[other])
    counts = np.fromiter(map(len, words), np.int64, len(words))
    return np.repeat(np.arange(len(words)), counts), pl.Series([w for own in words for w in own], dtype=pl.String)


_HOSTS = tuple((f"@{role}",) if role != "unknown" else ("@",) for role in ROLES)


@lru_cache(maxsize=200_000)
def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    """The beginnings of the most telling words; very common ones ("saint", "ibis") only when there is no other.

    This bounds blocks by the words of names, never by the number of listings: the order of imports does not matter.
    """
    weights = token_weights.load_statistics().weights
    ranked = sorted({word: weights.get(word, 1.0) for word in words}.items(), key=lambda item: (-item[1], item[0]))
    telling = [word for word, weight in ranked if weight >= TELLING] or [word for word, _ in ranked]
    return tuple(dict.fromkeys(word[:BEGINNING] for word in telling[:MAX_NAME_KEYS]))


@lru_cache(maxsize=200_000)
def _whole(words: tuple[str, ...]) -> str | None:
    """The sorted words of a name with a rare word, which is looked for beyond its commune; else None."""
    weights = token_weights.load_statistics().weights
    return " ".join(sorted(words)) if any(word not in weights and len(word) >= RARE_LETTERS for word in words) else None


def _hashed(letter: str, mask: npt.NDArray[np.bool_], text: pl.Series) -> tuple[Ints, npt.NDArray[np.uint64]]:
    rows = np.flatnonzero(mask)
    return rows, _digest(letter, text.gather(rows))


def _digest(letter: str, text: pl.Series) -> npt.NDArray[np.uint64]:
    """Stable 64-bit hashes of text: SipHash with a fixed key, as pandas defines it, salted by the type of key."""
    from pandas.util import hash_array

    if text.is_empty():
        return np.zeros(0, np.uint64)
    return mixed(letter, hash_array(text.to_numpy().astype(object), categorize=True))


def mixed(letter: str, numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Numbers of one type of key, spread over 64 bits (the finaliser of MurmurHash3)."""
    with np.errstate(over="ignore"):
        x = numbers ^ _SALT[letter]
        x ^= x >> np.uint64(33)
        x *= np.uint64(0xFF51AFD7ED558CCD)
        x ^= x >> np.uint64(33)
        x *= np.uint64(0xC4CEB9FE1A85EC53)
        return x ^ (x >> np.uint64(33))
