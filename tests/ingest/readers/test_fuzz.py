"""Whatever the bytes, a reader gives rows or says in one sentence why it cannot; nothing else escapes."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geo.errors import UnreadableFile
from ingest.readers.child.process import ChildDeath, ChildReader
from ingest.readers.common.raw_list import FaultLog, RawTable, Reading
from ingest.readers.common.source import Source
from ingest.readers.open import READERS, open_list

SAMPLES = {path.name: path.read_bytes() for path in (Path(__file__).parents[2] / "data" / "readers").glob("[lm]*.*")}
WORKBOOKS = {"libraries.xls", "libraries.xlsx"}
RANDOM_NAMES = [f"liste{suffix}{packing}" for suffix in READERS for packing in ("", ".gz", ".zip")]
quick = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def rows_or_reason(content: bytes, name: str) -> RawTable | None:
    """What a list holds; None when it is refused with a sentence in both languages."""
    try:
        opened = open_list(content, name)
        batches = list(opened.batches(7))
    except UnreadableFile as refusal:
        assert refusal.message("fr").endswith(".")
        assert refusal.message("en").endswith(".")
        died = refusal.__cause__
        assert not isinstance(died, ChildDeath) or died.status < 0, f"a fault of ours in a reader: {died}"
        return None
    for batch in batches:
        assert len(batch.rows) == len(batch.lines) <= 7
        for row in batch.rows:
            assert tuple(row) == batch.columns or set(row) == set(batch.columns)
            assert all(type(cell) is str and cell == cell.strip() for cell in row.values())
            assert any(row.values())
            "".join(row.values()).encode()
    assert all(fault.fr.endswith(".") and fault.en.endswith(".") for fault in opened.faults)
    return batches[0] if batches else None


@contextmanager
def in_this_process() -> Iterator[None]:
    """Runs the readers of child processes here: hundreds of examples would each start one."""

    def run(reader: ChildReader, source: Source, log: FaultLog) -> Reading:
        reading: Reading = getattr(import_module(reader.module), reader.function)(source, log)
        return reading

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChildReader, "__call__", run)
        yield


@pytest.mark.parametrize("name", RANDOM_NAMES)
@quick
@given(content=st.binary(min_size=1, max_size=400))
def test_random_bytes(name: str, content: bytes) -> None:
    with in_this_process():
        rows_or_reason(content, name)


@st.composite
def mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """A real file after some accidents: bytes changed, cut out, repeated, put in, or the end lost."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(changed) - 1)))
        length = draw(st.integers(1, 40))
        match draw(st.sampled_from(("change", "cut", "repeat", "insert", "end"))):
            case "change":
                new = draw(st.binary(min_size=1, max_size=4))
                changed[start : start + len(new)] = new
            case "cut":
                del changed[start : start + length]
            case "repeat":
                changed[start:start] = changed[start : start + length] * draw(st.integers(1, 50))
            case "insert":
                changed[start:start] = draw(st.sampled_from((b"\0", b'"', b"\n", b"<", b"\xff\xfe", b"{", b"9" * 30)))
            case _:
                del changed[start:]
    return bytes(changed)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - WORKBOOKS))
@quick
@given(data=st.data())
def test_real_files_after_an_accident(name: str, data: st.DataObject) -> None:
    with in_this_process():
        rows_or_reason(data.draw(mutated(SAMPLES[name])), name)


@quick
@given(data=st.data())
def test_workbooks_after_an_accident(data: st.DataObject) -> None:
    """Their library may end the process, so each example starts one."""
    rows_or_reason(data.draw(mutated(SAMPLES["libraries.xlsx"])), "libraries.xlsx")


@settings(deadline=None, max_examples=5)
@given(data=st.data())
def test_old_workbooks_after_an_accident(data: st.DataObject) -> None:
    """Fewer of them: each starts a process."""
    rows_or_reason(data.draw(mutated(SAMPLES["libraries.xls"])), "libraries.xls")


CSV_TEXT = st.text(st.sampled_from("ab1é,;\t|\"'\n\r\0 =@\ufeff\u2028\x85~:"), min_size=1, max_size=200)


@settings(deadline=None, max_examples=200)
@given(text=CSV_TEXT, encoding=st.sampled_from(("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32")))
@example(text='a,b\n1,"2\n3,4\n', encoding="utf-8")
def test_any_text_as_csv(text: str, encoding: str) -> None:
    rows_or_reason(text.encode(encoding, errors="replace"), "liste.csv")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)
FEATURES = st.fixed_dictionaries(
    {
        "type": st.just("FeatureCollection"),
        "features": st.lists(
            st.fixed_dictionaries(
                {"type": st.just("Feature"), "properties": JSON_VALUES},
                optional={
                    "id": JSON_VALUES,
                    "geometry": st.fixed_dictionaries(
                        {
                            "type": st.sampled_from(("Point", "LineString", "Polygon", "MultiPolygon", "Nowhere")),
                            "coordinates": st.recursive(
                                st.floats() | st.none(), lambda x: st.lists(x, max_size=4), max_leaves=12
                            ),
                        }
                    ),
                },
            ),
            max_size=4,
        ),
    },
    optional={"crs": JSON_VALUES},
)


@settings(deadline=None, max_examples=150)
@given(document=JSON_VALUES | FEATURES, name=st.sampled_from(("liste.json", "liste.geojson", "liste.jsonl")))
def test_any_json(document: Any, name: str) -> None:
    rows_or_reason(json.dumps(document).encode(), name)


# What fuzzing found, kept as it was understood.


def moved_directory(content: bytes) -> bytes:
    """An archive whose directory says it begins 70,000 bytes further: its files begin before the first byte."""
    end = content.rindex(b"PK\x05\x06")
    offset = int.from_bytes(content[end + 16 : end + 20], "little")
    return content[: end + 16] + (offset + 70_000).to_bytes(4, "little") + content[end + 20 :]


def parquet_of_broken_text() -> bytes:
    """A text column that is not UTF-8, which Arrow writes and reads without a word and polars panics on."""
    offsets, text = pa.py_buffer(np.array([0, 1, 3], dtype=np.int32)), pa.py_buffer(b"a\xa8\xff")
    column = pa.Array.from_buffers(pa.string(), 2, [None, offsets, text])
    content = io.BytesIO()
    pq.write_table(pa.table({"nom": column}), content)
    return content.getvalue()


CRASHERS = {
    "archive whose files begin before it": (moved_directory(SAMPLES["libraries.xlsx"]), "x.xlsx"),
    "packed list that begins before its archive": (moved_directory(SAMPLES["libraries.kmz"]), "x.kmz"),
    "Parquet text that is not UTF-8": (parquet_of_broken_text(), "x.parquet"),
    "old workbook that makes its library panic": (SAMPLES["libraries.xls"][:512], "x.xls"),
    "number of more digits than Python writes": (b'[{"nom": ' + b"9" * 5_000 + b"}]", "x.json"),
    "cell that ends with a blank after an empty value": (b'[{"nom": [{"a": ""}]}]', "x.json"),
    "half a character": (rb'[{"nom": "\ud800"}]', "x.json"),
    "blocks of one quote": (b'"', "x.csv"),
    "separator alone": (b"sep=;\n", "x.csv"),
}


@pytest.mark.parametrize("case", CRASHERS)
def test_what_once_crashed_a_reader(case: str) -> None:
    rows_or_reason(*CRASHERS[case])
