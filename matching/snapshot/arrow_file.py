"""Arrays in an Arrow IPC file: one record batch with one row, one large_list column per array.

The values of such a column are contiguous and aligned, so a memory-mapped file is read without copying, and any Arrow
implementation can open it. The schema's metadata has the metadata of the caller and a checksum per column.
"""

import errno
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geo.errors import SnapshotUnusable, StorageFull

Arrays = dict[str, npt.NDArray[Any]]
_SUM = "checksum:"
_DTYPES = {"float": "float32", "double": "float64"}
_FULL = (errno.ENOSPC, errno.EDQUOT)


def checksum(values: npt.NDArray[Any]) -> str:
    """BLAKE2b of the bytes of an array, 16 hexadecimal digits."""
    return hashlib.blake2b(np.ascontiguousarray(values).data, digest_size=8).hexdigest()


def storage_full(error: OSError) -> bool:
    """Whether this is a full disk or an exhausted quota."""
    return error.errno in _FULL


def write_arrays(
    path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str], checksums: Mapping[str, str]
) -> None:
    """Writes and syncs the file; `checksums` has those already computed, by column. Raises StorageFull when the device
    is full, and other OSErrors."""
    columns = [
        pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), pa.array(values))
        for values in arrays.values()
    ]
    sums = {_SUM + name: checksums.get(name) or checksum(values) for name, values in arrays.items()}
    schema = pa.schema(
        [pa.field(name, column.type) for name, column in zip(arrays, columns, strict=True)],
        metadata={**metadata, **sums},
    )
    batch = pa.record_batch(columns, schema=schema)
    try:
        with path.open("wb") as sink:
            with pa.ipc.new_file(sink, schema) as writer:
                writer.write_batch(batch)
            sink.flush()
            _sync(sink.fileno())
    except OSError as error:
        if storage_full(error):
            raise StorageFull(path=path) from error
        raise


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a pipe or a device cannot be synced; a file can
            raise


def read_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Arrays over the memory-mapped file, and its metadata. Raises SnapshotUnusable for any other file.

    The arrays keep the map alive; the file may be unlinked meanwhile.
    """
    try:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            if reader.num_record_batches != 1:
                raise damaged(path)
            batch = reader.get_batch(0)
        arrays = {name: _in_place(batch.column(name).values) for name in batch.schema.names}
        raw: dict[bytes, bytes] = reader.schema.metadata or {}
        return arrays, {key.decode(): value.decode() for key, value in raw.items()}
    except FileNotFoundError as error:
        raise missing(path) from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise damaged(path) from error


def _in_place(values: pa.Array) -> npt.NDArray[Any]:
    """The values without a copy. Arrow's own conversion to numpy loads pandas first, a third of a second."""
    dtype = np.dtype(_DTYPES.get(str(values.type), str(values.type)))
    content = values.buffers()[1]
    whole: npt.NDArray[Any] = np.zeros(0, dtype) if content is None else np.frombuffer(content, dtype)
    return whole[values.offset : values.offset + len(values)]


def damaged_columns(arrays: Arrays, metadata: Mapping[str, str]) -> list[str]:
    """Names of the columns whose checksum is wrong."""
    return [name for name, values in arrays.items() if metadata.get(_SUM + name) != checksum(values)]


def missing(path: Path) -> SnapshotUnusable:
    return SnapshotUnusable(path=path, fr="n'existe pas", en="does not exist")


def damaged(path: Path) -> SnapshotUnusable:
    return SnapshotUnusable(path=path, fr="est tronqué ou abîmé", en="is truncated or damaged")
