"""Snapshots on disk: one directory per version, and a pointer to the one in use.

    index/
      CURRENT                           one line: the version in use; replaced atomically
      20261124T080000Z-1f0c66a2b9d4/
        manifest.json                   format, version, store, size and checksum of each file
        search.arrow                    the columns of `layout.py`; metadata: counts, communities, checksums
        facts.arrow                     rendered rows

A version is complete before it gets its name, and the pointer moves last: a process that opens the index finds the old
version or the new one, complete. Opening checks format, sizes, header, footer and lengths; `verify` reads every byte.
"""

import contextlib
import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from geo.errors import SnapshotUnusable, StorageFull
from geo.files import replace_folder, write_text
from matching.affinity.affinity_matrix import AffinityMatrix, CommunityEntry
from matching.affinity.similarity import Pairs
from matching.snapshot.arrow_file import (
    Arrays,
    damaged,
    damaged_columns,
    missing,
    read_arrays,
    storage_full,
    write_arrays,
)
from matching.snapshot.layout import COLUMN_DTYPES, FORMAT, Columns, Meta, wrong_length
from matching.snapshot.rendered_features import Facts
from matching.snapshot.snapshot import Snapshot

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
SEARCH = "search.arrow"
FACTS = "facts.arrow"
KEPT_VERSIONS = 2
"""The current one and the one before, which another process may just be opening."""


def publish(snapshot: Snapshot, folder: Path, store_id: str = "") -> Path:
    """Writes the snapshot as a new version and makes it current; returns its directory.

    `store_id` is the identity of the store it was built from; without it the manifest names no store.
    Raises StorageFull. After an error the previous version is still current, and no draft is left behind.
    """
    final = folder / snapshot.meta.version
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A version that exists is replaced by the same content, because the copy on disk may be damaged.
        with replace_folder(final) as draft:
            _write(snapshot, draft, store_id)
        write_text(folder / CURRENT, snapshot.meta.version + "\n")
    except OSError as error:
        if storage_full(error):
            raise StorageFull(path=folder) from error
        raise
    remove_old_versions(folder)
    return final


