"""Builds a road network from an OpenStreetMap extract, with the tile builder of Valhalla."""

import errno
import json
import shutil
import subprocess
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from geo.errors import Conflict, NotFound, StorageFull, UnreadableFile
from geo.files import exclusive, write_text
from geo.travel.valhalla_tiles import CURRENT, MANIFEST, NetworkManifest, configuration

Progress = Callable[[int, int], None]
STAGES = (
    "Parsing ways",
    "Parsing relations",
    "Parsing nodes",
    "Creating graph edges",
    "Building edge shapes",
    "Enhancing local graph",
    "HierarchyBuilder",
    "Creating shortcuts",
    "Adding complex turn restrictions",
    "Validating",
)
"""Texts in the output of the tile builder that start its longest stages, in order."""
DRAFT, SETTINGS = "draft", "valhalla.json"
HEADER = b"OSMHeader"
MAX_LINES = 20


def build(file: Path, folder: Path, now: datetime, progress: Progress | None = None) -> NetworkManifest:
    """Builds the network of an extract (.osm.pbf) and makes it the current one in `folder`.

    `progress` receives (stages done, stages in total).

    Raises NotFound, UnreadableFile, Conflict when another build is running there, StorageFull, RoutingUnavailable; the
    network before then stays current. A killed build leaves a draft, which the next build removes.
    """
    configuration(folder)  # before anything is written, Valhalla must be installed
    _check(file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(folder, _busy(folder)):
            draft = folder / DRAFT
            shutil.rmtree(draft, ignore_errors=True)
            try:
                draft.mkdir()
                _run(file, draft, progress)
                return _activate(file, draft, folder, now)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(path=folder) from error
        raise


def _check(file: Path) -> None:
    if not file.is_file():
        raise NotFound(
            fr=f"Le fichier {file} n'existe pas : vérifiez son nom, ou téléchargez un extrait d'OpenStreetMap.",
            en=f"The file {file} does not exist: check its name, or download an extract of OpenStreetMap.",
        )
    with file.open("rb") as source:
        if HEADER not in source.read(64):
            raise UnreadableFile(
                name=file.name,
                fr="ce n'est pas un extrait d'OpenStreetMap au format .osm.pbf ; téléchargez-en un.",
                en="this is not an OpenStreetMap extract in the .osm.pbf format; download one.",
            )


def _run(file: Path, draft: Path, progress: Progress | None) -> None:
    """Fills `draft` with tiles. The builder's process is killed when this one is interrupted."""
    settings = configuration(draft)
    settings["logging"] = {"type": "std_out", "color": False}
    (draft / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    command = [str(_builder()), "-c", str(draft / SETTINGS), str(file.resolve())]
    output: deque[str] = deque(maxlen=MAX_LINES)
    with subprocess.Popen(  # noqa: S603  the program of the package, our own arguments
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as builder:
        try:
            for line in builder.stdout or ():
                output.append(line)
                stage = next((at for at, words in enumerate(STAGES) if words in line), None)
                if progress is not None and stage is not None:
                    progress(stage, len(STAGES))
        finally:
            if builder.poll() is None and builder.stdout is not None and not builder.stdout.closed:
                builder.kill()
    if builder.returncode != 0:
        raise _failed(file, draft, "".join(output))


def _builder() -> Path:
    import valhalla

    return Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"


def _failed(file: Path, draft: Path, output: str) -> UnreadableFile | StorageFull:
    if "No space left" in output:
        return StorageFull(path=draft.parent)
    return UnreadableFile(
        name=file.name,
        fr="le fichier est endommagé ou incomplet ; téléchargez-le de nouveau et recommencez.",
        en="the file is damaged or incomplete; download it again and start over.",
    )


def _activate(file: Path, draft: Path, folder: Path, now: datetime) -> NetworkManifest:
    sizes = [path.stat().st_size for path in draft.rglob("*.gph")]
    if not sizes:
        raise UnreadableFile(
            name=file.name,
            fr="ce fichier ne contient aucune route ; prenez un extrait complet, par exemple d'une région.",
            en="this file holds no road; take a complete extract, for example of a region.",
        )
    (draft / SETTINGS).unlink()
    NetworkManifest(draft, file.name, now, len(sizes), sum(sizes)).write()
    generation = draft.rename(folder / f"{now:%Y%m%dT%H%M%S%f}Z")
    before = (folder / CURRENT).read_text(encoding="utf-8").strip() if (folder / CURRENT).is_file() else ""
    write_text(folder / CURRENT, generation.name + "\n")
    for old in folder.glob(f"*/{MANIFEST}"):
        if old.parent.name not in {before, generation.name}:
            shutil.rmtree(old.parent, ignore_errors=True)
    return NetworkManifest.read(generation)


def _busy(folder: Path) -> Conflict:
    return Conflict(
        fr=f"Un autre réseau est en cours de construction dans {folder} : attendez qu'il soit fini.",
        en=f"Another network is being built in {folder}: wait until it is done.",
    )
