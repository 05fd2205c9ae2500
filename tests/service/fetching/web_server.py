"""A real web server on this machine whose answers a test sets."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class WebServer:
    """Answers each path by a function; keeps the requests it saw."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, Answer] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str = "/liste.csv", host: str = "lists.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def serve(self, path: str, content: bytes, status: int = 200, **headers: str) -> None:
        """Sets the answer of a path; `ETag_` and the like are header names with `_` for `-`."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            etag = named.get("ETag")
            if etag and request.headers.get("If-None-Match") == etag:
                request.send_response(304)
                request.send_header("ETag", etag)
                request.end_headers()
                return
            request.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **named}.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(content)

        self.answers[path] = answer


@contextmanager
def web_server(trust: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """A running server; with `trust`, one that speaks TLS."""
    told: list[WebServer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told[0].seen.append((self.path, dict(self.headers)))
            try:
                told[0].answers[self.path](self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had enough

        def log_message(self, *_arguments: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    told.append(WebServer(server.server_port))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
