"""Every example of the documentation works: commands, requests and Python run on the small product, at today's date.

A block of a language, or a command of a program, that this test does not know fails.
"""

import argparse
import importlib.util
import json
import os
import re
import tomllib
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.main import app
from service.settings import PREFIX, ROOT
from tests.docs.conftest import Reader
from tests.docs.examples import PAGES, Block, read_blocks, read_command_spans, shell_commands

SERVER = "http://127.0.0.1:8000"
LANGUAGES_NOT_RUN = {
    "mermaid": ("docs/architecture.md", "a drawing"),
    "text": ("docs/cli.md", "the help of every command, which docs/check.py compares with the program"),
}
"""Blocks without commands: the language after the fence, the only page that may use it, and why it does not run."""

COMMANDS_NOT_RUN = {
    "make": "installs, serves or tests for minutes; the target exists",
    "pip install": "installs from the network; the extra is declared",
    "npm": "installs and builds with Node; the script is declared",
    "git worktree add": "makes a second tree of the repository that runs the test",
    "python -m benchmarks": "measures for minutes; the module has the options",
    "placelibre worker": "runs until it is stopped; the options exist",
    "placelibre learn": "learns from 1,000 searches of visitors at least, for minutes; the options exist",
}
"""Commands that a test cannot run, by their first words: why, and what is checked instead."""

COMMANDS_RUN = ("placelibre learn accept", "placelibre learn reset")
"""Commands that run although their first words are above."""


