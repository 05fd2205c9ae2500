"""Records the answers of a source tree: `python -m benchmarks.answers.record --tree PATH --out FOLDER`.

Each answer is one file, `CHAPTER/REQUEST.txt`: the request, then status, headers and body, or exit code, output and
written files. Two recordings of one tree are identical; `benchmarks.answers.compare` tells what differs between two
trees. The interpreter that runs this runs the tree too, so both trees are recorded with the same libraries.
"""

import argparse
import http.client
import re
import shlex
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import Queue

from benchmarks.answers.combinations import generated_chapters
from benchmarks.answers.corpus import Chapter, Request, read_chapter
from benchmarks.answers.dump import HEADERS, folder_text, masked, masks, readable
from benchmarks.answers.shell import Shell
from benchmarks.answers.world import CLOCK_S, HERE, REPOSITORY, Machine, Server

WORLD = "world"
"""The chapter that makes the world of all others."""
BOUNDARY = "placelibre-answers-boundary"


class Recorder:
    """Sends requests and keeps their answers. `values` fill the {names} of requests."""

    def __init__(self, machine: Machine, out: Path, jobs: int) -> None:
        self._machine, self._out = machine, out
        self._shells = Queue[Shell]()
        for _ in range(jobs):
            self._shells.put(machine.shell())
        root = re.escape(str(machine.root))
        paths = {rf"{root}/\d\d\b": "<home>", root: "<root>", re.escape(str(machine.tree)): "<tree>"}
        self._masks = masks(paths, CLOCK_S)
        self.values = {"lists": str(machine.lists), "data": str(machine.data), "repository": str(REPOSITORY)}
        self.kinds: Counter[str] = Counter()
        self._lock = threading.Lock()

    def run_chapter(self, chapter: Chapter, home: Path) -> None:
        """Every request of a chapter in its order; a server runs while requests need it."""
        values = {**self.values, "home": str(home)}
        with ExitStack() as running:
            server: Server | None = None
            for request in chapter.requests:
                settings = request.filled(values).environment
                if server is not None and (request.is_command or settings != server.settings):
                    running.close()
                    server = None
                if server is None and not request.is_command:
                    server = running.enter_context(Server(self._machine, home, settings))
                values |= self._answer(chapter.name, request, values, home, server)
        if chapter.name == WORLD:
            self.values = values

    def close(self) -> None:
        """Ends the processes that run commands."""
        while not self._shells.empty():
            self._shells.get().close()

    def _answer(
        self, chapter: str, request: Request, values: dict[str, str], home: Path, server: Server | None
    ) -> dict[str, str]:
        """Records one answer; gives the values kept of it."""
        filled = request.filled(values)
        answer = self._command(filled, home) if server is None else _http(filled, server.port)
        kept = {}
        for name, pattern in request.keep.items():
            found = re.search(pattern, answer.decode())
            if found is None:  # the answers that follow from it will differ, and the comparison shows all of them
                print(f"{chapter}: no {name} in the answer to {request.text}", file=sys.stderr)
            kept[name] = found[1] if found else "missing"
        self._write(chapter, request, masked(answer, self._masks))
        return kept

    def _command(self, request: Request, home: Path) -> bytes:
        with tempfile.TemporaryDirectory(dir=self._machine.root, prefix="cwd-") as folder:
            arguments = shlex.split(request.target)
            shell = self._shells.get()
            ended = shell.run(arguments, self._machine.environment(home, request.environment), Path(folder))
            self._shells.put(shell)
            outputs = b"--- stdout\n%b\n--- stderr\n%b\n" % (ended.stdout, ended.stderr)
            answer = b"exit %d\n" % ended.exit_code + outputs + folder_text(Path(folder))
            return answer.replace(folder.encode(), b"<folder>")

    def _write(self, chapter: str, request: Request, answer: bytes) -> None:
        folder = self._out / chapter
        with self._lock:
            folder.mkdir(parents=True, exist_ok=True)
            path, number = folder / f"{request.file_name}.txt", 2
            while path.exists():  # asked again in one chapter, such as before and after a change
                path, number = folder / f"{request.file_name}-{number}.txt", number + 1
            path.write_bytes(request.text.encode() + b"\n\n" + answer)
            self.kinds[_kind(request)] += 1


