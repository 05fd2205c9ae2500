"""Road networks on disk, as Valhalla's tiles.

    routing/
      CURRENT                  one line: the generation in force; replaced atomically
      20261124T080000000000Z/  the tiles, and `network.json`: out of which file, how large

A generation is whole before it gets its name, and the pointer moves last; the one before stays for who still reads it.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from geo.travel.router import RoutingUnavailable

CURRENT, MANIFEST = "CURRENT", "network.json"
CACHE_BYTES = 128_000_000
"""Of tiles, per thread."""
CAR_HORIZON_M = 1_200_000.0
"""Valhalla looks for ways of a 112th of this many seconds, three hours; by default one, less than may be asked for."""


class Noted(NamedTuple):
    """What is known of a generation."""

    folder: Path
    source: str
    built: datetime
    tiles: int
    bytes: int

    @classmethod
    def of(cls, generation: Path) -> Self:
        """What its builder wrote down. Raises FileNotFoundError, ValueError, KeyError."""
        told = json.loads((generation / MANIFEST).read_text(encoding="utf-8"))
        return cls(generation, told["source"], datetime.fromisoformat(told["built"]), told["tiles"], told["bytes"])

    def is_whole(self) -> bool:
        """Whether the tiles are as many and as large as they were: of a cut one, Valhalla only says that nobody lives
        there."""
        sizes = [path.stat().st_size for path in self.folder.rglob("*.gph")]
        return (len(sizes), sum(sizes)) == (self.tiles, self.bytes)

    def write(self) -> None:
        told = self._asdict() | {"built": self.built.isoformat()}
        del told["folder"]
        (self.folder / MANIFEST).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def has_network(folder: Path) -> bool:
    """Whether a network was ever built in this folder."""
    return (folder / CURRENT).is_file()


def current(folder: Path) -> Noted:
    """The generation in force. Raises RoutingUnavailable."""
    try:
        return Noted.of(folder / (folder / CURRENT).read_text(encoding="utf-8").strip())
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
    found = _with_defaults(config)
    found["mjolnir"] |= {"tile_dir": str(tiles.resolve()), "tile_extract": "", "max_cache_size": CACHE_BYTES}
    found["mjolnir"] |= dict.fromkeys(("admin", "timezone", "landmarks", "traffic_extract", "transit_dir"), "")
    found["service_limits"]["auto"]["max_matrix_distance"] = CAR_HORIZON_M
    found["thor"]["source_to_target_algorithm"] = "timedistancematrix"
    found["logging"] = {"type": ""}
    return found


def _with_defaults(node: dict[str, Any]) -> dict[str, Any]:
    """A copy (theirs is shared by all) without the settings that have no default."""
    from valhalla.valhalla_build_config import Optional

    return {
        name: _with_defaults(value) if isinstance(value, dict) else value
        for name, value in node.items()
        if not isinstance(value, Optional)
    }
