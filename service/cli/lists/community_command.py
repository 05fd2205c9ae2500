"""`placelibre community`: communities, their keys and their members."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.localisation.plurals import count_en, count_fr, rows_text
from service.cli.console.output import console, language, print_json, say, services

if TYPE_CHECKING:
    from service.accounts.api_keys import KeyRecord
    from service.communities.members import MembersReport

communities = typer.Typer(help="Communities, their keys and their members.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Results on standard output")]


@communities.command("list")
def list_(as_json: Json = False) -> None:
    """Communities of this installation."""
    with services() as running:
        rows = running.directory.communities
    if as_json:
        print_json([{"slug": row.slug, "name": row.name, "sharing": row.sharing} for row in rows])
    else:
        for row in rows:
            console().print(f"{row.slug}  {row.name}  ({row.sharing})", markup=False)


@communities.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Short name: letters, digits, hyphens")],
    name: Annotated[str | None, typer.Option(help="Name as shown; default: that of its brand file or the slug")] = None,
    sharing: Annotated[str, typer.Option(help="private, partners or network")] = "network",
    as_json: Json = False,
) -> None:
    """Add a community, unless it exists, and create a key for it, shown once."""
    from service.accounts.api_keys import create_key
    from service.communities.community import add as add_community

    with services() as running:
        add_community(running.engine, slug=slug, name=name, sharing=sharing)
        key = create_key(running.engine, slug, running.now())
    if as_json:
        print_json({"slug": slug, "key": key})
        return
    say(
        f"Clé de {slug}, affichée une seule fois ; gardez-la dans un endroit sûr :",
        f"Key of {slug}, shown only once; keep it in a safe place:",
    )
    console().print(key, markup=False)


@communities.command("keys")
def keys(slug: Annotated[str, typer.Argument(help="Slug of the community")], as_json: Json = False) -> None:
    """Keys of a community: number, first characters, when created and revoked; never the keys themselves."""
    from service.accounts.api_keys import list_keys

    with services() as running:
        records = list_keys(running.engine, slug)
    if as_json:
        print_json([_key_json(record) for record in records])
        return
    for record in records:
        console().print(_key_text(record), markup=False)


@communities.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="Number or first characters of the key, as keys shows them")],
    as_json: Json = False,
) -> None:
    """Revoke a key: from now on it opens nothing, on running servers too."""
    from service.accounts.api_keys import revoke_key

    with services() as running:
        record = revoke_key(running.engine, key, running.now())
    if as_json:
        print_json(_key_json(record))
    else:
        console().print(f"{record.community}  {_key_text(record)}", markup=False)


def _key_json(record: "KeyRecord") -> dict[str, Any]:
    revoked_at = None if record.revoked_at is None else record.revoked_at.isoformat()
    return asdict(record) | {"created_at": record.created_at.isoformat(), "revoked_at": revoked_at}


def _key_text(record: "KeyRecord") -> str:
    french = language() == "fr"
    text = f"{record.id}  {record.hint}…  {_dated('créée le' if french else 'created on', record.created_at)}"
    if record.revoked_at is not None:
        text += f", {_dated('révoquée le' if french else 'revoked on', record.revoked_at)}"
    return text


def _dated(words: str, moment: datetime) -> str:
    """The words and a date, UTC."""
    return f"{words} {moment:%d/%m/%Y}" if language() == "fr" else f"{words} {moment:%Y-%m-%d}"


@communities.command("members")
def members(
    slug: Annotated[str, typer.Argument(help="Slug of the community")],
    file: Annotated[Path | None, typer.Argument(help="CSV with a column email or member; none: only count")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Remove members that the list does not name")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove members that the list names; no list: all")] = False,
    as_json: Json = False,
) -> None:
    """Record the members of a community, to learn which communities are close; only pseudonyms are kept."""
    from service.communities.members import MembersReport, add_members, count_members, remove_members

    if replace and (remove or file is None):
        raise typer.BadParameter("--replace takes a list, and not --remove with it")
    with services(writes_home=remove or file is not None) as running:
        if remove:
            report = remove_members(running.engine, slug, file, running.secret)
        elif file is not None:
            report = add_members(running.engine, slug, file, running.secret, replace=replace)
        else:
            report = MembersReport(members=count_members(running.engine, slug))
    if as_json:
        rejections = [{"row": rejection.row, "reason": rejection.text(language())} for rejection in report.rejections]
        print_json({**asdict(report), "rejected": report.rejected, "rejections": rejections})
    else:
        _print_members(slug, report)


def _print_members(slug: str, report: "MembersReport") -> None:
    french = language() == "fr"
    counts = (
        (report.added, "ajouté", "ajoutés", "added"),
        (report.already_there, "déjà là", "déjà là", "already there"),
        (report.removed, "retiré", "retirés", "removed"),
        (report.not_there, "absent", "absents", "not there"),
        (report.rejected, "rejeté", "rejetés", "rejected"),
    )
    screen = console()
    if report.rows or report.removed:
        counts_text = ", ".join(
            count_fr(count, singular_fr, plural_fr) if french else f"{count} {en}"
            for count, singular_fr, plural_fr, en in counts
            if count
        )
        screen.print(f"{rows_text(report.rows, language())}{' : ' if french else ': '}{counts_text}", markup=False)
    for rejection in report.rejections:
        line = "ligne" if french else "row"
        screen.print(
            f"  {line} {rejection.row} : {rejection.fr}" if french else f"  {line} {rejection.row}: {rejection.en}",
            markup=False,
        )
    total = (
        f" : {count_fr(report.members, 'membre connu', 'membres connus')}"
        if french
        else f": {count_en(report.members, 'member')} known"
    )
    screen.print(f"{slug}{total}", markup=False)
