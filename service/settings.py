"""Every setting, in one place. Only this module reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from geo.errors import LANGUAGES, InvalidInput

PREFIX = "PLACELIBRE_"
ROOT = Path(__file__).resolve().parent.parent
ROUTING = "var/routing"
"""Where a network is looked for unless said otherwise: nothing is amiss when there is none."""


def _setting(default: Any, help_text: str, unit: str = "") -> Any:
    return field(default=default, metadata={"help": help_text, "unit": unit})


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose. Each field is read from `PLACELIBRE_` + its name in capitals."""

    store: str = _setting("sqlite:///var/placelibre.db", "Database: sqlite:///FILE or postgresql://USER@HOST/NAME")
    index: Path = _setting(Path("var/index"), "Folder of the search index")
    addresses: Path = _setting(Path("var/addresses"), "Folder of the address index made by geocode-index")
    routing: str = _setting(
        ROUTING, "Travel times: folder of the network made by routing build, or the URL of a Valhalla"
    )
    uploads: Path = _setting(Path("var/uploads"), "Folder of lists waiting to be published, kept one day")
    staging: Path = _setting(Path("var/staging"), "Folder of lists being imported, so that a killed import goes on")
    mappings: Path = _setting(Path("var/mappings"), "Folder of the saved mappings, one small file per list")
    weights: Path = _setting(Path("var/weights.json"), "File of the learned weights that a person accepted")
    search_log_days: int = _setting(180, "How long what consenting visitors were shown and chose is kept", "days")
    per_host: int = _setting(0, "Results of one host on the first page at most; 0: as many as rank there")
    new_floor: float = _setting(0.0, "Share of the first page kept for spaces known for at most 90 days; 0: none")
    secret: Path = _setting(Path("var/secret"), "File of the secret behind members' pseudonyms, made on first use")
    data: Path = _setting(ROOT / "data", "Folder of the reference data shipped with PlaceLibre")
    host: str = _setting("127.0.0.1", "Address to listen on")
    port: int = _setting(8000, "Port to listen on")
    language: str = _setting("fr", "Language of messages when none is asked for: fr or en")
    basemap: str = _setting("auto", "Background of maps: auto (IGN when it answers) or offline (our outlines only)")
    upload_limit_mb: int = _setting(20, "Largest list accepted by the import page", "MB")
    feed_limit_mb: int = _setting(400, "Largest list that the worker fetches from a URL", "MB")
    feed_timeout_s: float = _setting(300.0, "Longest time that fetching one list may take", "s")
    refresh_s: float = _setting(0.5, "How often a worker looks for changes made by others", "s")

    def __post_init__(self) -> None:
        for name, allowed in (("language", LANGUAGES), ("basemap", ("auto", "offline"))):
            if getattr(self, name) not in allowed:
                raise _wrong(name, getattr(self, name), " / ".join(allowed))
        if self.search_log_days < 1:
            raise _wrong("search_log_days", self.search_log_days, "180")


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Raises InvalidInput naming the variable that is wrong."""
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        raw = environment.get(PREFIX + setting.name.upper())
        if raw is None or raw == "":
            continue
        kind: type = type(setting.default)
        try:
            values[setting.name] = Path(raw) if isinstance(setting.default, Path) else kind(raw)
        except ValueError as error:
            raise _wrong(setting.name, raw, "123" if kind is int else "0.5") from error
    return Settings(**values)


def described() -> list[dict[str, str]]:
    """Name, default, unit and help of every setting, as shown in the documentation and by `check`."""
    rows = []
    for setting in fields(Settings):
        default = "data" if setting.name == "data" else str(setting.default)
        rows.append(
            {
                "name": PREFIX + setting.name.upper(),
                "default": default,
                "unit": str(setting.metadata["unit"]),
                "help": str(setting.metadata["help"]),
            }
        )
    return rows


def _wrong(name: str, value: object, expected: str) -> InvalidInput:
    variable = PREFIX + name.upper()
    return InvalidInput(
        field=variable,
        value=value,
        fr=f"{variable} vaut « {value} », ce qui n'est pas accepté : donnez {expected}.",
        en=f"{variable} is “{value}”, which is not accepted: give {expected}.",
    )
