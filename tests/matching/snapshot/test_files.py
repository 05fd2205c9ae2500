"""Snapshots on disk: deterministic, complete or refused, and never lost to a full disk."""

import errno
import json
import random
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from geo.errors import SnapshotUnusable, StorageFull
from matching.live_index import MAX_AGE, LiveIndex
from matching.query.query import Query
from matching.snapshot import files
from matching.snapshot.arrow_file import write_arrays
from matching.snapshot.builder import build_index, build_snapshot
from matching.snapshot.files import CURRENT, FACTS, MANIFEST, SEARCH, open_snapshot, publish, verify
from matching.snapshot.index_input import IndexInput
from matching.snapshot.layout import COLUMN_DTYPES, FORMAT
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import AS_OF, NOW, World, query_from


@pytest.fixture
def folder(tmp_path: Path, small_snapshot: Snapshot) -> Path:
    publish(small_snapshot, tmp_path / "index")
    return tmp_path / "index"


def current(folder: Path) -> Path:
    return folder / (folder / CURRENT).read_text().strip()


def refusal_message(folder: Path) -> str:
    """The English message with which opening is refused; both languages give the remedy."""
    with pytest.raises(SnapshotUnusable) as refusal:
        open_snapshot(folder)
    assert "placelibre index" in refusal.value.message("fr")
    return refusal.value.message("en")


def test_a_snapshot_is_read_as_it_was_written(folder: Path, small_snapshot: Snapshot) -> None:
    read = open_snapshot(folder)
    assert read.meta == small_snapshot.meta
    for name in COLUMN_DTYPES:
        np.testing.assert_array_equal(getattr(read.columns, name), getattr(small_snapshot.columns, name))
    assert [read.facts.of(row) for row in range(9)] == [small_snapshot.facts.of(row) for row in range(9)]
    verify(folder)


def test_columns_are_mapped_not_copied(folder: Path) -> None:
    columns = open_snapshot(folder).columns
    assert all(not getattr(columns, name).flags.owndata for name in COLUMN_DTYPES)
    assert not any(getattr(columns, name).flags.writeable for name in COLUMN_DTYPES)


def test_the_same_input_gives_the_same_bytes_in_any_order_of_rows(tmp_path: Path, small_world: World) -> None:
    source = small_world.input()
    first = build_snapshot(source, tmp_path / "first", as_of=AS_OF)
    shuffled = World(seed=11, scale=0.08)
    shuffled.places.reverse()
    shuffled.spaces.reverse()
    shuffled.busy.reverse()
    shuffled.communities = list(reversed(shuffled.communities))
    second = build_snapshot(shuffled.input(), tmp_path / "second", as_of=AS_OF)
    assert first.name == second.name
    for name in (SEARCH, FACTS, MANIFEST):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_building_again_keeps_one_version_and_answers_the_same(folder: Path, small_snapshot: Snapshot) -> None:
    publish(small_snapshot, folder)
    assert [path.name for path in folder.iterdir() if path.is_dir()] == [small_snapshot.meta.version]
    verify(folder)


def test_versions_before_the_last_two_are_removed(folder: Path, small_world: World) -> None:
    names = [current(folder).name]
    reader = LiveIndex.open(folder)
    moments = (AS_OF + timedelta(days=1), AS_OF + timedelta(days=2))
    names += [build_snapshot(small_world.input(), folder, as_of=moment).name for moment in moments]
    assert {path.name for path in folder.iterdir() if path.is_dir()} == set(names[1:])
    assert reader.snapshot.facts.of(0)["name"]  # its mapped files are gone, its data are not
    newer = reader.open_newer()
    assert newer is not None and newer.snapshot.meta.version == names[2]
    reader.set_overlay(IndexInput(), [], newer)
    assert reader.version == names[2] and reader.open_newer() is None


def test_no_index_at_all(tmp_path: Path) -> None:
    assert "does not exist" in refusal_message(tmp_path / "nowhere")


def test_a_pointer_to_nothing(folder: Path) -> None:
    shutil.rmtree(current(folder))
    assert "does not exist" in refusal_message(folder)


@pytest.mark.parametrize("text", ["", "../elsewhere", "\n", ".hidden"])
def test_a_damaged_pointer(folder: Path, text: str) -> None:
    (folder / CURRENT).write_text(text)
    assert "damaged" in refusal_message(folder)


