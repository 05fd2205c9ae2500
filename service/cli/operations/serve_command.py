"""`placelibre serve`."""

import gc
import socket
import sys
from typing import Annotated

import typer

from geo.errors import Conflict
from service.cli.console.output import say, services, settings

SWITCH_S = 0.0005
"""How long work beside the searches may hold them up at a time."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on")] = None,
) -> None:
    """Serve the pages and the API."""
    run_server(host, port)


def run_server(host: str | None, port: int | None) -> None:
    """Serves until interrupted; a missing store or index is reported before listening."""
    import uvicorn

    from service.app import create_app
    from service.operations.home import check_home

    chosen = settings()
    address, number = host or chosen.host, port or chosen.port
    with services() as running:
        check_home(running.settings, running.engine)
        running.live.refresh()  # fails here, in one sentence, rather than at the first visitor
        running.live.warm()
        running.live.watch()
        sys.setswitchinterval(SWITCH_S)
        running.gazetteer.suggest("Nantes", 1)
        for where in ("44000 Nantes", "47.21, -1.55", "1 rue de Strasbourg, Nantes"):
            running.gazetteer.where(where)  # reads the communes, their outlines and the streets now
        gc.collect()
        gc.freeze()  # what is loaded now stays: a collector that walks over it holds up a search for nothing
        listening = _listen(address, number)
        say(f"PlaceLibre écoute sur http://{address}:{number}", f"PlaceLibre listens on http://{address}:{number}")
        config = uvicorn.Config(create_app(chosen, running), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


def _listen(address: str, port: int) -> socket.socket:
    """A listening socket. Raises Conflict when the address cannot be taken."""
    try:
        return socket.create_server((address, port), backlog=2048)
    except (OSError, OverflowError) as error:
        raise Conflict(
            fr=f"L'adresse {address}:{port} est déjà prise ou interdite : choisissez-en une autre avec --port.",
            en=f"The address {address}:{port} is taken or not permitted: choose another one with --port.",
        ) from error