@pytest.fixture(autouse=True)
def _working_folder(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test stands in the reader's folder, with the default settings: what it writes stays there."""
    monkeypatch.chdir(reader.folder)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def blocks(language: str, page: str | None = None) -> list[Block]:
    """The blocks of a language, on one page or on all."""
    pages = PAGES if page is None else (page,)
    return [block for page in pages for block in read_blocks(page) if block.language == language]


def starts_with(words: list[str], beginning: str) -> bool:
    return " ".join(words).startswith(beginning)


def is_run(words: list[str]) -> bool:
    if any(starts_with(words, beginning) for beginning in COMMANDS_RUN):
        return True
    return not any(starts_with(words, beginning) for beginning in COMMANDS_NOT_RUN)


# --- commands that run ----------------------------------------------------------------------------------------------


def run_placelibre(reader: Reader, arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def run_curl(reader: Reader, arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="body")
    request = parser.parse_args(arguments)
    assert request.url.startswith(SERVER)
    answer = reader.client.request(
        request.method or ("GET" if request.body is None else "POST"),
        request.url.removeprefix(SERVER),
        headers=dict(header.split(": ", 1) for header in request.headers),
        content=request.body,
    )
    assert answer.is_success, f"{answer.status_code} {answer.text}"


def run_frictionless(reader: Reader, arguments: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own imports
        import frictionless

        command, path = arguments
        assert command == "validate"
        report = frictionless.validate(path)
    assert report.valid, report.to_summary()


RUNNERS: dict[str, Callable[[Reader, list[str]], None]] = {
    "placelibre": run_placelibre,
    "curl": run_curl,
    "frictionless": run_frictionless,
}


# --- commands and requests that are checked only --------------------------------------------------------------------


def check_placelibre(arguments: list[str]) -> None:
    """Every subcommand and option is one of the program, which parses them before it shows the help."""
    result = CliRunner().invoke(app, [*arguments, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def check_make(arguments: list[str]) -> None:
    assert re.search(rf"^{re.escape(arguments[0])}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def check_pip(arguments: list[str]) -> None:
    extra = re.fullmatch(r"placelibre\[(\w+)\]", arguments[1])
    assert extra
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extra[1] in project["optional-dependencies"]


def check_npm(arguments: list[str]) -> None:
    scripts = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))["scripts"]
    assert arguments == ["ci"] or (arguments[0] == "run" and arguments[1] in scripts)


def check_git(arguments: list[str]) -> None:
    assert arguments[:2] == ["worktree", "add"]
    assert len(arguments) == 4, "a folder and a commit"


def check_python(arguments: list[str]) -> None:
    """The module or script exists, and its source declares every option and subcommand."""
    if arguments[0] == "-m":
        spec = importlib.util.find_spec(arguments[1])
        assert spec and spec.origin, arguments[1]
        path, rest = Path(spec.origin), arguments[2:]
    else:
        path, rest = ROOT / arguments[0], arguments[1:]
    source = path.read_text(encoding="utf-8")
    for position, word in enumerate(rest):
        if word.startswith("--") or (position == 0 and word.isalpha() and word.islower()):
            assert f'"{word}"' in source, f"{path.name} has no {word}"


def check_pytest(arguments: list[str]) -> None:
    """The plugins that the command loads exist."""
    for before, word in pairwise(arguments):
        assert before != "-p" or importlib.util.find_spec(word), word


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "placelibre": check_placelibre,
    "make": check_make,
    "pip": check_pip,
    "npm": check_npm,
    "git": check_git,
    "python": check_python,
    "pytest": check_pytest,
}


def check_request(reader: Reader, method: str, path: str) -> None:
    """The API has the route, whatever its parameters are called."""
    routes = reader.client.get("/api/v1/openapi.json").json()["paths"]
    wanted = re.sub(r"\{\w+\}", "{}", path if path.startswith("/api") else f"/api/v1{path}")
    methods = [
        method for route, methods in routes.items() if re.sub(r"\{\w+\}", "{}", route) == wanted for method in methods
    ]
    assert method.lower() in methods, f"{method} {path}"


# --- the tests of the readers of examples ---------------------------------------------------------------------------


def test_bash_reads_the_commands(tmp_path: Path) -> None:
    text = 'day=$(date -u +%%)  # a comment\ncurl -d \'{"at": "\'$day\'",\n "n": 1}\' \\\n  "$KEY"\nrm -rf \'a b\'\n'
    assert shell_commands(text, tmp_path / "programs", KEY="plk key") == [
        ["curl", "-d", '{"at": "%",\n "n": 1}', "plk key"],
        ["rm", "-rf", "a b"],
    ]


@pytest.mark.parametrize(
    "command",
    [
        "placelibre search Nantes --nead wifi",
        "placelibre serach Nantes",
        "make tset",
        "pip install placelibre[rooting]",
    ],
)
def test_a_misspelt_command_fails(command: str) -> None:
    program, *arguments = command.split()
    with pytest.raises(AssertionError):
        CHECKS[program](arguments)


@pytest.mark.parametrize("script", ["-m benchmarks.national genrate", "-m benchmarks.notional", "docs/check.py --rite"])
def test_a_misspelt_script_fails(script: str) -> None:
    with pytest.raises(AssertionError):
        check_python(script.split())


def test_a_misspelt_request_fails(reader: Reader) -> None:
    check_request(reader, "GET", "/places/{number}")
    for method, path in (("PUT", "/places/{id}"), ("GET", "/place/{id}")):
        with pytest.raises(AssertionError):
            check_request(reader, method, path)


# --- the tests of the pages -----------------------------------------------------------------------------------------


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    for page in PAGES:
        for block in read_blocks(page):
            allowed, _ = LANGUAGES_NOT_RUN.get(block.language, (page, ""))
            known = block.language in {"sh", "python", *LANGUAGES_NOT_RUN}
            assert known and page == allowed, f"{block}: no test for a block of language {block.language!r}"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks("sh", page=page)])
def test_commands_of(page: str, reader: Reader) -> None:
    for block in blocks("sh", page=page):
        for program, *arguments in reader.commands(block.text):
            print(block, program, *arguments)
            if is_run([program, *arguments]):
                assert program in RUNNERS, f"{block}: no test runs {program}"
                RUNNERS[program](reader, arguments)
            else:
                CHECKS[program](arguments)


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_of(block: Block) -> None:
    exec(compile("\n" * (block.line - 1) + block.text, block.page, "exec"), {})


@pytest.mark.parametrize("page", [page for page in PAGES if read_command_spans(page)])
def test_commands_in_sentences_of(page: str, reader: Reader) -> None:
    for span in read_command_spans(page):
        print(page, span)
        program, *arguments = span.split()
        if program.isupper():
            check_request(reader, program, arguments[0])
        else:
            assert program in CHECKS, f"{page}: no test checks `{span}`"
            CHECKS[program](arguments)


def test_no_exception_is_left_over(reader: Reader) -> None:
    """Each entry of the tables of exceptions stands for an example."""
    commands = [words for block in blocks("sh") for words in reader.commands(block.text)]
    for beginning in (*COMMANDS_NOT_RUN, *COMMANDS_RUN):
        assert any(starts_with(words, beginning) for words in commands), beginning
    for language, (page, _) in LANGUAGES_NOT_RUN.items():
        assert any(block.language == language for block in read_blocks(page)), language
