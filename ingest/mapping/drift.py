"""Drift of a list since its mapping was saved: columns renamed, vanished, new, or with other values."""

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
"""The least likelihood at which a new column is taken for a renamed one."""


class Change(StrEnum):
    """Kinds of difference of a column."""

    RENAMED = "renamed"
    VANISHED = "vanished"
    NEW = "new"
    OTHER_VALUES = "other_values"


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that changed. `field` is its meaning, "" when it was never used. `likelihood`: 0 to 1."""

    change: Change
    column: str
    field: str = ""
    new_name: str = ""
    likelihood: float = 1.0
    detail: tuple[str, str] = ("", "")

    @property
    def matters(self) -> bool:
        """Whether a field is no longer read, or may be read wrongly."""
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
        """Whether a field is concerned: the caller should ask before it imports."""
        return any(difference.matters for difference in self.differences)


def drift(saved: SavedMapping, columns: Sequence[str], sample: RawTable) -> Drift:
    """How the columns of a list differ from those its mapping was saved with. `sample` gives their cells."""
    meaning = saved.mapping.meaning()
    profiles = {profile.column: profile for profile in column_profile.profiles(sample)}
    lost = [column for column in dict.fromkeys([*saved.columns, *meaning]) if column not in columns]
    new = [column for column in columns if column not in saved.columns and column not in meaning]
    renames = _renames(lost, new, saved, profiles)
    renamed = set(renames.values())
    differences = [
        Difference(Change.RENAMED, column, meaning.get(column, ""), name, _likelihood(column, profiles[name], saved))
        if (name := renames.get(column))
        else Difference(Change.VANISHED, column, meaning.get(column, ""))
        for column in lost
    ]
    differences += [
        _other(column, saved, profiles) for column in columns if column in meaning and _differs(column, saved, profiles)
    ]
    differences += [Difference(Change.NEW, column) for column in new if column not in renamed]
    return Drift(tuple(sorted(differences, key=lambda difference: not difference.matters)), renames)


def corrections_of(mapping: Mapping, renames: dict[str, str]) -> dict[str, str]:
    """Corrections for `apply_corrections` from confirmed renames: {new column: field}."""
    meaning = mapping.meaning()
    return {new: meaning[old] for old, new in renames.items() if old in meaning}


def _renames(
    lost: list[str], new: list[str], saved: SavedMapping, profiles: dict[str, column_profile.Profile]
) -> dict[str, str]:
    """Old -> new name, the likeliest first; each name once."""
    likely = sorted(
        ((_likelihood(old, profiles[name], saved), old, name) for old in lost for name in new if name in profiles),
        reverse=True,
    )
    renames: dict[str, str] = {}
    for worth, old, name in likely:
        if worth >= LIKELY and old not in renames and name not in renames.values():
            renames[old] = name
    return renames


def _likelihood(old: str, profile: column_profile.Profile, saved: SavedMapping) -> float:
    """Likelihood (0 to 1) that a new column is an old one: by its words, its field and its cells."""
    spelling = fuzz.token_sort_ratio(fold(old), fold(profile.column)) / 100
    meaning = saved.mapping.meaning().get(old, "")
    new_scores, old_scores = header_evidence.scores(profile.column), header_evidence.scores(old)
    field_score = (
        new_scores.get(meaning, 0.0)
        if meaning
        else max((min(new_scores.get(field, 0.0), old_scores[field]) for field in old_scores), default=0.0)
    )
    shape = saved.shapes.get(old, "")
    same_cells = 0.5 if not shape or not profile.cells else float(profile.share(shape) >= 0.6)
    if shape not in {"", "text"} and profile.cells and not same_cells:
        return round(0.5 * max(spelling, field_score), 3)  # the cells are of another kind
    distinctive = same_cells == 1.0 and shape not in {"text", "yes_no", "count", "date"}
    return round(
        min(1.0, 0.7 * max(spelling, field_score) + (0.3 if distinctive else 0.15) * same_cells + 0.1 * distinctive), 3
    )


def _differs(column: str, saved: SavedMapping, profiles: dict[str, column_profile.Profile]) -> bool:
    shape, profile = saved.shapes.get(column, ""), profiles.get(column)
    return (
        shape in column_profile.NOUNS
        and shape != "text"
        and profile is not None
        and len(profile.cells) >= 5
        and profile.share(shape) < 0.3
    )


def _other(column: str, saved: SavedMapping, profiles: dict[str, column_profile.Profile]) -> Difference:
    shape = saved.shapes[column]
    meaning, share = saved.mapping.meaning()[column], profiles[column].share(shape)
    return Difference(
        Change.OTHER_VALUES, column, meaning, likelihood=round(1 - share, 3), detail=column_profile.NOUNS[shape]
    )
