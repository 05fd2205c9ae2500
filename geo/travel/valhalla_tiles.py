"""Road networks on disk, as Valhalla's tiles.

    routing/
      CURRENT                  one line: the current generation; replaced atomically
      20261124T080000000000Z/  the tiles, and `network.json`: source file, size

A generation is complete before it gets its name, and the pointer moves last. The generation before stays for processes
that still read it.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from geo.travel.router import RoutingUnavailable

CURRENT, MANIFEST = "CURRENT", "network.json"
CACHE_BYTES = 128_000_000
"""Memory for tiles, per thread."""
CAR_HORIZON_M = 1_200_000.0
"""Valhalla searches for ways of at most a 112th of this in seconds: three hours. One hour, its default, is less."""


class NetworkManifest(NamedTuple):
    """Source and size of a generation of tiles."""

    folder: Path
    source: str
    built: datetime
    tiles: int
    bytes: int

    @classmethod
    def read(cls, generation: Path) -> Self:
        """Reads the manifest of a generation. Raises FileNotFoundError, ValueError, KeyError."""
        fields = json.loads((generation / MANIFEST).read_text(encoding="utf-8"))
        return cls(
            generation, fields["source"], datetime.fromisoformat(fields["built"]), fields["tiles"], fields["bytes"]
        )

    def is_whole(self) -> bool:
        """Whether number and size of the tiles are those of the manifest: Valhalla treats a truncated tile as empty."""
        sizes = [path.stat().st_size for path in self.folder.rglob("*.gph")]
        return (len(sizes), sum(sizes)) == (self.tiles, self.bytes)

    def write(self) -> None:
        fields = self._asdict() | {"built": self.built.isoformat()}
        del fields["folder"]
        (self.folder / MANIFEST).write_text(json.dumps(fields, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def has_network(folder: Path) -> bool:
    """Whether this folder has a network."""
    return (folder / CURRENT).is_file()


def current(folder: Path) -> NetworkManifest:
    """The current generation. Raises RoutingUnavailable."""
    try:
        return NetworkManifest.read(folder / (folder / CURRENT).read_text(encoding="utf-8").strip())
    except (OSError, ValueError, KeyError) as error:
        raise RoutingUnavailable(
            fr=f"il n'y a pas de réseau utilisable dans {folder} ; lancez « placelibre routing build »",
            en=f"there is no usable network in {folder}; run “placelibre routing build”",
        ) from error


def configuration(tiles: Path) -> dict[str, Any]:
    """Valhalla's settings for a folder of tiles. Raises RoutingUnavailable when Valhalla is not installed."""
    try:
        from valhalla.valhalla_build_config import config
    except ImportError as error:
        raise RoutingUnavailable(
            fr="Valhalla n'est pas installé ; lancez « pip install 'placelibre[routing]' »",
            en="Valhalla is not installed; run “pip install 'placelibre[routing]'”",
        ) from error
    settings = _with_defaults(config)
    settings["mjolnir"] |= {"tile_dir": str(tiles.resolve()), "tile_extract": "", "max_cache_size": CACHE_BYTES}
    settings["mjolnir"] |= dict.fromkeys(("admin", "timezone", "landmarks", "traffic_extract", "transit_dir"), "")
    settings["service_limits"]["auto"]["max_matrix_distance"] = CAR_HORIZON_M
    settings["thor"]["source_to_target_algorithm"] = "timedistancematrix"
    settings["logging"] = {"type": ""}
    return settings


def _with_defaults(node: dict[str, Any]) -> dict[str, Any]:
    """A copy, because the package shares one dictionary, without the settings that have no default."""
    from valhalla.valhalla_build_config import Optional

    return {
        name: _with_defaults(value) if isinstance(value, dict) else value
        for name, value in node.items()
        if not isinstance(value, Optional)
    }
