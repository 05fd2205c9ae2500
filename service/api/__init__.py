"""The HTTP API, version 1: one router per resource, the use cases they need in `dependencies`, errors mapped once in
`problems`.
"""
