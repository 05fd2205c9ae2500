"""JSON schemas of the answers that are encoded by hand, for the OpenAPI description."""

from typing import Any

from pydantic import BaseModel


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema of a model with its parts inside, so that it stands alone in the OpenAPI file."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def inline(node: Any) -> Any:
        if isinstance(node, dict):
            return inline(parts[node["$ref"].rsplit("/", 1)[1]]) if "$ref" in node else each(node)
        return [inline(item) for item in node] if isinstance(node, list) else node

    def each(node: dict[str, Any]) -> dict[str, Any]:
        return {key: inline(value) for key, value in node.items()}

    return each(schema)
