"""Reads an old .xls workbook in a process of its own: stdin the file, stdout its sheets as JSON.

The library that knows the format trusts it: a damaged file can make it stop the process or ask for all the
memory there is. Here that costs nobody else anything. Started by `xls.py`; imports nothing of ours.
"""

import json
import sys

import fastexcel

MAX_MEMORY_BYTES = 3_000_000_000


def limit_memory() -> None:
    """Where the system knows how (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def sheets_of(content: bytes) -> list[tuple[str, list[list[str | None]]]]:
    """Name and columns of each sheet, from row 0."""
    workbook = fastexcel.read_excel(content)
    loaded = [
        (name, workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string"))
        for name in workbook.sheet_names
    ]
    return [(name, list(sheet.to_arrow().to_pydict().values()) if sheet.height else []) for name, sheet in loaded]


if __name__ == "__main__":
    limit_memory()
    json.dump(sheets_of(sys.stdin.buffer.read()), sys.stdout)
