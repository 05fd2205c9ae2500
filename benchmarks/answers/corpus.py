"""Requests of the corpus, read from text files that people can read too.

A file is a chapter: its requests in their order. A line at the margin begins a request, indented lines add to it:

    # A comment.
    GET /api/v1/search?where=Nantes
    PAGE /a-propos                              GET, once in French and once in English
    POST /api/v1/bookings
        authorization: Bearer {rura}            a header; {names} are filled in
        json: {"space_id": 42}                  the body; or form: a=1&b=2, or file: FIELD=PATH, or text: ...
        keep booking: "id":(\\d+)                what the answer holds, for {booking} further down
    $ search Nantes --json                      the command line
        env ROUTING: {home}/network             a setting
    $both search Nantes                         once in French and once in English

A chapter that begins with `world: own` changes what it meets: it gets a copy of the world of its own and its requests
follow each other. Requests of the other chapters only read, so they run in any order.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

COMMAND = "$"
BODIES = ("json", "form", "file", "text")
_START = re.compile(r"(GET|HEAD|POST|PUT|DELETE|PATCH|PAGE|\$en|\$both|\$)(| .*)")
_DETAIL = re.compile(r"(keep |env )?([\w-]+): ?(.*)")
_HOLE = re.compile(r"\{([a-z]\w*)\}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `method` is an HTTP method or `$` for the command line, `target` a path or the arguments."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings without their prefix."""
    bodies: tuple[tuple[str, str], ...] = ()
    """Kind (see BODIES) and text of the parts of the body."""
    keep: Mapping[str, str] = field(default_factory=dict)
    """Names and the patterns whose first group is kept under them."""

    @property
    def is_command(self) -> bool:
        return self.method == COMMAND

    @property
    def text(self) -> str:
        """The request as a person reads it; what compares two recordings finds it by this text."""
        lines = [f"{self.method} {self.target}"]
        lines += [f"    {name}: {value}" for name, value in self.headers.items()]
        lines += [f"    env {name}: {value}" for name, value in self.environment.items()]
        lines += [f"    {kind}: {text}" for kind, text in self.bodies]
        return "\n".join(lines)

    @property
    def file_name(self) -> str:
        """A name that only this request has, for the file of its answer."""
        slug = re.sub(r"[^a-z0-9]+", "-", f"{self.method} {self.target}".lower()).strip("-")
        return f"{slug[:80]}-{zlib.crc32(self.text.encode()):08x}"

    def filled(self, values: Mapping[str, str]) -> "Request":
        """The request with its {names} filled in."""
        return replace(
            self,
            target=fill(self.target, values),
            headers={name: fill(value, values) for name, value in self.headers.items()},
            environment={name: fill(value, values) for name, value in self.environment.items()},
            bodies=tuple((kind, fill(text, values)) for kind, text in self.bodies),
        )


@dataclass(frozen=True, slots=True)
class Chapter:
    """Requests under one name. `own_world`: they change what they meet."""

    name: str
    requests: tuple[Request, ...]
    own_world: bool = False


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its {names} filled in. Raises KeyError for a name that nothing was kept under."""
    return _HOLE.sub(lambda hole: values[hole[1]], text)


def read_chapter(path: Path) -> Chapter:
    """The chapter of one file."""
    own, requests = read_requests(path.read_text(encoding="utf-8").splitlines())
    return Chapter(path.stem, tuple(requests), own)


def read_requests(lines: Iterable[str]) -> tuple[bool, list[Request]]:
    """Whether they change their world, and the requests. Raises ValueError for a line that is not understood."""
    own, blocks = False, list[tuple[str, str, list[tuple[str, str, str]]]]()
    for line in lines:
        detail = _DETAIL.fullmatch(line.strip())
        start = _START.fullmatch(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line == "world: own":
            own = True
        elif start:
            blocks.append((start[1], start[2].strip(), []))
        elif line.startswith(" ") and detail and blocks:
            blocks[-1][2].append(((detail[1] or "").strip(), detail[2], detail[3]))
        else:
            raise ValueError(f"not understood: {line}")
    return own, [request for block in blocks for request in _requests(*block)]


def _requests(start: str, target: str, details: list[tuple[str, str, str]]) -> list[Request]:
    """One request, or one in each language."""
    plain = [(name, value) for kind, name, value in details if not kind]
    request = Request(
        method=COMMAND if start.startswith(COMMAND) else "GET" if start == "PAGE" else start,
        target=target,
        headers={name: value for name, value in plain if name not in BODIES},
        environment={name: value for kind, name, value in details if kind == "env"},
        bodies=tuple((name, value) for name, value in plain if name in BODIES),
        keep={name: value for kind, name, value in details if kind == "keep"},
    )
    if start == "PAGE":
        return [replace(request, headers={**request.headers, "accept-language": language}) for language in ("fr", "en")]
    english = replace(request, environment={**request.environment, "LANGUAGE": "en"})
    return {"$en": [english], "$both": [request, english]}.get(start, [request])
