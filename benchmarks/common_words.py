"""Builds `ingest/resolution/word_statistics.json`: how often words are in names, and the hosts that many places share.

    python -m benchmarks.common_words

Counted over the shipped lists only (`data/lists`), over distinct names, labels of pairs unseen.
"""

import csv
import gzip
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from geo.reference.toponyms import fold
from ingest.resolution.token_weights import FILE

ROOT = Path(__file__).resolve().parents[1]
LEAST = 8
"""Words in fewer names than this are not kept: they are rare."""
COMMUNES = 3
"""From this number of postcodes on a host is shared: a chain, a platform, a network of libraries."""

COLUMNS: dict[str, tuple[str, str, str, str]] = {
    "mairies": (",", "nom", "insee", "mairie_site"),
    "cget_2019": (",", "NOM_TL", "CP", "WEB"),
    "libraries": (",", "nom_de_l_etablissement", "CP", "site_internet"),
    "france_services": (",", "lib_fs", "code_postal", ""),
    "hotels": (";", "NOM COMMERCIAL", "CODE POSTAL", "SITE INTERNET"),
}
"""Of each list: delimiter, name, where, site."""


def rows() -> Iterator[tuple[str, str, str]]:
    """(name, where, site) of every row of the shipped lists."""
    for name, (delimiter, *columns) in COLUMNS.items():
        text = gzip.decompress((ROOT / "data" / "lists" / f"{name}.csv.gz").read_bytes()).decode("utf-8-sig")
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter):
            said, where, site = (row.get(column) or "" for column in columns)
            yield said, where, site


def host_of(site: str) -> str:
    """The host of a web address, "" when there is none."""
    bare = site.strip().lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    host = bare.partition("/")[0].partition("?")[0]
    return host if "." in host and " " not in host else ""


def main() -> None:
    names: set[str] = set()
    places: dict[str, set[str]] = defaultdict(set)
    for said, where, site in rows():
        names.add(fold(said))
        if host := host_of(site):
            places[host].add(where)
    words = Counter(word for name in names for word in set(name.split()))
    kept = {word: count for word, count in sorted(words.items()) if count >= LEAST}
    shared = sorted(host for host, found in places.items() if len(found) >= COMMUNES)
    path = ROOT / "ingest" / "resolution" / FILE
    path.write_text(json.dumps({"names": len(names), "words": kept, "hosts": shared}, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
