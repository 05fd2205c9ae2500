"""Filters in the pages: how each is read from an address, and the controls of "more criteria"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.localisation.catalogue import Translator
from service.search.filters import Filter, FormField
from service.search.request import FILTERS

Typed = str | tuple[str, ...] | bool
"""What somebody typed, chose or ticked, as it came: a form with a mistake comes back as it was sent."""
TICKED = frozenset({"1", "true", "on"})
LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Control:
    """Reads one filter."""

    declaration: Filter
    field: FormField

    @property
    def blank(self) -> Typed:
        """The filter as nobody touched it."""
        default = self.declaration.default
        return default if isinstance(default, bool | tuple) else "" if default is None else str(default)

    def read(self, texts: Sequence[str]) -> Typed:
        """What an address has, by all its texts for this filter."""
        blank = self.blank
        if isinstance(blank, tuple):
            words = [part.strip()[:LONGEST_WORD] for text in texts for part in text.split(",")]
            return tuple(dict.fromkeys(word for word in words if word))
        last = texts[-1] if texts else ""
        if isinstance(blank, bool):
            return last in TICKED
        return last.strip()[: self.field.length] or blank

    def value(self, typed: Typed) -> Any:
        """What is requested; None is the default. Raises InvalidInput."""
        if not isinstance(typed, str):
            return typed
        if not typed or self.field.read is None:
            return typed or None
        return self.field.read(typed, self.declaration.name)

    def typed(self, value: Any) -> Typed:
        """The filter as one would fill it in for a requested value."""
        if isinstance(value, bool | tuple):
            return value
        if isinstance(value, float):
            return f"{value:.2f}".rstrip("0").rstrip(".")
        return "" if value is None else str(value)


CONTROLS = {
    declaration.name: Control(declaration, declaration.form) for declaration in FILTERS if declaration.form is not None
}
"""By name, in the order of the declarations."""
BLANK: Mapping[str, Typed] = {name: control.blank for name, control in CONTROLS.items()}
FURTHER = tuple(control for control in CONTROLS.values() if control.field.is_further)
"""Those that a loop shows under "more criteria"."""


@dataclass(frozen=True, slots=True)
class FurtherControl:
    """What the template shows of a filter: a box to tick, boxes for `options`, or a number with its unit."""

    name: str
    label: str
    typed: Typed
    options: tuple[tuple[str, str], ...]
    """Words to tick, with their labels."""
    unit: str
    keyboard: str
    """On a screen: `numeric` for whole numbers, `decimal`."""

    @property
    def kind(self) -> str:
        """`tick`, `words` or `number`."""
        return "tick" if isinstance(self.typed, bool) else "words" if isinstance(self.typed, tuple) else "number"


def further_controls(filters: Mapping[str, Typed], t: Translator) -> tuple[FurtherControl, ...]:
    """The controls of "more criteria" for a filled-in form."""
    return tuple(
        _further(control, filters[control.declaration.name], t)
        for control in CONTROLS.values()
        if control.field.is_further
    )


def _further(control: Control, typed: Typed, t: Translator) -> FurtherControl:
    declaration = control.declaration
    vocabulary = () if declaration.query is None else declaration.query.vocabulary or ()
    return FurtherControl(
        name=declaration.name,
        label=t(f"search.{declaration.name}"),
        typed=typed,
        options=tuple((str(word), t(f"{control.field.words}.{word}")) for word in vocabulary),
        unit=t.either(f"search.{declaration.name}_unit", ""),
        keyboard="decimal" if declaration.type == float | None else "numeric",
    )