def _write(snapshot: Snapshot, folder: Path, store_id: str) -> None:
    meta = asdict(snapshot.meta)
    metadata = {
        "format": str(FORMAT),
        "as_of": snapshot.meta.as_of.isoformat(),
        "first_day": snapshot.meta.first_day.isoformat(),
        "version": snapshot.meta.version,
        "communities": json.dumps(meta["communities"], ensure_ascii=False),
        **{name: str(value) for name, value in meta.items() if isinstance(value, int)},
    }
    columns = {name: getattr(snapshot.columns, name) for name in COLUMN_DTYPES}
    facts: Arrays = {"start": snapshot.facts.start, "data": snapshot.facts.data}
    short = {"format": str(FORMAT), "version": snapshot.meta.version}

    def write(name: str, arrays: Arrays, metadata: dict[str, str]) -> tuple[str, dict[str, Any]]:
        write_arrays(folder / name, arrays, metadata, snapshot.sums)
        return name, {"bytes": (folder / name).stat().st_size, "blake2b": _file_sum(folder / name)}

    with ThreadPoolExecutor(2) as pool:  # writing and checksums release the interpreter's lock
        files = dict(pool.map(write, (SEARCH, FACTS), (columns, facts), (metadata, short)))
    manifest = {"format": FORMAT, "version": snapshot.meta.version, "store_id": store_id, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def remove_old_versions(folder: Path, keep: int = KEPT_VERSIONS) -> None:
    """Removes versions other than the current one and the latest `keep - 1` others. Mapped files stay readable."""
    current = current_version(folder)
    old_versions = [path.parent for path in folder.glob(f"*/{MANIFEST}") if path.parent.name != current]
    old_versions.sort(key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    for path in old_versions[max(0, keep - 1) :]:
        shutil.rmtree(path, ignore_errors=True)


def current_version(folder: Path) -> str:
    """Name of the version in use. Raises SnapshotUnusable when there is none."""
    try:
        version = (folder / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise missing(folder) from error
    except (OSError, UnicodeDecodeError) as error:
        raise damaged(folder / CURRENT) from error
    if not version or "/" in version or version.startswith("."):
        raise damaged(folder / CURRENT)
    return version


def open_snapshot(folder: Path) -> Snapshot:
    """The current snapshot, memory-mapped. Raises SnapshotUnusable: missing, truncated, damaged, another format."""
    for _ in range(3):
        version = current_version(folder)
        with contextlib.suppress(FileNotFoundError):
            return _open_version(folder / version)
        # Replaced and removed between the pointer and the files: read the pointer again.
    raise missing(folder / version)


def _open_version(path: Path) -> Snapshot:
    manifest = _manifest(path)
    for name, file in manifest["files"].items():
        if (path / name).stat().st_size != file["bytes"]:
            raise damaged(path / name)
    arrays, metadata = read_arrays(path / SEARCH)
    rendered, facts_metadata = read_arrays(path / FACTS)
    if metadata.get("format") != str(FORMAT):
        raise _other_format(path)
    if not metadata.get("version") == facts_metadata.get("version") == manifest["version"] == path.name:
        raise damaged(path)
    columns, meta = _typed(arrays, path), _meta(metadata, path, str(manifest.get("store_id", "")))
    facts = Facts(rendered["start"], rendered["data"])
    if wrong_length(columns, meta) or len(facts.start) != meta.rows + 1:
        raise damaged(path)
    described = tuple(entry for entry in meta.communities if entry.described)
    learned = Pairs(columns.akin_start, columns.akin_other, columns.akin_value, columns.akin_members)
    return Snapshot(columns, meta, facts, AffinityMatrix(described, learned))


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise _other_format(path)
        sizes = [manifest["files"][name]["bytes"] for name in (SEARCH, FACTS)]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path / MANIFEST) from error
    if not isinstance(manifest.get("version"), str) or not all(isinstance(size, int) for size in sizes):
        raise damaged(path / MANIFEST)
    read: dict[str, Any] = manifest
    return read


def _typed(arrays: Arrays, path: Path) -> Columns:
    for name, dtype in COLUMN_DTYPES.items():
        if name not in arrays or arrays[name].dtype != dtype:
            raise damaged(path / SEARCH)
    return Columns(**{name: arrays[name] for name in COLUMN_DTYPES})


def _meta(metadata: dict[str, str], path: Path, store_id: str) -> Meta:
    counts = ("revision", "rows", "offered_rows", "blocks", "offered_blocks")
    try:
        communities = tuple(
            CommunityEntry(
                entry["slug"], entry["name"], entry["sharing"], tuple(entry["partners"]), tuple(entry["values"])
            )
            for entry in json.loads(metadata["communities"])
        )
        as_of = datetime.fromisoformat(metadata["as_of"])
        numbers = {name: int(metadata[name]) for name in counts}
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path / SEARCH) from error
    return Meta(version=metadata["version"], as_of=as_of, communities=communities, store_id=store_id, **numbers)


def _other_format(path: Path) -> SnapshotUnusable:
    return SnapshotUnusable(
        path=path,
        fr="a été construit par une autre version de PlaceLibre",
        en="was built by another PlaceLibre version",
    )


def verify(folder: Path) -> None:
    """Reads every byte of the current snapshot. Raises SnapshotUnusable that names what is damaged."""
    path = folder / current_version(folder)
    try:
        opened = _open_version(path)
        manifest = _manifest(path)
        for name in (SEARCH, FACTS):
            arrays, metadata = read_arrays(path / name)
            wrong = damaged_columns(arrays, metadata)
            if wrong or _file_sum(path / name) != manifest["files"][name].get("blake2b"):
                listed = ", ".join(wrong) or name
                raise SnapshotUnusable(
                    path=path / name,
                    fr=f"est abîmé (somme de contrôle : {listed})",
                    en=f"is damaged (checksum: {listed})",
                )
    except FileNotFoundError as error:
        raise missing(path) from error
    if np.any(np.diff(opened.facts.start) < 0):
        raise damaged(path / FACTS)


def _file_sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
