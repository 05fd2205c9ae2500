"""Who answers: PlaceLibre and its peers, a file each, made of a world and its snapshot."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec

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


def make(name: str, world: IndexInput, snapshot: Snapshot, store: str) -> Peer:
    """The peer of that name. Raises ImportError when its library is not there."""
    module, maker = PEERS[name]
    found: Callable[[IndexInput, Snapshot, str], Peer] = getattr(import_module(f"service.bench.peers.{module}"), maker)
    return found(world, snapshot, store)


def available(store: str) -> list[str]:
    """Peers that can answer here: PostGIS only when the store is one."""
    here = []
    for name, (module, _) in PEERS.items():
        library = _LIBRARIES.get(module)
        is_here = library is None or find_spec(library) is not None
        if is_here and (module != "postgis" or store.startswith("postgresql")):
            here.append(name)
    return here


_LIBRARIES = {"geoindex": "geoindex_rs", "duckdb": "duckdb"}
"""Those that PlaceLibre itself does not need."""
