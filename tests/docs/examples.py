"""The examples of the Markdown pages and of the notebooks: fenced blocks, commands in them and in sentences."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from service.settings import ROOT

PAGES = tuple(
    sorted(
        path.relative_to(ROOT).as_posix()
        for path in (
            *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "data/README.md", "web/README.md")),
            *(ROOT / "docs").rglob("*.md"),
            *(ROOT / "notebooks").glob("*.ipynb"),
        )
    )
)

_FENCE = re.compile(r"^ *```")
_SPAN = re.compile(r"`([^`\n]+)`")
_COMMAND_SPAN = re.compile(r"(?:placelibre|make|python|pytest|curl|npm|pip|git|GET|POST|PUT|PATCH|DELETE) \S")
_RECORD = "command_not_found_handle() { printf '%s\\0' \"$@\" $'\\n' >&9; }\n"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its page, the number of its first line, the language after the fence ("" without), its text."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def page_text(page: str) -> str:
    """The Markdown of a page; of a notebook, that of its text cells."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if not page.endswith(".ipynb"):
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def read_blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    blocks: list[Block] = []
    lines: list[str] | None = None
    language = ""
    for number, line in enumerate(page_text(page).splitlines(), 1):
        if not _FENCE.match(line):
            if lines is not None:
                lines.append(line)
        elif lines is None:
            lines, language = [], line.strip().strip("`")
        else:
            blocks.append(Block(page, number - len(lines), language, "\n".join(lines) + "\n"))
            lines = None
    assert lines is None, f"{page}: a block has no end"
    return blocks


def read_command_spans(page: str) -> list[str]:
    """The commands and requests that sentences and tables of a page name in backquotes, without repetition."""
    prose = re.sub(r"^ *```.*?^ *```", "", page_text(page), flags=re.MULTILINE | re.DOTALL)
    return [span for span in dict.fromkeys(_SPAN.findall(prose)) if _COMMAND_SPAN.match(span)]


def shell_commands(text: str, programs: Path, **variables: str) -> list[list[str]]:
    """The words of each command of a shell block, as bash hands them to the program.

    Bash reads the block itself: quotes, comments, variables and `$(date ...)` mean what they mean to a reader. The
    folder `programs`, filled here, holds `date` alone, so bash finds no other program and records it instead.
    """
    programs.mkdir(exist_ok=True)
    date = programs / "date"
    if not date.exists():
        date.symlink_to(shutil.which("date") or "date")
    bash = shutil.which("bash")
    assert bash, "bash is missing: it reads the examples"
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as record:
        try:
            subprocess.run(
                [bash, "--norc", "-euc", f"exec 9>&{writing}\n{_RECORD}{text}"],
                check=True,
                env={"PATH": str(programs), **variables},
                pass_fds=[writing],
                timeout=20,
            )
        finally:
            os.close(writing)
        recorded = record.read()
    return [command.split("\0") for command in recorded.split("\0\n\0") if command]
