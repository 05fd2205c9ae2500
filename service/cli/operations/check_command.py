"""`placelibre check` and `placelibre migrate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console.output import console, language, print_json, say, services
from service.container import Services

if TYPE_CHECKING:
    from service.operations.checks import Finding


def check(as_json: Annotated[bool, typer.Option("--json", help="Findings on standard output")] = False) -> None:
    """Say what is wrong with this installation, and how to mend it."""
    from service.operations.checks import run_checks
    from service.settings import described

    with services() as running:
        findings = run_checks(running)
        if as_json:
            rows = [
                {"name": finding.name, "ok": finding.ok, "detail": finding.text(language())} for finding in findings
            ]
            print_json({"findings": rows, "settings": described()})
        else:
            _print(findings, running)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _print(findings: "list[Finding]", running: Services) -> None:
    from service.settings import described

    screen = console()
    for finding in findings:
        screen.print(f"{'✓' if finding.ok else '✗'} {finding.name} : {finding.text(language())}", markup=False)
    for setting in described():
        value = getattr(running.settings, setting["name"].removeprefix("PLACELIBRE_").lower())
        if setting["name"] == "PLACELIBRE_STORE":
            value = running.engine.url.render_as_string(hide_password=True)
        screen.print(f"  {setting['name']}={value}", markup=False)


def migrate() -> None:
    """Bring the store up to date; safe to run again."""
    from service.migrations import upgrade

    with services() as running:
        revision = upgrade(running.engine)
    say(f"La base est à jour (version {revision}).", f"The store is up to date (version {revision}).")
