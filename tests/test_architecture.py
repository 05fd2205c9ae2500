"""The shape of the house: who may import whom, no cycles, nothing built on import, top-level folders."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "geo": {"geo"},
    "ingest": {"ingest", "geo"},
    "matching": {"matching", "geo"},
    "service": {"service", "ingest", "matching", "geo"},
}
FOLDERS = {"geo", "ingest", "matching", "service", "web", "notebooks", "tests", "docs", "benchmarks", "data", ".ci"}


def modules() -> Iterator[tuple[str, Path]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = list(path.relative_to(ROOT).with_suffix("").parts)
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path, *, only_at_import: bool) -> set[str]:
    """Modules of the house that a file names; `only_at_import` leaves out those inside functions and for typing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        lazy = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        if only_at_import and (lazy or typing_only):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the arrows"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return {name for name in found if name.split(".")[0] in ROOMS}


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=[name for name, _ in modules()])
def test_arrows_point_the_right_way(name: str, path: Path) -> None:
    room = name.split(".", maxsplit=1)[0]
    rooms = {imported.split(".")[0] for imported in imports(path, only_at_import=False)}
    assert rooms <= ROOMS[room], f"{name} may only import {sorted(ROOMS[room])}"


MIGRATIONS = ROOT / "service" / "migrations"


@pytest.mark.parametrize(
    "path", [MIGRATIONS / "frozen.py", *sorted((MIGRATIONS / "versions").glob("*.py"))], ids=lambda path: path.stem
)
def test_migrations_run_no_live_code(path: Path) -> None:
    live = {name for name in imports(path, only_at_import=False) if not name.startswith("service.migrations.frozen")}
    assert not live, "a migration holds all that it needs, because live code changes after it"


def assert_no_cycle(graph: dict[str, set[str]]) -> None:
    """Fails with the first cycle of a graph: to each node, the nodes it points at."""
    finished: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "cycle: " + " -> ".join([*trail[trail.index(name) :], name])
        if name in finished:
            return
        for imported in sorted(graph[name]):
            visit(imported, (*trail, name))
        finished.add(name)

    for name in graph:
        visit(name, ())
    assert finished == set(graph)


def test_there_is_no_cycle_between_modules() -> None:
    paths = dict(modules())
    assert_no_cycle(
        {
            name: {imported for imported in imports(path, only_at_import=True) if imported in paths} - {name}
            for name, path in paths.items()
        }
    )


def test_there_is_no_cycle_between_packages() -> None:
    """A package is a folder with the modules in it. Imports inside functions and for typing count."""
    paths = dict(modules())
    package_of = {name: name if path.name == "__init__.py" else name.rpartition(".")[0] for name, path in paths.items()}
    graph: dict[str, set[str]] = {package: set() for package in package_of.values()}
    for name, path in paths.items():
        imported = {package_of[module] for module in imports(path, only_at_import=False) if module in paths}
        graph[package_of[name]] |= imported - {package_of[name]}
    assert_no_cycle(graph)


ASSEMBLY_USERS = ("service.app", "service.cli.", "service.operations.")
"""What opens the parts of a running product: the server, the commands, the checks and the worker of an operator."""


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=[name for name, _ in modules()])
def test_no_use_case_needs_the_assembly(name: str, path: Path) -> None:
    if "service.container" in imports(path, only_at_import=False):
        assert name.startswith(ASSEMBLY_USERS), f"{name} gets the parts it needs, not the container that opens them"


ENVIRONMENT = ("os.environ", "os.getenv")
CLOCK = ("datetime.now(", "datetime.utcnow(", "date.today(", "time.time(")


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=[name for name, _ in modules()])
def test_only_the_service_reads_the_environment_and_the_clock(name: str, path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    allowed = {"service.settings": ENVIRONMENT, "service.container": CLOCK}.get(name, ())
    used = [call for call in (*ENVIRONMENT, *CLOCK) if call in source]
    assert set(used) <= set(allowed)


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=[name for name, _ in modules()])
def test_no_error_is_swallowed(name: str, path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            broad = caught in {"everything", "Exception", "BaseException"}
            reraises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            assert not broad or reraises, f"{name}:{node.lineno} catches {caught} and goes on"


def test_top_level_folders_are_those_of_the_design() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    folders = {line.split("/")[0] for line in tracked.splitlines() if "/" in line}
    assert folders <= FOLDERS


def test_the_lock_files_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "web/package-lock.json"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in "".join(
            line for line in text.splitlines() if '"url"' not in line and '"funding"' not in line
        )