def _http(request: Request, port: int) -> bytes:
    """Status, headers that count, and decoded body of an answer."""
    body, content_type = _body(request)
    headers = {"Host": "placelibre.test", "Accept-Encoding": "identity", "Connection": "close", **request.headers}
    if content_type:
        headers.setdefault("Content-Type", content_type)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request(request.method, request.target, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    shown = [f"{name}: {value}" for name in HEADERS for value in response.headers.get_all(name) or ()]
    return "\n".join([f"HTTP {response.status}", *shown, "", ""]).encode() + readable(content)


def _body(request: Request) -> tuple[bytes | None, str]:
    """The body to send and its type."""
    parts = dict(request.bodies)
    if "file" in parts:
        return _multipart(request.bodies), f"multipart/form-data; boundary={BOUNDARY}"
    types = {"json": "application/json", "form": "application/x-www-form-urlencoded", "text": "text/plain"}
    for kind, media_type in types.items():
        if kind in parts:
            return parts[kind].encode(), media_type
    return None, ""


def _multipart(bodies: Iterable[tuple[str, str]]) -> bytes:
    """`file: FIELD=PATH` parts, and the fields of `form: a=1&b=2`."""
    parts: list[bytes] = []
    for kind, text in bodies:
        for pair in [text] if kind == "file" else text.split("&"):
            name, _, value = pair.partition("=")
            content, about = value.encode(), f'form-data; name="{name}"'
            if kind == "file":
                content, about = Path(value).read_bytes(), f'{about}; filename="{Path(value).name}"'
            parts.append(f"--{BOUNDARY}\r\nContent-Disposition: {about}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def _kind(request: Request) -> str:
    if request.is_command:
        is_export, is_report = request.target.startswith("export"), "--report" in request.target
        return "exports" if is_export else "import reports" if is_report else "command line"
    return "API" if request.target.startswith("/api/") else "pages"


def chapters() -> list[Chapter]:
    """Written ones and generated ones; the one that makes the world first."""
    written = [read_chapter(path) for path in sorted((HERE / "requests").glob("*.txt"))]
    return sorted([*written, *generated_chapters()], key=lambda chapter: chapter.name != WORLD)


def record(machine: Machine, out: Path, jobs: int, only: str) -> Counter[str]:
    """Records all chapters; gives how many requests there were of each kind. Requests that only read run beside each
    other, as do chapters with a world of their own."""
    first, *others = chapters()
    others = [chapter for chapter in others if re.search(only, chapter.name)]
    for chapter in (first, *others):
        shutil.rmtree(out / chapter.name, ignore_errors=True)
    recorder = Recorder(machine, out, jobs)
    home = machine.new_home(0)
    recorder.run_chapter(first, home)
    homes = {
        chapter.name: machine.copy_of(home, number) for number, chapter in enumerate(others, 1) if chapter.own_world
    }
    work: list[tuple[Chapter, Path]] = []
    for chapter in others:
        if chapter.own_world:
            work.append((chapter, homes[chapter.name]))
            continue
        commands = [request for request in chapter.requests if request.is_command]
        served = tuple(request for request in chapter.requests if not request.is_command)
        work += [(Chapter(chapter.name, (request,)), home) for request in commands]
        work += [(Chapter(chapter.name, served), home)] if served else []
    work.sort(key=lambda part: -len(part[0].requests))
    with ThreadPoolExecutor(jobs) as pool:
        running: list[Future[None]] = [pool.submit(recorder.run_chapter, *part) for part in work]
        for future in running:
            try:
                future.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    recorder.close()
    return recorder.kinds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tree", type=Path, required=True, help="sources to record")
    parser.add_argument("--out", type=Path, required=True, help="folder of the recording; what is recorded is replaced")
    parser.add_argument("--jobs", type=int, default=2, help="requests at a time")
    parser.add_argument("--only", default="", help="pattern of the names of chapters")
    given = parser.parse_args()
    started = time.monotonic()
    if not given.only:
        shutil.rmtree(given.out, ignore_errors=True)
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="answers-") as root:
        machine = Machine(given.tree.resolve(), Path(root).resolve())
        machine.prepare()
        kinds = record(machine, given.out, given.jobs, given.only)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    print(f"{kinds.total()} answers in {time.monotonic() - started:.0f} s: {counts}", file=sys.stderr)


if __name__ == "__main__":
    main()
