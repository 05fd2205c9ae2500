"""`placelibre community`: communities and their keys."""

from typing import Annotated

import typer

from service.cli.output import console, print_json, say, services

communities = typer.Typer(help="Communities and their keys.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Results on standard output")]


@communities.command("list")
def list_(as_json: Json = False) -> None:
    """Communities of this installation."""
    running = services()
    found = running.communities
    running.close()
    if as_json:
        print_json([{"slug": one.slug, "name": one.name, "sharing": one.sharing} for one in found])
    else:
        for one in found:
            console().print(f"{one.slug}  {one.name}  ({one.sharing})", markup=False)


@communities.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Short name: letters, digits, hyphens")],
    name: Annotated[str | None, typer.Option(help="Name as shown; default: that of its brand file or the slug")] = None,
    sharing: Annotated[str, typer.Option(help="private, partners or network")] = "network",
    as_json: Json = False,
) -> None:
    """Add a community (or find it) and make it a key, shown once."""
    from service.communities import add as add_community
    from service.keys import create_key

    running = services()
    add_community(running.engine, slug=slug, name=name, sharing=sharing)
    key = create_key(running.engine, slug, running.now())
    running.close()
    if as_json:
        print_json({"slug": slug, "key": key})
        return
    say(
        f"Clé de {slug}, affichée une seule fois ; gardez-la dans un endroit sûr :",
        f"Key of {slug}, shown only once; keep it in a safe place:",
    )
    console().print(key, markup=False)
