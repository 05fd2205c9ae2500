"""PlaceLibre and the engines that it is compared with, a file each, made of a world and its snapshot."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from geo.errors import InvalidInput
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.peer import Peer

PEERS: Mapping[str, tuple[str, str]] = {
    "placelibre": ("placelibre", "make"),
    "placelibre+overlay": ("overlay", "make"),
    "scan": ("scan", "make"),
    "balltree": ("balltree", "make"),
    "ckdtree": ("ckdtree", "make"),
    "strtree": ("strtree", "make"),
    "geoindex": ("geoindex", "make"),
    "sqlite": ("sqlite", "make"),
    "duckdb": ("duckdb", "make"),
    "postgis": ("postgis", "make"),
    "postgis-h3": ("postgis", "make_by_cells"),
}
"""Module and maker of each, in the order of the table."""


POSTGIS = "postgis"


def make(name: str, world: IndexInput, snapshot: Snapshot, store: str) -> Peer:
    """The peer of that name. `check_peers` says beforehand whether it can be made."""
    module, maker = PEERS[name]
    make_peer: Callable[[IndexInput, Snapshot, str], Peer] = getattr(_import(module), maker)
    return make_peer(world, snapshot, store)


def available(store: str) -> list[str]:
    """Peers that can answer here: those whose library is installed, PostGIS only when the store is one."""
    return [name for name in PEERS if _lack(name, store) is None]


def check_peers(names: Sequence[str], store: str) -> None:
    """Raises InvalidInput for a name that is no peer, and for a peer that lacks a library or a database, with the
    command that installs it; StoreUnavailable when the database does not answer or has no PostGIS."""
    for name in names:
        lack = _lack(name, store)
        if lack is not None:
            raise lack
    if any(PEERS[name][0] == POSTGIS for name in names):
        from service.bench.peers.postgis import check_server

        check_server(store)


def _lack(name: str, store: str) -> InvalidInput | None:
    """Why a peer cannot answer here, with the remedy; None when it can."""
    if name not in PEERS:
        listed = ", ".join(PEERS)
        return _invalid(
            name,
            f"« {name} » n'est pas un concurrent connu : choisissez parmi {listed}.",
            f"“{name}” is no peer we know: choose among {listed}.",
        )
    module, _ = PEERS[name]
    try:
        _import(module)
    except ImportError as error:
        return _invalid(
            name,
            f"Il manque « {error.name} » pour mesurer {name} : lancez « pip install 'placelibre[bench]' ».",
            f"“{error.name}” is missing to measure {name}: run “pip install 'placelibre[bench]'”.",
        )
    if module == POSTGIS and not store.startswith("postgresql"):
        return _invalid(
            name,
            f"Il manque une base PostGIS pour mesurer {name} : installez-la (apt-get install postgresql-postgis) "
            "et nommez-la par PLACELIBRE_STORE=postgresql://….",
            f"A PostGIS database is missing to measure {name}: install one (apt-get install postgresql-postgis) "
            "and name it by PLACELIBRE_STORE=postgresql://….",
        )
    return None


def _import(module: str) -> object:
    return import_module(f"service.bench.peers.{module}")


def _invalid(name: str, fr: str, en: str) -> InvalidInput:
    return InvalidInput(field="peers", value=name, fr=fr, en=en)