@pytest.mark.parametrize("name", [SEARCH, FACTS])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_truncated(folder: Path, name: str, share: float) -> None:
    path = current(folder) / name
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    assert "truncated" in refusal_message(folder)


@pytest.mark.parametrize("name", [SEARCH, FACTS])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_truncated_and_the_manifest_agrees(folder: Path, name: str, share: float) -> None:
    """Sizes are right but header or footer are gone: Arrow notices."""
    path = current(folder) / name
    raw = path.read_bytes()[: int(path.stat().st_size * share)]
    path.write_bytes(raw)
    manifest = json.loads((current(folder) / MANIFEST).read_text())
    manifest["files"][name]["bytes"] = len(raw)
    (current(folder) / MANIFEST).write_text(json.dumps(manifest))
    assert "truncated" in refusal_message(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", f'{{"format": {FORMAT}}}'])
def test_a_damaged_manifest(folder: Path, text: str) -> None:
    (current(folder) / MANIFEST).write_text(text)
    assert "damaged" in refusal_message(folder)


def test_another_format(folder: Path) -> None:
    manifest = json.loads((current(folder) / MANIFEST).read_text())
    (current(folder) / MANIFEST).write_text(json.dumps({**manifest, "format": FORMAT + 1}))
    assert "another PlaceLibre version" in refusal_message(folder)


def test_columns_of_another_length(folder: Path, small_snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts in the header are checked against the columns."""
    monkeypatch.setattr(files, "wrong_length", lambda columns, meta: "lon")
    assert "damaged" in refusal_message(folder)


def test_every_flipped_byte_is_noticed(folder: Path) -> None:
    random_generator = np.random.default_rng(3)
    for name in (SEARCH, FACTS):
        path = current(folder) / name
        raw = bytearray(path.read_bytes())
        for position in [0, 8, len(raw) - 1, *random_generator.integers(0, len(raw), 25)]:
            raw[position] ^= 0x10
            path.write_bytes(raw)
            with pytest.raises(SnapshotUnusable):
                verify(folder)
            raw[position] ^= 0x10
        path.write_bytes(raw)
    verify(folder)


def test_a_flipped_byte_is_named_by_its_column(folder: Path, small_snapshot: Snapshot) -> None:
    path = current(folder) / SEARCH
    raw = path.read_bytes()
    at = raw.index(small_snapshot.columns.trust.tobytes())
    path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    with pytest.raises(SnapshotUnusable, match="trust"):
        verify(folder)


def test_a_full_device_says_so() -> None:
    with pytest.raises(StorageFull, match="disk is full"):
        write_arrays(Path("/dev/full"), {"a": np.arange(100_000)}, {}, {})


@pytest.mark.parametrize("step", ["write_arrays", "write_text"])
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_the_old_snapshot_in_use(
    folder: Path, small_world: World, monkeypatch: pytest.MonkeyPatch, step: str, reason: int
) -> None:
    before = current(folder)

    def full(*_: object) -> None:
        raise OSError(reason, "no room")

    monkeypatch.setattr(files, step, full)
    with pytest.raises(StorageFull):
        build_snapshot(small_world.input(), folder, as_of=AS_OF + timedelta(days=1))
    monkeypatch.undo()
    assert current(folder) == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    verify(folder)


def test_a_stale_snapshot_no_longer_answers(folder: Path) -> None:
    with LiveIndex.open(folder) as index:
        query = Query(point=query_from(random.Random(1)).point)
        assert index.search(query, NOW).index_version == index.version
        with pytest.raises(SnapshotUnusable, match="22 days old"):
            index.search(query, AS_OF + MAX_AGE + timedelta(days=1, minutes=1))


def test_an_empty_store_makes_an_index_that_answers_nothing(tmp_path: Path) -> None:
    build_snapshot(IndexInput(), tmp_path, as_of=AS_OF, revision=12)
    with LiveIndex.open(tmp_path) as index:
        index.verify()
        results = index.search(Query(point=query_from(random.Random(1)).point, candidates=True), NOW)
        assert (results.total, results.results, index.revision) == (0, (), 12)
        assert index.statistics()["spaces"] == 0


def test_index_in_memory_equals_index_on_disk(folder: Path, small_world: World) -> None:
    assert build_index(small_world.input(), as_of=AS_OF).meta.version == open_snapshot(folder).meta.version
