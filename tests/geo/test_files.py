"""Atomic replacement of files and folders, and locks of folders."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from geo.errors import Conflict
from geo.files import exclusive, lock_folder, replace_file, replace_folder, write_text

ROOT = Path(__file__).resolve().parents[2]
Replacement = Callable[[Path], AbstractContextManager[Path]]


@pytest.fixture(autouse=True)
def _no_draft_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert not list(tmp_path.rglob(".*"))


def test_a_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    write_text(path, "old")
    with replace_file(path) as draft:
        draft.write_text("né", encoding="utf-8")
        assert draft.suffix == path.suffix
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "né"


@pytest.mark.parametrize("replace", [replace_file, replace_folder])
def test_an_error_leaves_what_was_there(tmp_path: Path, replace: Replacement) -> None:
    path = tmp_path / "target"
    if replace is replace_folder:
        path.mkdir()
    else:
        path.write_text("old", encoding="utf-8")
    before = path.stat()
    with pytest.raises(OSError, match="disk full"), replace(path) as draft:
        (draft / "a" if draft.is_dir() else draft).write_text("half", encoding="utf-8")
        raise OSError("disk full")
    assert path.stat() == before


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    for names in (("a", "b"), ("c",)):
        with replace_folder(tmp_path / "version") as draft:
            for name in names:
                (draft / name).write_text(name, encoding="utf-8")
        assert {path.name for path in (tmp_path / "version").iterdir()} == set(names)


def test_only_one_holds_a_folder(tmp_path: Path) -> None:
    refusal = Conflict(fr="Occupé.", en="Busy.")
    with exclusive(tmp_path, refusal):
        with pytest.raises(Conflict, match="Busy"), exclusive(tmp_path, refusal):
            pass
        with lock_folder(tmp_path) as again, lock_folder(tmp_path, "other") as other:
            assert (again, other) == (False, True)
    with lock_folder(tmp_path) as is_free:
        assert is_free


def test_another_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom geo.files import lock_folder\n"
        "with lock_folder(Path(sys.argv[1])) as is_free:\n    print(is_free, flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with lock_folder(tmp_path) as is_free:
            assert not is_free
        holder.kill()
    with lock_folder(tmp_path) as is_free:
        assert is_free
