"""What a filter of a search declares about itself; each door derives its part from the declarations.

`SearchRequest` (`service.search.request`) is one typed class whose fields carry a `Filter`. The declaration gives the
API its query parameters, the command line its options, the pages their fields and links, a meeting its room, and a
relaxation the parameter that it changes. A new filter is one declaration, its part of `matching.query.query.Query` and
of the kernel, its texts in `service/localisation/messages`, and its test.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin

import msgspec

from matching.query.query import Query
from matching.relaxation.changes import Change
from service.localisation.catalogue import Translator
from service.localisation.formats import Formats

AS_IN_A_SEARCH: Any = object()
"""Default of a meeting's filter that has the default of a search."""

RelaxationText = Callable[[Any, Query, Translator, Formats], str]
"""Text of a change of a query; the change has the type that the filter declares."""


@dataclass(frozen=True, slots=True)
class QueryField:
    """The field of `Query` that a filter sets. `read`: its value for a requested value, with the name of the filter for
    messages of errors. `write`: the inverse. `vocabulary`: the words that are possible, where these are."""

    name: str
    read: Callable[[Any, str], Any]
    write: Callable[[Any], Any]
    vocabulary: type[StrEnum] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFilter:
    """A filter of a meeting's room; what is not given is as in a search."""

    help: str = ""
    description: str = ""
    default: Any = AS_IN_A_SEARCH
    is_droppable: bool = False
    """When no room suits, the page proposes to drop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A filter in the pages: how an address is read, and whether a loop shows it. Its label is `search.NAME` of the
    messages, the unit of a number `search.NAME_unit`."""

    length: int = 10
    """Characters of a typed text that count."""
    read: Callable[[str, str], Any] | None = None
    """Value of a typed text, with the name of the filter for messages of errors; None: the text itself."""
    is_further: bool = False
    """Shown under "more criteria" by the control that suits its type; others have a place of their own, or none."""
    words: str = ""
    """The messages that name the words of its vocabulary: `kind` for `kind.mairie`."""


@dataclass(frozen=True, slots=True)
class Relaxable:
    """A filter that a relaxation changes alone. `code`: its word in `changes` of the API. `text`: by default the
    message `relax.NAME`."""

    change: type[Change]
    code: str
    text: RelaxationText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Declaration of one filter. Help and descriptions are in English, texts of pages in the messages."""

    help: str
    """Of the option at the command line."""
    description: str = ""
    """Of the parameter of the API; the help unless given."""
    least: float | None = None
    most: float | None = None
    """Bounds of a number."""
    length: int | None = None
    """Characters of a text at most; of each where there are several."""
    count: int | None = None
    """Texts at most, where there may be several."""
    query: QueryField | None = None
    """None: it takes several filters to set a field of the query."""
    room: RoomFilter | None = None
    """None: a meeting has no such filter."""
    form: FormField | None = None
    """None: the pages have no such filter, or a field that stands for several filters."""
    relaxable: Relaxable | None = None

    name: str = ""
    type: Any = None
    default: Any = None
    """Name, type and default of the field of `SearchRequest` that carries the declaration."""

    @property
    def has_several(self) -> bool:
        """Whether its value is a tuple of texts."""
        return get_origin(self.type) is tuple

    @property
    def parameter_description(self) -> str:
        return self.description or self.help


def declared_filters(request: type[msgspec.Struct]) -> tuple[Filter, ...]:
    """The filters that the annotations of a class declare, in the order of its fields."""
    filters: list[Filter] = []
    for field in msgspec.structs.fields(request):
        if get_origin(field.type) is Annotated:
            plain, *annotations = get_args(field.type)
            declarations = [annotation for annotation in annotations if isinstance(annotation, Filter)]
            own = {"name": field.name, "type": plain, "default": field.default}
            filters += [replace(declaration, **own) for declaration in declarations]
    return tuple(filters)


def room_filter(declaration: Filter) -> Filter | None:
    """The filter of a meeting's room; None where a meeting has no such filter."""
    room = declaration.room
    if room is None:
        return None
    is_own = room.default is not AS_IN_A_SEARCH
    return replace(
        declaration,
        help=room.help or declaration.help,
        description=room.description or declaration.description,
        type=declaration.type | None if is_own else declaration.type,
        default=room.default if is_own else declaration.default,
    )
