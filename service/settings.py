"""Every setting, in one place. Only this module reads the environment."""

import math
import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from geo.errors import LANGUAGES, InvalidInput

PREFIX = "PLACELIBRE_"
ROOT = Path(__file__).resolve().parent.parent
HOME = Path("var")
STORE_FILE = "placelibre.db"


def _setting(
    default: Any,
    help_text: str,
    unit: str = "",
    *,
    least: float = -math.inf,
    most: float = math.inf,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field with its documentation and its bounds, both included; `choices` are the words that it accepts."""
    metadata = {"help": help_text, "unit": unit, "least": least, "most": most, "choices": choices}
    return field(default=default, metadata=metadata)


def _in_home(name: str, help_text: str) -> Any:
    """A file or folder: by default the one of that name in the home."""
    return field(default=None, metadata={"help": help_text, "unit": "", "in_home": name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may choose. Each field is read from `PLACELIBRE_` + its name in capitals.

    Relative paths start at the working directory. Raises InvalidInput for a value out of bounds.
    """

    home: Path = _setting(HOME, "Folder of everything that this installation keeps; each piece can also be named below")
    store: str = _in_home(STORE_FILE, "Database: sqlite:///FILE or postgresql://USER@HOST/NAME")
    index: Path = _in_home("index", "Folder of the search index")
    addresses: Path = _in_home("addresses", "Folder of the address index made by geocode-index")
    routing: str = _in_home(
        "routing", "Travel times: folder of the network made by routing build, or the URL of a Valhalla"
    )
    uploads: Path = _in_home("uploads", "Folder of lists waiting to be published, kept one day")
    staging: Path = _in_home("staging", "Folder of lists being imported, so that a killed import goes on")
    mappings: Path = _in_home("mappings", "Folder of the saved mappings, one small file per list")
    weights: Path = _in_home("weights.json", "File of the learned weights that a person accepted")
    search_log_days: int = _setting(
        180, "How long what consenting visitors were shown and chose is kept", "days", least=1, most=36_500
    )
    per_host: int = _setting(0, "Results of one host on the first page at most; 0: as many as rank there", least=0)
    new_floor: float = _setting(
        0.0, "Share of the first page kept for spaces known for at most 90 days; 0: none", least=0, most=1
    )
    secret: Path = _in_home("secret", "File of the secret behind members' pseudonyms, made on first use")
    data: Path = _setting(ROOT / "data", "Folder of the reference data shipped with PlaceLibre")
    host: str = _setting("127.0.0.1", "Address to listen on")
    port: int = _setting(8000, "Port to listen on", least=0, most=65_535)
    language: str = _setting("fr", "Language of messages when none is asked for: fr or en", choices=LANGUAGES)
    basemap: str = _setting(
        "auto",
        "Background of maps: auto (IGN when it answers) or offline (our outlines only)",
        choices=("auto", "offline"),
    )
    upload_limit_mb: int = _setting(20, "Largest list accepted by the import page", "MB", least=1)
    feed_limit_mb: int = _setting(400, "Largest list that the worker fetches from a URL", "MB", least=1)
    feed_timeout_s: float = _setting(300.0, "Longest time that fetching one list may take", "s", least=1)
    refresh_s: float = _setting(0.5, "How often a worker looks for changes made by others", "s", least=0)

    def __post_init__(self) -> None:
        for setting in fields(self):
            if "in_home" not in setting.metadata:
                _check(setting, getattr(self, setting.name))
            elif getattr(self, setting.name) is None:
                object.__setattr__(self, setting.name, _path_in_home(setting, self.home))

    @property
    def is_routing_optional(self) -> bool:
        """Whether no network was named, so that none may be there."""
        return self.routing == str(self.home / "routing")

    @property
    def is_store_in_home(self) -> bool:
        """Whether the store is the file that the home has by default."""
        return self.store == _sqlite_url(self.home / STORE_FILE)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; empty variables count as unset. Raises InvalidInput naming the wrong variable."""
    texts = {setting: environment.get(_variable(setting)) for setting in fields(Settings)}
    return Settings(**{setting.name: _value(setting, text) for setting, text in texts.items() if text})


def described() -> list[dict[str, str]]:
    """Name, default, unit and help of every setting, as shown in the documentation and by `check`."""
    return [
        {
            "name": _variable(setting),
            "default": _default_text(setting),
            "unit": str(setting.metadata["unit"]),
            "help": str(setting.metadata["help"]),
        }
        for setting in fields(Settings)
    ]


def _value(setting: Field[Any], text: str) -> Any:
    """The text of a variable as a value of the setting's type. Raises InvalidInput."""
    kind: Any = setting.type
    try:
        return kind(text)
    except ValueError as error:
        raise _wrong(setting, text) from error


def _check(setting: Field[Any], value: Any) -> None:
    """Raises InvalidInput for a value out of bounds."""
    choices, least, most = (setting.metadata[name] for name in ("choices", "least", "most"))
    if choices and value not in choices:
        raise _wrong(setting, value)
    if setting.type in {int, float} and not (math.isfinite(value) and least <= value <= most):
        raise _wrong(setting, value)


def _wrong(setting: Field[Any], value: object) -> InvalidInput:
    variable = _variable(setting)
    if setting.metadata["choices"]:
        expected_fr = expected_en = " / ".join(setting.metadata["choices"])
    else:
        is_whole = setting.type is int
        expected_fr = f"un nombre {'entier ' if is_whole else ''}{_range_text(setting, 'de', 'à', 'au moins')}"
        expected_en = f"a {'whole ' if is_whole else ''}number {_range_text(setting, 'from', 'to', 'of at least')}"
    return InvalidInput(
        field=variable,
        value=value,
        fr=f"{variable} vaut « {value} », ce qui n'est pas accepté : donnez {expected_fr}.",
        en=f"{variable} is “{value}”, which is not accepted: give {expected_en}.",
    )


def _range_text(setting: Field[Any], lower: str, upper: str, lowest: str) -> str:
    least, most = setting.metadata["least"], setting.metadata["most"]
    return f"{lower} {least} {upper} {most}" if math.isfinite(most) else f"{lowest} {least}"


def _path_in_home(setting: Field[Any], home: Path) -> Path | str:
    path = home / setting.metadata["in_home"]
    if setting.name == "store":
        return _sqlite_url(path)
    return path if setting.type is Path else str(path)


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def _default_text(setting: Field[Any]) -> str:
    """The default as documentation shows it."""
    if "in_home" in setting.metadata:
        return str(_path_in_home(setting, Path(f"${PREFIX}HOME")))
    return "data" if setting.name == "data" else str(setting.default)


def _variable(setting: Field[Any]) -> str:
    return PREFIX + setting.name.upper()
