"""Options of the command line that are filters, from their declarations."""

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated

import typer

from service.search.filters import Filter

Command = Callable[..., None]


def with_filters(filters: Iterable[Filter]) -> Callable[[Command], Command]:
    """Decorator of a command whose `**filters` are options; they stand before its keyword-only ones."""

    def extend(command: Command) -> Command:
        signature = inspect.signature(command)
        own = signature.parameters.values()
        first = [parameter for parameter in own if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
        last = [parameter for parameter in own if parameter.kind is parameter.KEYWORD_ONLY]
        options = [_option(declaration) for declaration in filters]
        command.__signature__ = signature.replace(parameters=[*first, *options, *last])  # type: ignore[attr-defined]
        return command

    return extend


def _option(declaration: Filter) -> inspect.Parameter:
    kind = list[str] | None if declaration.has_several else declaration.type
    default = None if declaration.has_several else declaration.default
    option = typer.Option(f"--{declaration.name.replace('_', '-')}", help=declaration.help)
    return inspect.Parameter(
        declaration.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )
