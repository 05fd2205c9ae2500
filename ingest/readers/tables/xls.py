"""Old .xls workbooks, read apart because a damaged one can take its process with it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ingest.readers.common import unreadable
from ingest.readers.common.raw_list import FaultLog, Reading
from ingest.readers.common.source import Source
from ingest.readers.tables import xlsx

_OLE2 = b"\xd0\xcf\x11\xe0"
_CHILD = Path(__file__).with_name("xls_child.py")
MAX_SECONDS = 120


def read(source: Source, log: FaultLog) -> Reading:
    """Opens .xls; some of them are .xlsx by content. Raises UnreadableFile."""
    if source.start(2) == b"PK":
        return xlsx.read(source, log)
    content = source.whole()
    if not content.startswith(_OLE2):
        raise unreadable.really_is(source.name, "autre chose qu'un classeur", "something else than a workbook")
    sheets = [(name, xlsx.lines_of(columns)) for name, columns in _sheets(content, source.name)]
    return xlsx.best_sheet(sheets, source.name, log)


def _sheets(content: bytes, name: str) -> Any:
    # -P: this folder must not come first among the places of modules, it has a csv.py.
    command = [sys.executable, "-P", str(_CHILD)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=MAX_SECONDS, check=False)  # noqa: S603 - the workbook goes through stdin only
    except subprocess.TimeoutExpired as error:
        raise unreadable.damaged(name, "XLS") from error
    if done.returncode:
        if b"password" in done.stderr.lower():
            raise unreadable.encrypted(name)
        raise unreadable.truncated(name)
    return json.loads(done.stdout)
