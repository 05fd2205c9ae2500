"""Every word of the pages, in French and in English: one TOML file per language, with the same keys."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from markupsafe import Markup, escape

from geo.errors import Language

MESSAGES = Path(__file__).parent / "messages"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Texts by dotted key, e.g. `search.where`. Values are `str.format` templates."""
    with (MESSAGES / f"{language}.toml").open("rb") as file:
        return dict(_flatten(tomllib.load(file)))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs.extend(_flatten(value, f"{prefix}{key}."))
        else:
            pairs.append((prefix + key, str(value)))
    return pairs


class Translator:
    """`t("key", name=value)` for one language; unknown keys raise KeyError, so that tests see them."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = catalogue(language)
        self._plural = Locale.parse(language).plural_form

    def __call__(self, key: str, **values: object) -> str:
        return self._texts[key].format(**values)

    def has(self, key: str) -> bool:
        return key in self._texts

    def either(self, key: str, otherwise: str) -> str:
        """The text of `key`, or `otherwise` for words the catalogue does not know (a new kind, a new term)."""
        return self._texts.get(key, otherwise)

    def count(self, key: str, number: int, /, **values: object) -> str:
        """The singular (`key.one`) or plural (`key.other`) text for `number`, which fills `{number}` when not given."""
        form = "one" if self._plural(number) == "one" else "other"
        return self._texts[f"{key}.{form}"].format(**{"number": number, **values})

    def html(self, key: str, **values: object) -> Markup:
        """Like calling it, but values that are already Markup stay so; everything else is escaped."""
        return escape(self._texts[key]).format(**values)
