"""The HTTP API, version 1: one router per resource, errors mapped once in `problems`."""
