"""The error tree. Every error says, in French and in English, what happened and what to do.

    PlaceLibreError
    ├── UserError                 the request cannot be served as it stands    (CLI 1, HTTP 4xx)
    │   ├── InvalidInput          a value is malformed or out of range         (HTTP 422)
    │   ├── NotFound              nothing by that name or id                   (HTTP 404)
    │   ├── Ambiguous             several things by that name: `choices`       (HTTP 409)
    │   ├── NotAllowed            no key, wrong key, or not yours              (HTTP 401 / 403)
    │   ├── Conflict              another request or process came first        (HTTP 409)
    │   └── UnreadableFile        a file that cannot be read as a list         (HTTP 422)
    └── OperationError            the installation needs its operator          (CLI 1, HTTP 503)
        ├── StoreUnavailable      unreachable, locked, or not migrated
        ├── SnapshotUnusable      missing, stale, truncated, another version
        └── StorageFull           no space left on the device

A concrete error is a subclass next to the code that raises it, or one of these with the class
attributes below. `messages` holds one `str.format` template per language, filled from the keyword
arguments given to the constructor; each message is one sentence that ends with its remedy.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")


class PlaceLibreError(Exception):
    """Base of every error a person may see. `code` is stable and machine-readable."""

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 500
    messages: ClassVar[dict[Language, str]]

    def __init__(self, **values: Any) -> None:
        self.values = values
        super().__init__(self.message("en"))

    def message(self, language: Language) -> str:
        """One sentence in `language`, with the remedy."""
        return self.messages[language].format(**self.values)


class UserError(PlaceLibreError):
    code = "user_error"
    http_status = 400
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Cette demande ne peut pas être traitée : vérifiez les valeurs saisies.",
        "en": "This request cannot be handled: check the values given.",
    }


class InvalidInput(UserError):
    """Use `InvalidInput(field=..., value=..., fr=..., en=...)` with a full sentence in both languages."""

    code = "invalid_input"
    http_status = 422
    messages: ClassVar[dict[Language, str]] = {"fr": "{fr}", "en": "{en}"}

    def __init__(self, *, fr: str = "", en: str = "", field: str = "", value: object = "", **more: Any) -> None:
        super().__init__(fr=fr, en=en, field=field, value=value, **more)


class NotFound(UserError):
    """Use `NotFound(fr=..., en=...)` with a full sentence in both languages."""

    code = "not_found"
    http_status = 404
    messages: ClassVar[dict[Language, str]] = {"fr": "{fr}", "en": "{en}"}


class Ambiguous(UserError):
    """Several places have that name; `choices` are the texts to choose from, best first."""

    code = "ambiguous"
    http_status = 409
    messages: ClassVar[dict[Language, str]] = {
        "fr": "« {name} » désigne plusieurs lieux ; précisez : {listed}.",
        "en": "“{name}” names several places; choose one: {listed}.",
    }

    def __init__(self, *, name: str, choices: Sequence[str]) -> None:
        self.choices = tuple(choices)
        super().__init__(name=name, listed=" ; ".join(choices[:8]))


class NotAllowed(UserError):
    code = "not_allowed"
    http_status = 403
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Cette clé ne donne pas accès à cette action ; utilisez la clé de la communauté concernée.",
        "en": "This key does not allow this; use the key of the community concerned.",
    }


class KeyMissing(NotAllowed):
    code = "key_missing"
    http_status = 401
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Il faut une clé de communauté valable ; demandez-la à la personne qui administre PlaceLibre.",
        "en": "A valid community key is needed; ask the person who runs this PlaceLibre for one.",
    }


class Conflict(UserError):
    """Use `Conflict(fr=..., en=...)` with a full sentence in both languages."""

    code = "conflict"
    http_status = 409
    messages: ClassVar[dict[Language, str]] = {"fr": "{fr}", "en": "{en}"}


class UnreadableFile(UserError):
    """Use `UnreadableFile(name=..., fr=..., en=...)`: the reason and the remedy, without the name."""

    code = "unreadable_file"
    http_status = 422
    messages: ClassVar[dict[Language, str]] = {"fr": "« {name} » : {fr}", "en": "“{name}”: {en}"}


class OperationError(PlaceLibreError):
    code = "operation_error"
    http_status = 503
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Le service n'est pas en état de répondre ; lancez « placelibre check ».",
        "en": "The service cannot answer as it is; run “placelibre check”.",
    }


class StoreUnavailable(OperationError):
    """Use `StoreUnavailable(fr=..., en=...)`; never put a database's own message in it."""

    code = "store_unavailable"
    messages: ClassVar[dict[Language, str]] = {"fr": "{fr}", "en": "{en}"}


class SnapshotUnusable(OperationError):
    """Use `SnapshotUnusable(path=..., fr=..., en=...)`: what is wrong with it."""

    code = "snapshot_unusable"
    messages: ClassVar[dict[Language, str]] = {
        "fr": "L'index {path} {fr} ; reconstruisez-le avec « placelibre index ».",
        "en": "The index {path} {en}; rebuild it with “placelibre index”.",
    }


class StorageFull(OperationError):
    code = "storage_full"
    http_status = 507
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Le disque est plein ({path}) ; rien n'a été modifié : libérez de la place et recommencez.",
        "en": "The disk is full ({path}); nothing was changed: free some space and try again.",
    }
