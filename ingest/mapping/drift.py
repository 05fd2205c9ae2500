"""What changed in the columns of a list since its mapping was saved: renamed, vanished, new, other values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rapidfuzz import fuzz

from geo.reference.toponyms import fold
from ingest.mapping import column_profile, header_evidence
from ingest.mapping.model import Mapping
from ingest.mapping.saved_mappings import SavedMapping
from ingest.readers.common.raw_list import RawTable

LIKELY = 0.6
"""From here on a new column is taken for an old one under another name."""


class Change(StrEnum):
    """What happened to a column."""

    RENAMED = "renamed"
    VANISHED = "vanished"
    NEW = "new"
    OTHER_VALUES = "other_values"


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that is not as it was. `field`: what it means, "" when it was never used. `likelihood`: 0 to 1."""

    change: Change
    column: str
    field: str = ""
    new_name: str = ""
    likelihood: float = 1.0
    detail: tuple[str, str] = ("", "")

    @property
    def matters(self) -> bool:
        """Whether something that was read is not read any more, or may be read wrongly."""
        return bool(self.field) and self.change != Change.NEW

    def sentence(self) -> tuple[str, str]:
        """In French and in English, with what to do."""
        used = (f" (champ {self.field})", f" (field {self.field})") if self.field else ("", "")
        match self.change:
            case Change.RENAMED:
                return (
                    f"La colonne « {self.column} »{used[0]} semble s'appeler maintenant « {self.new_name} » "
                    f"({self.likelihood:.0%}) ; confirmez-le ou dites ce qu'est cette colonne.".replace("%", " %"),
                    f"The column “{self.column}”{used[1]} seems to be called “{self.new_name}” now "
                    f"({self.likelihood:.0%}); confirm it or say what that column is.",
                )
            case Change.VANISHED:
                return (
                    f"La colonne « {self.column} »{used[0]} a disparu ; dites quelle colonne la remplace, "
                    "ou enregistrez la liste sans elle.",
                    f"The column “{self.column}”{used[1]} has vanished; say which column replaces it, "
                    "or save the list without it.",
                )
            case Change.NEW:
                return (
                    f"La colonne « {self.column} » est nouvelle et n'est pas lue ; "
                    "dites ce qu'elle contient pour qu'elle le soit.",
                    f"The column “{self.column}” is new and is not read; say what it holds for it to be.",
                )
        return (
            f"La colonne « {self.column} »{used[0]} contenait {self.detail[0]} ; vérifiez qu'elle a gardé son sens.",
            f"The column “{self.column}”{used[1]} used to hold {self.detail[1]}; check that it still means the same.",
        )


@dataclass(frozen=True, slots=True)
class Drift:
    """Every difference, those that matter first. Empty when the list has the columns it had."""

    differences: tuple[Difference, ...] = ()
    renames: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.differences)

    @property
    def matters(self) -> bool:
        """Whether a field is touched: the caller should ask before it imports."""
        return any(one.matters for one in self.differences)


def drift(saved: SavedMapping, columns: Sequence[str], sample: RawTable) -> Drift:
    """How the columns of a list differ from those its mapping was saved with. `sample` gives their cells."""
    meaning = saved.mapping.meaning()
    seen = {one.column: one for one in column_profile.profiles(sample)}
    gone = [column for column in dict.fromkeys([*saved.columns, *meaning]) if column not in columns]
    new = [column for column in columns if column not in saved.columns and column not in meaning]
    renames = _renames(gone, new, saved, seen)
    taken = set(renames.values())
    found = [
        Difference(Change.RENAMED, column, meaning.get(column, ""), name, _likelihood(column, seen[name], saved))
        if (name := renames.get(column))
        else Difference(Change.VANISHED, column, meaning.get(column, ""))
        for column in gone
    ]
    found += [_other(column, saved, seen) for column in columns if column in meaning and _differs(column, saved, seen)]
    found += [Difference(Change.NEW, column) for column in new if column not in taken]
    return Drift(tuple(sorted(found, key=lambda one: not one.matters)), renames)


def corrections_of(mapping: Mapping, renames: dict[str, str]) -> dict[str, str]:
    """What to tell `corrected` once a person agreed with the new names: {new column: field}."""
    meaning = mapping.meaning()
    return {new: meaning[old] for old, new in renames.items() if old in meaning}


def _renames(
    gone: list[str], new: list[str], saved: SavedMapping, seen: dict[str, column_profile.Profile]
) -> dict[str, str]:
    """Old -> new name, the likeliest first; each name once."""
    likely = sorted(
        ((_likelihood(old, seen[name], saved), old, name) for old in gone for name in new if name in seen), reverse=True
    )
    found: dict[str, str] = {}
    for worth, old, name in likely:
        if worth >= LIKELY and old not in found and name not in found.values():
            found[old] = name
    return found


def _likelihood(old: str, now: column_profile.Profile, saved: SavedMapping) -> float:
    """How much a new column looks like an old one: by its words, by what both say of a field, by its cells."""
    spelling = fuzz.token_sort_ratio(fold(old), fold(now.column)) / 100
    means = saved.mapping.meaning().get(old, "")
    named, before = header_evidence.scores(now.column), header_evidence.scores(old)
    said = (
        named.get(means, 0.0) if means else max((min(named.get(one, 0.0), before[one]) for one in before), default=0.0)
    )
    shape = saved.shapes.get(old, "")
    same_cells = 0.5 if not shape or not now.cells else float(now.share(shape) >= 0.6)
    if shape not in {"", "text"} and now.cells and not same_cells:
        return round(0.5 * max(spelling, said), 3)  # the cells are of another kind
    distinctive = same_cells == 1.0 and shape not in {"text", "yes_no", "count", "date"}
    return round(
        min(1.0, 0.7 * max(spelling, said) + (0.3 if distinctive else 0.15) * same_cells + 0.1 * distinctive), 3
    )


def _differs(column: str, saved: SavedMapping, seen: dict[str, column_profile.Profile]) -> bool:
    shape, now = saved.shapes.get(column, ""), seen.get(column)
    return (
        shape in column_profile.NOUNS
        and shape != "text"
        and now is not None
        and len(now.cells) >= 5
        and now.share(shape) < 0.3
    )


def _other(column: str, saved: SavedMapping, seen: dict[str, column_profile.Profile]) -> Difference:
    shape = saved.shapes[column]
    means, share = saved.mapping.meaning()[column], seen[column].share(shape)
    return Difference(
        Change.OTHER_VALUES, column, means, likelihood=round(1 - share, 3), detail=column_profile.NOUNS[shape]
    )
