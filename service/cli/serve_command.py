"""`placelibre serve`."""

from typing import Annotated

import typer

from service.cli.output import say, settings


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
    from service.container import Services

    chosen = settings()
    running = Services(chosen)
    running.live.refresh()  # fails here, in one sentence, rather than at the first visitor
    running.gazetteer.suggest("Nantes", 1)
    address, number = host or chosen.host, port or chosen.port
    say(f"PlaceLibre écoute sur http://{address}:{number}", f"PlaceLibre listens on http://{address}:{number}")
    uvicorn.run(create_app(chosen, running), host=address, port=number, log_level="warning")
