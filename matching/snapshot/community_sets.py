"""Sets of communities, each stored once; set 0 is the empty one (public)."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from matching.snapshot.rows import SET_SEPARATOR

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]


def sets_of_rows(keys: Sequence[str], position: Mapping[str, int]) -> tuple[list[tuple[int, ...]], Codes]:
    """The distinct sets (members by position in the community table), and the set of each row."""
    distinct = ["", *sorted(set(keys) - {""})]
    members = [tuple(sorted(position[slug] for slug in key.split(SET_SEPARATOR) if slug)) for key in distinct]
    number = {key: index for index, key in enumerate(distinct)}
    return members, np.fromiter((number[key] for key in keys), np.int32, len(keys))


def sets_of_blocks(sets: list[tuple[int, ...]], set_of_row: Codes, starts: Ints) -> Codes:
    """Per block, the union of the sets of its rows; new unions are appended to `sets`."""
    number = {members: index for index, members in enumerate(sets)}
    unions: dict[frozenset[int], int] = {}
    result = np.zeros(len(starts) - 1, np.int32)
    for block, (start, stop) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)):
        row_sets = frozenset(set_of_row[start:stop].tolist())
        if row_sets not in unions:
            union = tuple(sorted({member for index in row_sets for member in sets[index]}))
            if union not in number:
                number[union] = len(sets)
                sets.append(union)
            unions[row_sets] = number[union]
        result[block] = unions[row_sets]
    return result


def pack_sets(sets: Iterable[tuple[int, ...]]) -> tuple[Ints, Codes]:
    """`set_start` and `set_members` of the layout."""
    all_sets = list(sets)
    start = np.concatenate(([0], np.cumsum([len(members) for members in all_sets], dtype=np.int64)))
    return start.astype(np.int64), np.array([member for members in all_sets for member in members], np.int32)
