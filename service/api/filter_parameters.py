"""Parameters of the API that are filters, from their declarations."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, create_model

from service.search.filters import Filter


def with_filters[Model: BaseModel](
    filters: Iterable[Filter], text_length: int | None = None
) -> Callable[[type[Model]], type[Model]]:
    """Decorator that adds filters to a model, behind its own fields. `text_length`: of each text of a filter with
    several, where the filter does not say."""

    def extend(model: type[Model]) -> type[Model]:
        fields: dict[str, Any] = {declaration.name: _field(declaration, text_length) for declaration in filters}
        return create_model(model.__name__, __base__=model, __module__=model.__module__, **fields)

    return extend


def _field(declaration: Filter, text_length: int | None) -> tuple[Any, Any]:
    """Type and field of one filter."""
    if declaration.has_several:
        length = declaration.length or text_length
        item = Annotated[str, Field(max_length=length)] if length else str
        several = Annotated[list[item], BeforeValidator(_as_list)]  # type: ignore[valid-type]  # built above
        return several, Field([], max_length=declaration.count, description=declaration.parameter_description)
    field = Field(
        declaration.default,
        ge=declaration.least,
        le=declaration.most,
        max_length=declaration.length,
        description=declaration.parameter_description,
    )
    return declaration.type, field


def _as_list(value: object) -> object:
    """One text is a list of declaration."""
    return [value] if isinstance(value, str) else value
